"""The world around the core: one folder for each channel and each foreign system."""
