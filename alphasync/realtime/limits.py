"""What one account and one client address may take up of a server."""

from dataclasses import dataclass

from alphasync.transport import Allowance, client_network

__all__ = ["Allowance", "Limits", "client_network"]


@dataclass(frozen=True, slots=True)
class Limits:
    account: int
    """Connections of one account to this replica."""
    address: int
    """Connections of one client address to this replica."""
    early_bytes: int
    """Of memory, for commands of one account whose devices are not registered yet."""
