"""The client manager: python-socketio's, with a road of its own for finished packets."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import structlog
from socketio.async_pubsub_manager import AsyncPubSubManager

from alphasync.domain import events
from alphasync.errors import AlphasyncError, SignedOut, SignInAgain, StoreUnavailable, Superseded
from alphasync.protocol import packets
from alphasync.realtime import stock
from alphasync.realtime.audience import rooms_for, seen_by
from alphasync.realtime.order import Envelope
from alphasync.realtime.sessions import Session, Sessions
from alphasync.store.redis.pipeline import Pipeline
from alphasync.transport import Outgoing, Rooms, message

NAMESPACE = "/"
UNHEARD_MAX = 10_000
"""Messages on the stock channel that may wait; this server is not told of any more."""
HEARD_AT_ONCE_MAX = 32
"""Of them in one turn of the loop."""

log = structlog.get_logger(__name__)


class Manager(AsyncPubSubManager, Rooms):  # type: ignore[misc]  # python-socketio has no types
    """Delivers what comes back from Redis to the sockets of this server.

    The stock channel stays for what python-socketio itself sends between servers and for external
    emitters; it uses the connections of the account's events, so that it lives as long as they do,
    with any kind of Redis. ``on_connected`` is called with a socket's id once its CONNECT packet is
    on the way.
    """

    def __init__(
        self, pipeline: Pipeline, sessions: Sessions, on_connected: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._sessions = sessions
        self._on_connected = on_connected
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue(UNHEARD_MAX)

    def hear(self, message: bytes) -> None:
        """A message on the stock channel."""
        if self._heard.full():
            log.warning("too many messages of other servers")
            return
        try:
            self._heard.put_nowait(stock.read(message))
        except stock.NoMessage as error:
            log.warning("a message of another server is malformed", error=str(error))

    async def _listen(self) -> AsyncIterator[dict[str, Any]]:
        for number in itertools.count(1):
            yield await self._heard.get()
            if number % HEARD_AT_ONCE_MAX == 0:
                await asyncio.sleep(0)  # a queue that is not empty lets nobody else have a turn

    async def _publish(self, data: dict[str, Any]) -> None:
        try:
            await self._pipeline.submit("PUBLISH", self.channel, self.json.dumps(data))
        except StoreUnavailable:
            log.warning("other servers not told", method=data["method"])

    async def connect(self, sid: str, namespace: str) -> str:
        sid = await super().connect(sid, namespace)
        self._on_connected(sid)
        return sid

    def members(self, namespace: str, room: str | None) -> dict[str, str]:
        """External emitters may name a room of an account as well: its members are the sessions
        that get the account's events."""
        own = self._sessions.members(room) if room is not None and namespace == NAMESPACE else ()
        return {s.sid: s.socket.sid for s in own} or super().members(namespace, room)

    def send(self, session: Session, packet: str) -> None:
        """Queue a packet for one session, without awaiting."""
        session.socket.put(message(packet))

    def put_state(self, session: Session, packets_: list[Outgoing]) -> None:
        """Queue what a session needs to be up to date, which may be a lot."""
        self.server.eio.put_all(session.socket.sid, packets_)

    def deliver(self, account: str, envelope: Envelope) -> int:
        """Queue an event for every session it is for; returns how many those are."""
        whole, skip = message(envelope.packet), envelope.skip
        delivered = 0
        alike, apart = rooms_for(account, envelope)
        for room in alike:
            for session in self._sessions.members(room):
                if session.registration.device_id != skip:
                    session.socket.put(whole)
                    delivered += 1
        for room in apart:
            for session in self._sessions.members(room):
                packet = seen_by(session.registration, envelope)
                if packet is not None:
                    session.socket.put(whole if packet is envelope.packet else message(packet))
                    delivered += 1
        return delivered

    def deliver_to(self, session: Session, envelope: Envelope) -> None:
        """Queue an event for one session, if it is for that session."""
        packet = seen_by(session.registration, envelope)
        if packet is not None:
            self.send(session, packet)

    def cut(self, session: Session) -> None:
        """Close a session's connection: its device may come back."""
        self.server.eio.cut(session.socket.sid)

    async def supersede(self, sid: str) -> None:
        """Tell a socket, on whichever server it is, that its identity is another's by now, and
        disconnect it."""
        await self._end(sid, Superseded)

    async def sign_off(self, sid: str) -> None:
        """The same for a socket whose device another one has signed out."""
        await self._end(sid, SignedOut)

    async def end_here(self, session: Session, why: type[AlphasyncError]) -> None:
        """Tell a session of this server why, and disconnect it for good."""
        session.signed_off = True
        await self._handle_disconnect(self._request(session.sid, why))

    async def tell_server(self, name: str, what: bytes) -> bool:
        """Tell another server something directly; whether it has heard it."""
        heard: bool = await self.server.eio.tell(name, what)
        return heard

    async def _end(self, sid: str, why: type[AlphasyncError]) -> None:
        request = self._request(sid, why)
        await self._handle_disconnect(request)
        await self._publish(request)

    def _request(self, sid: str, why: type[AlphasyncError]) -> dict[str, Any]:
        return {
            "method": "disconnect",
            "sid": sid,
            "namespace": NAMESPACE,
            "host_id": self.host_id,
            why.code: True,
        }

    async def _handle_disconnect(self, request: dict[str, Any]) -> None:
        session = self._sessions.get(request["sid"])
        for why in (Superseded, SignedOut, SignInAgain):
            if session is not None and request.get(why.code):
                # Nothing is awaited from here to the disconnect: no event comes after this one.
                event = events.ErrorEvent(message=why.default_message, code=why.code)
                self.send(session, packets.encode(event))
        await super()._handle_disconnect(request)

    async def close(self) -> None:
        """Stop listening on the stock channel."""
        if self.server.manager_initialized:
            self.thread.cancel()
            await asyncio.wait([self.thread])
