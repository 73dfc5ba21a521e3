"""A lesson as it looks on every channel, side by side."""
