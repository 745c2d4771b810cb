"""Redis: the connection, the keys and the scripts."""
