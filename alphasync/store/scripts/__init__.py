"""The Lua scripts: each one a change of an account's state and the event about it."""
