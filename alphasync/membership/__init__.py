"""Servers that share a Redis: their names, who of them lives, what each holds, where it listens."""
