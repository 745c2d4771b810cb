"""What one client, account or address may ask for."""

from dataclasses import dataclass

from alphasync.transport import Allowance, Bucket, client_network

__all__ = ["Allowance", "Limits", "client_network"]


@dataclass(frozen=True, slots=True)
class Limits:
    account: int
    """Connections of one account to this replica."""
    address: int
    """Connections of one client address to this replica."""
    rate: float
    """Events per second of one connection, for long."""
    burst: int
    """Events at once: what a client has put aside while it was offline comes in one piece."""
    refusals: int = 1000
    """Events refused, less those carried out since, at which the connection is cut."""

    def bucket(self) -> Bucket:
        return Bucket(self.rate, self.burst)
