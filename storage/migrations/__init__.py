"""The steps by which a database of an older Laps becomes one of this Laps."""

HEAD = "0014"
"""The newest revision; a database that says so needs no look at the steps."""
