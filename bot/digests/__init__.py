"""Digests as people read them: in a terminal, as a table, a picture, a page, and in chat."""
