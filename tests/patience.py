"""How long servers of tests wait for Redis. A module of its own: a server's process takes it before
anything of the product's is there."""

REDIS_PATIENCE = 5.0
"""Seconds that a server waits for an answer of Redis. On a busy machine the product's own second is
over now and then, for a command that nothing is wrong with."""
REDIS_WORKS_WITHIN = 100.0
"""Seconds that a server waits for what Redis works through: on a busy machine thousands of commands
take longer than the product's own ten."""
