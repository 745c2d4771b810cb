"""Who may stay, and who makes room: one that keeps us waiting, for one that has just come.

While there is room nobody has to go, but one address has no more than a part of it for connections
that keep us waiting. A load balancer is one address: what it loses by that is an idle connection.
"""

import asyncio
from enum import Enum, auto
from typing import Protocol

from alphasync.intake.capacity import Capacity

SETTLED = 1.0
"""Seconds that a connection may keep us waiting before it makes room for another."""
SHARE = 2
"""Of all connections, one address may have so many keep us waiting: one in two."""


class Guest(Protocol):
    """A connection. ``since``: when it began to keep us waiting, on the loop's clock;
    ``network``: whose it is."""

    since: float
    network: str

    def give_up(self) -> None:
        """Go, and leave."""


class Outcome(Enum):
    STAYS = auto()
    TURNED_AWAY = auto()
    """There is no room: it may ask for the health, and learn why it is refused."""
    NO_ROOM = auto()
    """Not even for that."""


class Admission:
    """The connections of one server. Without a capacity their number is not bounded.

    Those that keep us waiting are without a request, or with half of one, or do not take their
    answer.
    """

    def __init__(self, capacity: Capacity | None) -> None:
        self._capacity = capacity
        self._waiting: dict[Guest, None] = {}
        """The one that has kept us waiting longest first."""
        self._by_network: dict[str, dict[Guest, None]] = {}
        """The same, in the same order."""

    def admit(self, guest: Guest) -> Outcome:
        """Count a new connection, unless there is no room; it keeps us waiting from now on."""
        capacity = self._capacity
        outcome = Outcome.STAYS
        if capacity is not None:
            if capacity.full and not self._make_room(capacity):
                if capacity.exhausted:
                    return Outcome.NO_ROOM
                outcome = Outcome.TURNED_AWAY
            capacity.requests += 1
        self.wait(guest)
        return outcome

    def leave(self, guest: Guest) -> None:
        """It is gone, or has become something else than an HTTP connection."""
        self.serve(guest)
        if self._capacity is not None:
            self._capacity.requests -= 1

    def wait(self, guest: Guest) -> None:
        """It keeps us waiting, from now on."""
        self.serve(guest)
        guest.since = asyncio.get_running_loop().time()
        self._waiting[guest] = None
        theirs = self._by_network.setdefault(guest.network, {})
        theirs[guest] = None
        if self._capacity is not None and len(theirs) > max(self._capacity.most // SHARE, 1):
            next(iter(theirs)).give_up()

    def serve(self, guest: Guest) -> None:
        """It does not keep us waiting any more."""
        if guest in self._waiting:
            del self._waiting[guest]
            theirs = self._by_network[guest.network]
            del theirs[guest]
            if not theirs:
                del self._by_network[guest.network]

    def _make_room(self, capacity: Capacity) -> bool:
        oldest = next(iter(self._waiting), None)
        if oldest is not None and oldest.since <= asyncio.get_running_loop().time() - SETTLED:
            oldest.give_up()
            return True
        return capacity.cut(SETTLED)
