"""The API for programs: digests out, real use in."""
