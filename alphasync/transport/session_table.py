"""The sessions of a server: by id, how many of each client address, and what the last ones left."""

import asyncio
from collections import Counter

from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.networks import client_network
from alphasync.transport.options import Options
from alphasync.transport.outgoing import Outgoing
from alphasync.transport.refusals import FORBIDDEN, Refused

LEFT_BEHIND_TTL = 5.0
"""Seconds that the last packets of a polling session which we ended wait for its next poll, and
that what its client brings is no error: it asks again as soon as it has an answer."""


class SessionTable:
    def __init__(self, options: Options) -> None:
        self.by_id: dict[str, EngineSocket] = {}
        self.accepting = True
        """False: no new sessions; a load balancer sends their clients to another server."""
        self._options = options
        self._addresses: Counter[str] = Counter()
        self._left_behind: dict[str, list[Outgoing]] = {}
        """Of who may not know of its end yet; empty: all is fetched."""

    def check_accepting(self) -> None:
        """Raise Refused while there are no new sessions."""
        if not self.accepting:
            raise Refused(FORBIDDEN, 503, "Shutting down")

    def check_room(self, address: str) -> None:
        """Raise Refused when there are as many sessions from this address as may be."""
        most = self._options.address_max
        if most is not None and self._addresses[client_network(address)] >= most:
            self._options.limited("connections_per_address")
            raise Refused(FORBIDDEN, 429, "Too many connections from this address")

    def add(self, socket: EngineSocket) -> None:
        self.by_id[socket.sid] = socket
        self._addresses[client_network(socket.address)] += 1

    def forget(self, sid: str, address: str) -> None:
        if self.by_id.pop(sid, None) is None:
            return
        network = client_network(address)
        self._addresses[network] -= 1
        if self._addresses[network] <= 0:
            del self._addresses[network]

    def leave_behind(self, sid: str, packets: list[Outgoing]) -> None:
        """Keep the last packets of a session that we ended for its next poll."""
        self._left_behind[sid] = packets
        asyncio.get_running_loop().call_later(LEFT_BEHIND_TTL, self._left_behind.pop, sid, None)

    def ended_just_now(self, sid: str) -> bool:
        """Whether this is a polling session that we ended: its client may not have read it yet."""
        return sid in self._left_behind

    def pick_up(self, sid: str, most: int | None = None) -> list[Outgoing] | None:
        """The last packets of a session that is gone, at most so many at a time: each once."""
        packets = self._left_behind.get(sid)
        if not packets:
            return None
        self._left_behind[sid] = packets[most:] if most is not None else []
        return packets[:most]
