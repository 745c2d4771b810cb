"""The coroutine that sends a run's message to its recipients."""
