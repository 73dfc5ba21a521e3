"""What counts as adoption: pure functions over the uses of AI tools, each defined in docs/measurement.md."""
