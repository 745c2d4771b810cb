"""What a server is called."""

import secrets

NAME_BYTES = 6
"""Eight characters of URL-safe base64: session ids begin with the name."""


class ServerName:
    """One name while the process runs, with a generation that rises when the lease is lost.

    Others have taken over by then what was held under the generation before: nothing that was noted
    under that one is this server's any more, and what goes on is noted anew.
    """

    def __init__(self) -> None:
        self.base = secrets.token_urlsafe(NAME_BYTES)
        """In session ids, and in the registry of where each server listens."""
        self._generation = 0
        self.current = ""
        """With the generation: holds the lease, the runs and the devices."""
        self.renew()

    def renew(self) -> None:
        self._generation += 1
        self.current = f"{self.base}.{self._generation}"
