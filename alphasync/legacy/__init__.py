"""Bringing in what an earlier server kept, from its own Redis."""
