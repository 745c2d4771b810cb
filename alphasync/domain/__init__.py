"""Plain data and decisions, without I/O."""
