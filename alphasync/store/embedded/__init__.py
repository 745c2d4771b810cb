"""The Valkey that a server starts for itself where it is given no Redis."""
