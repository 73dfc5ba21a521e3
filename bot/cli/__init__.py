"""What the `laps` command does, a module for each kind of work."""
