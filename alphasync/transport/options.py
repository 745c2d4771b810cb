"""What a server is told once: times, bounds, and whom it is to ask and tell."""

from collections.abc import Callable
from dataclasses import dataclass, field

from alphasync.transport.backlog import KeyOf
from alphasync.transport.meter import Allowance


def ignore(_: str | bytes) -> None:
    """Is told, and does nothing."""


def counts_nothing(_: str | bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Options:
    """Of one Engine.IO server. Times are seconds, sizes bytes."""

    ping_interval: float
    ping_timeout: float
    payload_max: int
    """Of one message, and of one HTTP body."""
    transports: tuple[str, ...]
    allow_upgrades: bool
    buffer_max: int = 1_000_000
    """That may wait for one client."""
    conflate: KeyOf | None = None
    address_max: int | None = None
    """Sessions of one client address."""
    websocket_compression: bool = False
    upgrade_timeout: float = 10.0
    allowance: Allowance = field(default_factory=Allowance)
    """What a session may send."""
    limited: Callable[[str], None] = ignore
    """Called with the name of a limit that a client has run into."""
    forwarded: Callable[[str], None] = ignore
    """Called with what is passed on to a peer: ``poll``, ``post``, ``websocket`` or ``move``."""
    counts: Callable[[str | bytes], bool] = counts_nothing
    """Whether a message counts against the allowance; of the others the application takes care
    itself."""

    @property
    def body_timeout(self) -> float:
        """For a body to come whole, and for an answer to a poll."""
        return self.ping_interval + self.ping_timeout

    def upgrades_of(self, transport: str) -> list[str]:
        """What a session may go over to that begins with this transport."""
        upgradable = self.allow_upgrades and "websocket" in self.transports
        return ["websocket"] if upgradable and transport == "polling" else []
