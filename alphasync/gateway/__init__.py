"""The road to the messaging backend: the port, its HTTP client, and a sandbox backend."""
