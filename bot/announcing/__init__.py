"""Saying one thing to many: who is meant, the guard against mistakes, taking it back, and invitations."""
