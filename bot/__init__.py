"""The channel-agnostic core of Laps, and the `laps` command."""
