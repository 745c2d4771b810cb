"""What one account, one device and one client address may take up of a server."""

from dataclasses import dataclass

import msgspec

from alphasync.transport import Allowance, client_network

__all__ = [
    "Allowance",
    "EventLimits",
    "JoinLimits",
    "Limits",
    "RequestLimits",
    "client_network",
]


@dataclass(frozen=True, slots=True)
class Limits:
    account: int
    """Connections of one account to one server."""
    address: int
    """Connections of one client address to one server."""
    early_bytes: int
    """Of memory, for commands of one account that wait."""
    typed_wait: float
    """Seconds that a typed text may take before newer ones of its device wait behind it."""


class EventLimits(msgspec.Struct, frozen=True):
    """Events per second for long, and at once: what a client has put aside while it was offline
    comes in one piece."""

    rate: float = 200.0
    burst: int = 1_000
    account_rate: float = 1_000.0
    account_burst: int = 5_000
    address_rate: float = 5_000.0
    address_burst: int = 20_000
    refusals: int = 1_000
    """Events that may be refused at once before a device is cut, and as many per second as may be
    sent. All of an account, and of an address, may be refused as many as they may send at once, or
    as one device where that is more."""


class JoinLimits(msgspec.Struct, frozen=True):
    """Joins per second for long, and at once, on one server."""

    rate: float = 20.0
    burst: int = 2_000
    address_rate: float = 100.0
    address_burst: int = 4_096


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Requests of one client address, per second for long and at once, on one server."""

    rate: float
    burst: int
