"""A session that comes from another server to its WebSocket here, as ``moving`` draws it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from alphasync.transport.engine_packets import PROBE, PROBED, UPGRADE
from alphasync.transport.engine_socket import EngineSocket
from alphasync.transport.hosting import Host, Reason
from alphasync.transport.moved import Moved
from alphasync.transport.moving import Mover, Step
from alphasync.transport.refusals import FLOODED, POLICY, PROTOCOL_ERROR, TRY_AGAIN, Refused
from alphasync.transport.session_table import SessionTable
from alphasync.transport.websocket import Link


class Arrival:
    """At the new server: the WebSocket of a session that is elsewhere.

    ``ask`` asks the old server, and raises Refused.
    """

    def __init__(
        self,
        host: Host,
        sessions: SessionTable,
        mover: Mover,
        link: Link,
        sid: str,
        environ: dict[str, Any],
        ask: Callable[[Step], Awaitable[bytes]],
    ) -> None:
        self._host = host
        self._sessions = sessions
        self._mover = mover
        self._link = link
        self._sid = sid
        self._environ = environ
        self._ask = ask
        self._expected: str | None = PROBE
        """The next packet; None for nothing, until there is an answer."""
        self._prepared = False
        self._fetching = False
        self._lost = False
        self._early: list[str | bytes] = []
        """What came while the session was on its way."""
        link.begin(self)
        self._timer = asyncio.get_running_loop().call_later(
            host.options.upgrade_timeout, link.close, PROTOCOL_ERROR, "no upgrade in time"
        )

    def receive(self, data: str | bytes) -> None:
        if self._fetching:
            self._early.append(data)
        elif data != self._expected:
            self._link.close(PROTOCOL_ERROR, "no upgrade")
        elif data == UPGRADE:
            self._fetching = True
            self._timer.cancel()
            self._link.pause_reading()
            self._host.look_after(self._fetch(), f"move {self._sid}")
        else:
            self._expected = None
            self._host.look_after(self._prepare(), f"prepare {self._sid}")

    def lost(self, link: Link) -> None:
        self._lost = True
        self._timer.cancel()
        if self._prepared and not self._fetching:
            self._host.look_after(self._release(), f"release {self._sid}")

    def overflow(self) -> None:
        """Nothing is put to a WebSocket whose session is still on its way."""

    def too_large(self) -> None:
        self._host.options.limited("payload")

    def flooded(self, limit: str) -> None:
        self._host.options.limited(limit)
        self._link.cut(POLICY, FLOODED)

    async def _prepare(self) -> None:
        try:
            await self._ask("prepare")
        except Refused:
            self._link.close(PROTOCOL_ERROR, "no such session, or it has a WebSocket")
            return
        self._prepared = True
        if self._lost:
            await self._release()
            return
        self._expected = UPGRADE
        self._link.say(PROBED)

    async def _release(self) -> None:
        try:
            await self._ask("release")
        except Refused:
            return  # it is gone, or has given up waiting

    async def _fetch(self) -> None:
        try:
            moved = msgspec.msgpack.decode(await self._ask("take"), type=Moved)
        except (Refused, msgspec.MsgspecError):
            self._link.close(TRY_AGAIN, "the session is gone")
            return
        socket = EngineSocket(self._host, self._sid, str(self._environ["REMOTE_ADDR"]))
        self._sessions.add(socket)
        socket.resume(moved, self._link.meter)
        try:
            await self._mover.take_on(socket, moved.state, self._environ)
        except Exception:  # whatever the application raises: the client has to begin anew
            self._host.logger.exception("taking a session on failed")
            socket.end(Reason.TRANSPORT_ERROR)
        if self._lost:
            socket.closed_with = self._link.closed_with
            socket.end(Reason.TRANSPORT_CLOSE)
        if socket.state.over:
            for packet in self._sessions.pick_up(self._sid) or ():
                self._link.put(packet)  # the reason may be among them
            self._link.close(TRY_AGAIN, "the session has ended")
            return
        socket.begin(self._link)
        socket.ping()
        for data in self._early:
            socket.receive(data)
        self._link.resume_reading()
