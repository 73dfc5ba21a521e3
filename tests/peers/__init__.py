"""Laps against software that we did not write."""
