"""What Laps remembers: tables, the store and its migrations."""

from storage.opening import open_store

__all__ = ["open_store"]
