"""The lesson language: its model, loading and checking, and the library of lessons."""
