"""Editing the catalogue without fear: what is live, its revisions, and who is told."""
