"""What Laps remembers: tables, the store and its migrations."""
