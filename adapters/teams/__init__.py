"""Microsoft Teams: personal chat and @mentions in, Adaptive Cards out."""
