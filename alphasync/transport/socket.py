"""An Engine.IO session: one client, over polling or over a WebSocket."""

import asyncio
import base64
import itertools
from collections import deque
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from engineio.packet import Packet

from alphasync.transport.meter import TooMuch
from alphasync.transport.outgoing import (
    BODY_PACKETS,
    MESSAGE,
    SEPARATOR,
    Backlog,
    Outgoing,
    Overflow,
)
from alphasync.transport.session_state import State, check_move
from alphasync.transport.websocket import Link

if TYPE_CHECKING:
    from alphasync.transport.engine import EngineServer

OPEN, CLOSE, PING, PONG, UPGRADE, NOOP = "0", "1", "2", "3", "5", "6"
"""Engine.IO v4 packet types, with MESSAGE."""
CLOSED, PINGED, NOTHING = Outgoing(CLOSE), Outgoing(PING), Outgoing(NOOP)

TURN_MAX = 32
"""Messages of one client in one turn of the loop: then it is the others' turn."""
INBOX_MAX = 256
"""Messages that may wait until the ones before them are handled; then the client has to wait."""
HOLD_IN_UPGRADE = 0.05
"""Seconds until a poll is answered with nothing while the client tries a WebSocket. It waits for
that before it moves; but where the WebSocket's frames do not get through it asks on and on."""
PROTOCOL_ERROR, POLICY, TRY_AGAIN = 1002, 1008, 1013
"""WebSocket close codes (RFC 6455 and its registry): broke the protocol; goes against a rule of the
server; may come back."""
FLOODED = "this client sends too much"


class Malformed(ValueError):
    """What came is no Engine.IO packet that a client may send."""


class Probe(Protocol):
    """A WebSocket, here or at another server, that a client tries out."""

    def close(self) -> None: ...


class EngineSocket:
    """Has the public face of python-engineio's session: ``send``, ``close`` and the flags."""

    __slots__ = (
        "_inbox",
        "_link",
        "_loop",
        "_pinged",
        "_poll",
        "_reason",
        "_taken",
        "_timer",
        "_was",
        "_worker",
        "address",
        "backlog",
        "busy",
        "closed_with",
        "last_poll",
        "meter",
        "posting",
        "probe",
        "server",
        "session",
        "sid",
        "state",
        "surplus",
    )

    def __init__(self, server: "EngineServer", sid: str, address: str) -> None:
        self.server = server
        self.sid = sid
        self.address = address
        self.session: dict[str, Any] = {}
        self.state = State.OPENING
        self.closed_with = 0
        """The code that the client has closed its WebSocket with; 0 for none."""
        self.last_poll = ""
        """The stamp of the client's last poll."""
        self.busy = 0
        """Messages of the client that the application is at."""
        self.surplus = 0
        """What its long events count for beyond one each, until somebody reckons with it."""
        self.probe: Probe | None = None
        """The WebSocket that the client is about to move to."""
        self.meter = server.new_meter()
        self.backlog = Backlog(server.buffer_max, server.conflate)
        self._link: Link | None = None
        self._poll: asyncio.Future[list[Outgoing]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.posting = False
        """A body of the client is being handled."""
        self._was = State.OPENING
        """The state in which it ended."""
        self._reason = ""
        self._loop = asyncio.get_running_loop()
        self._pinged = False
        """Whether a pong is due."""
        self._taken = 0
        """Messages in this turn of the loop."""
        self._inbox: deque[str | bytes] | None = None
        self._worker: asyncio.Task[None] | None = None
        """Handles a message that takes its time, and then those that came behind it."""

    # To the client

    def put(self, packet: Outgoing) -> None:
        """Send a packet, without waiting; a session that ends sends nothing."""
        link = self._link
        if link is not None:
            link.put(packet)
        elif not self.state.over:
            try:
                self.backlog.extend([packet])
            except Overflow:
                self.overflow()
                return
            if self._poll is not None and not self._poll.done():
                self._poll.set_result(self.backlog.drain(BODY_PACKETS))

    async def send(self, packet: Packet) -> None:
        """Send a packet of python-engineio's."""
        self.put(Outgoing(packet.encode()))

    @property
    def upgraded(self) -> bool:
        """On a WebSocket, or it was when it ended: python-engineio asks."""
        return State.WEBSOCKET in (self.state, self._was)

    @property
    def closed(self) -> bool:
        """The application knows of its end: python-engineio asks."""
        return self.state is State.ENDED

    @property
    def waiting(self) -> int:
        """Bytes that wait for the client in this process."""
        return self._link.waiting if self._link is not None else self.backlog.size

    @property
    def polling(self) -> bool:
        """Whether a poll of the client is open."""
        return self._poll is not None

    def open_poll(self) -> asyncio.Future[list[Outgoing]]:
        """What to answer a poll with, now or later. Pair with ``close_poll``."""
        self._poll = self._loop.create_future()
        if self.backlog.packets:
            self._poll.set_result(self.backlog.drain(BODY_PACKETS))
        elif self.state is State.UPGRADING:
            self._loop.call_later(HOLD_IN_UPGRADE, _answer_nothing, self._poll)
        return self._poll

    def close_poll(self) -> None:
        self._poll = None

    def open_post(self) -> None:
        """A body of the client is being handled. Pair with ``close_post``."""
        self.posting = True

    def close_post(self) -> None:
        self.posting = False

    # The transport

    def begin(self, link: Link) -> None:
        """Go on over a WebSocket, with what has been put so far."""
        self._link = link
        other, self.probe = self.probe, None
        if other is not None and other is not link:
            # It came while the session was on its way here, and nobody would hear of it again.
            other.close()
        self._move(State.WEBSOCKET)
        link.begin(self, self.backlog)
        if self._poll is not None:
            _answer_nothing(self._poll)
        extra = self.backlog.extra
        packets = self.backlog.drain()
        self.backlog.extra = extra  # they are not on their way yet
        for packet in packets:
            link.put(packet)

    def prepare_upgrade(self) -> None:
        """Hold back what is put until the client has moved; end its poll, for which it waits."""
        self._move(State.UPGRADING)
        if self._poll is not None:
            _answer_nothing(self._poll)

    def keep_polling(self) -> None:
        """The WebSocket that was tried is not to be."""
        self.probe = None
        if self.state is State.UPGRADING:
            self._move(State.POLLING)

    def lost(self, link: Link) -> None:
        """The WebSocket is gone."""
        if link is self._link:
            self.closed_with = link.closed_with
            self.end(self.server.reason.TRANSPORT_CLOSE)

    def overflow(self) -> None:
        """The client does not take what is sent to it."""
        self.server.limited("slow_consumer")
        self.backlog.drain()
        link, self._link = self._link, None
        if link is not None:
            link.drop(TRY_AGAIN, "too much waits for this client")
        self.end(self.server.reason.TRANSPORT_ERROR, quietly=True)

    def too_large(self) -> None:
        """A message of the client is over the limit."""
        self.server.limited("payload")

    def flooded(self, limit: str) -> None:
        """The client sends more than it may: nothing of it is read or carried out any more."""
        if self.state.over:
            return
        self.server.limited(limit)
        if self._inbox:
            self._inbox.clear()
        link, self._link = self._link, None
        if link is not None:
            link.cut(POLICY, FLOODED)
        self.end(self.server.reason.TRANSPORT_ERROR, code=POLICY, said=FLOODED)

    # The life of the session

    def _move(self, to: State) -> None:
        check_move(self.state, to)
        self.state = to

    def accepted(self) -> None:
        """The application has accepted it, here or at another server."""
        self._move(State.POLLING)

    def refused(self) -> None:
        """The application has not; where it has ended it meanwhile, that is under way."""
        if self.state is State.OPENING:
            self._move(State.ENDED)

    def start_pinging(self) -> None:
        self._pinged = False
        self._timer = self._loop.call_later(self.server.ping_interval, self._ping)

    def ping(self) -> None:
        """Ping now, whenever the last one was."""
        if self._timer is not None:
            self._timer.cancel()
        self._ping()

    def _ping(self) -> None:
        self._pinged = True
        self.put(PINGED)
        if not self.state.over:
            self._await_pong()

    def _await_pong(self) -> None:
        self._timer = self._loop.call_later(self.server.ping_timeout, self._no_pong, self.waiting)

    def _no_pong(self, waiting: int) -> None:
        if 0 < self.waiting < waiting:
            self._await_pong()  # it reads: the ping is behind what it has not come to yet
        else:
            self.end(self.server.reason.PING_TIMEOUT)

    def end(self, reason: str, *, code: int = 1000, said: str = "", quietly: bool = False) -> None:
        """End the session, and tell the application.

        ``code`` and ``said``: why, for a WebSocket. ``quietly``: without a CLOSE packet.
        """
        if self.state.over:
            return
        self._was = self.state
        self._move(State.ENDING)
        self._reason = reason
        if self._timer is not None:
            self._timer.cancel()
        link, self._link = self._link, None
        if link is not None:
            link.close(code, said)
        elif self._poll is not None and not self._poll.done():
            self._poll.set_result([*self.backlog.drain(), NOTHING if quietly else CLOSED])
        elif self.backlog.packets and reason == self.server.reason.SERVER_DISCONNECT:
            # Without a CLOSE: clients look at it before the messages that it comes with.
            self.server.leave_behind(self.sid, self.backlog.drain())
        if self.probe is not None:
            self.probe.close()
        if self._worker is None:
            self._work(None)

    def abort(self, why: str) -> bool:
        """End the session, and its WebSocket without waiting for the client's side; returns whether
        it had one."""
        link = self._link
        self.end(self.server.reason.TRANSPORT_ERROR, code=TRY_AGAIN, said=why)
        if link is not None:
            link.abort()
        return link is not None

    def leave(self) -> list[Outgoing]:
        """Forget the session here, without a word to anybody; returns what waits for the client."""
        self._move(State.ENDED)
        if self._timer is not None:
            self._timer.cancel()
        if self._poll is not None:
            _answer_nothing(self._poll)
        self.server.forget(self)
        return self.backlog.drain()

    async def close(
        self, wait: bool = True, abort: bool = False, reason: str | None = None
    ) -> None:
        """As python-engineio's: end the session and wait until the application knows."""
        self.end(reason or self.server.reason.SERVER_DISCONNECT, quietly=abort)
        worker = self._worker
        if wait and worker is not None and worker is not asyncio.current_task():
            await asyncio.wait([worker])

    # From the client

    def receive(self, data: str | bytes) -> None:
        """A packet from the WebSocket."""
        try:
            self.handle(data)
        except Malformed as error:
            self.end(self.server.reason.TRANSPORT_ERROR, code=PROTOCOL_ERROR, said=str(error))
        except TooMuch as error:
            self.flooded(str(error))

    def counted(self, data: str | bytes) -> bool:
        """Whether a packet counts against what the client may send; else the application sees to
        it."""
        if isinstance(data, str):
            return data[:1] != MESSAGE or self.server.counted(data[1:])
        return self.server.counted(data)

    def handle(self, data: str | bytes) -> None:
        """Handle a packet. Raises Malformed and TooMuch."""
        if self.state.over:
            return
        if self.counted(data):
            self.meter.spend(1)
        kind = data[:1] if isinstance(data, str) else MESSAGE
        if kind == MESSAGE:
            self._take(data[1:] if isinstance(data, str) else data)
        elif kind == PONG:
            if self._pinged and self._timer is not None:
                self._timer.cancel()
                self.start_pinging()
        elif kind == CLOSE:
            # The end of the transport, as in the reference server: browsers send it in passing.
            self.end(self.server.reason.TRANSPORT_CLOSE, quietly=True)
        else:
            raise Malformed("not a packet that a client may send")

    def reckon(self) -> int:
        """The surplus of what has come since this was asked last."""
        surplus, self.surplus = self.surplus, 0
        return surplus

    async def handled(self) -> None:
        """Wait until every message so far is handled."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    def _take(self, message: str | bytes) -> None:
        if self._taken == 0:
            self._loop.call_soon(self._next_turn)
        self._taken += 1
        if self._taken > TURN_MAX and self._worker is None:
            self._work(asyncio.sleep(0))
        if self._worker is not None:
            if self._inbox is None:
                self._inbox = deque()
            self._inbox.append(message)
            if len(self._inbox) == INBOX_MAX and self._link is not None:
                self._link.pause_reading()
            return
        under_way = self.server.take(self.sid, message)
        if under_way is not None:
            self._work(under_way)

    def _next_turn(self) -> None:
        self._taken = 0

    def _work(self, under_way: Awaitable[object] | None) -> None:
        self._worker = self.server.look_after(self._finish(under_way), f"engine.io {self.sid}")

    async def _finish(self, under_way: Awaitable[object] | None) -> None:
        """Finish one message, then the ones behind it, then perhaps the session."""
        if under_way is not None:
            await self.server.finish(under_way)
        for number in itertools.count(1):
            if number % TURN_MAX == 0:
                await asyncio.sleep(0)  # the session may end meanwhile, and its inbox is empty then
            if not self._inbox:
                break
            if len(self._inbox) == INBOX_MAX and self._link is not None:
                self._link.resume_reading()
            under_way = self.server.take(self.sid, self._inbox.popleft())
            if under_way is not None:
                await self.server.finish(under_way)
        self._inbox = None
        if self.state is State.ENDING:
            if self._was is not State.OPENING:
                await self.server.tell_end(self, self._reason)
            self.server.forget(self)
            self._move(State.ENDED)
        self._worker = None


def _answer_nothing(poll: asyncio.Future[list[Outgoing]]) -> None:
    if not poll.done():
        poll.set_result([NOTHING])


class Upgrade:
    """A client's move from polling to a WebSocket, which it tries out first."""

    def __init__(self, socket: EngineSocket, link: Link) -> None:
        self._socket = socket
        self._link = link
        socket.probe = link
        link.begin(self)
        self._timer = asyncio.get_running_loop().call_later(
            socket.server.upgrade_timeout, link.close, PROTOCOL_ERROR, "no upgrade in time"
        )

    def receive(self, data: str | bytes) -> None:
        socket = self._socket
        if socket.state is not State.UPGRADING and data == PING + "probe":
            self._link.say(Outgoing(PONG + "probe"))
            socket.prepare_upgrade()
        elif socket.state is State.UPGRADING and data == UPGRADE:
            self._timer.cancel()
            socket.begin(self._link)
        else:
            self._link.close(PROTOCOL_ERROR, "no upgrade")

    def lost(self, link: Link) -> None:
        """The session goes on with polling."""
        self._timer.cancel()
        self._socket.keep_polling()

    def overflow(self) -> None:
        """Nothing is put to a WebSocket that is only tried out."""

    def too_large(self) -> None:
        self._socket.too_large()

    def flooded(self, limit: str) -> None:
        self._link.cut(POLICY, FLOODED)
        self._socket.flooded(limit)


def packets_of(body: str) -> Iterator[str | bytes]:
    """The packets of an HTTP body, which may be thousands. Raises Malformed."""
    for text in body.split(SEPARATOR):
        if text.startswith("b"):
            try:
                yield base64.b64decode(text[1:], validate=True)
            except ValueError:
                raise Malformed("not base64") from None
        else:
            yield text
