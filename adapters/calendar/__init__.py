"""Calendars that people connect: read over https by their secret address, and never written to."""
