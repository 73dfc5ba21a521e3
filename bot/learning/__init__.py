"""Lessons as they are taken: which comes next, how a session moves, what its screens say."""
