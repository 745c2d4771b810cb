"""How many connections a process takes, fewer than it may have files open, and for how long."""

import resource
from collections.abc import Callable
from dataclasses import dataclass

RESERVE_MIN, RESERVE_MAX, RESERVE_PART = 64, 1024, 8
"""Files for all but clients' connections (Redis, the gateway, other servers): an eighth of what the
process may open, in these bounds."""
SPARE = 32
"""Connections beyond the bound: they may ask for the health, and learn why they are refused."""


@dataclass(frozen=True)
class Bounds:
    """Seconds for the head of a request, for its body, and between two requests."""

    head: float = 10.0
    body: float = 15.0
    idle: float = 75.0


def _cut_nobody(_: float) -> bool:
    return False


def _nobody_asks() -> None:
    return


class Capacity:
    """What is open, and how much may be.

    ``elsewhere`` counts what has left HTTP: WebSockets. ``cut`` closes one of these whose client
    has not said for so many seconds who it is, and returns whether there was one. ``network_of``:
    what an address counts as, for what one client may have.
    """

    def __init__(
        self,
        most: int,
        elsewhere: Callable[[], int] = lambda: 0,
        cut: Callable[[float], bool] = _cut_nobody,
        network_of: Callable[[str], str] = str,
        refused: Callable[[], None] = _nobody_asks,
    ) -> None:
        self.most = most
        self.cut = cut
        self.network_of = network_of
        self.refused = refused
        """Is told of each request that there was no room for."""
        self.requests = 0
        """Connections that speak HTTP."""
        self._elsewhere = elsewhere

    @property
    def open(self) -> int:
        return self.requests + self._elsewhere()

    @property
    def full(self) -> bool:
        return self.open >= self.most

    @property
    def exhausted(self) -> bool:
        """Whether there is no room even for a refusal."""
        return self.open >= self.most + SPARE


def connections_max(wanted: int | None = None) -> int:
    """Connections that this process can take; fewer where fewer are wanted.

    The process's own limit of open files is raised as far as the system lets it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (ValueError, OSError):
            pass  # some systems name a hard limit that they do not give
    if soft == resource.RLIM_INFINITY:
        soft = 1 << 20
    reserve = min(max(soft // RESERVE_PART, RESERVE_MIN), RESERVE_MAX) + SPARE
    room = max(soft - reserve, soft // 2)
    return room if wanted is None else min(wanted, room)
