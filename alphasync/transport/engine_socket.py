"""An Engine.IO session: one client, over polling or over a WebSocket."""

import asyncio
from typing import Any

from engineio.packet import Packet

from alphasync.transport.backlog import Backlog, Overflow
from alphasync.transport.engine_packets import CLOSE, CLOSED, NOTHING, PONG, Malformed
from alphasync.transport.heartbeat import Heartbeat
from alphasync.transport.hosting import Host, Probe, Reason
from alphasync.transport.inbox import Inbox
from alphasync.transport.meter import Meter, TooMuch
from alphasync.transport.moved import Moved
from alphasync.transport.outgoing import BODY_PACKETS_MAX, MESSAGE, Outgoing
from alphasync.transport.polls import UPGRADE_POLL_TIMEOUT, Poll, Polls, answer_nothing
from alphasync.transport.refusals import FLOODED, POLICY, PROTOCOL_ERROR, TRY_AGAIN
from alphasync.transport.session_state import State, check_move
from alphasync.transport.websocket import Link


class EngineSocket(Inbox):
    """Has the public face of python-engineio's session: ``send``, ``close`` and the flags."""

    __slots__ = (
        "_heartbeat",
        "_link",
        "_reason",
        "_was",
        "address",
        "backlog",
        "closed_with",
        "heard_at",
        "host",
        "polls",
        "probe",
        "session",
        "state",
    )

    def __init__(self, host: Host, sid: str, address: str) -> None:
        super().__init__(host, sid)
        options = host.options
        self.host = host
        self.address = address
        self.session: dict[str, Any] = {}
        self.state = State.OPENING
        self.closed_with = 0
        """The code that the client has closed its WebSocket with; 0 for none."""
        self.heard_at = self._loop.time()
        """The client's last sign of life, by the loop's clock: long before the end of the session
        where the network was gone. From then on it may have come back."""
        self.probe: Probe | None = None
        """The WebSocket that the client is about to move to."""
        self.backlog = Backlog(options.buffer_max, options.conflate)
        self._link: Link | None = None
        self.polls = Polls()
        self._heartbeat = Heartbeat(self, options.ping_interval, options.ping_timeout)
        self._was = State.OPENING
        """The state in which it ended."""
        self._reason = ""

    # To the client

    def put(self, packet: Outgoing) -> None:
        """Send a packet, without waiting; a session that ends sends nothing."""
        if self.packed:
            packet = self.host.packing.of(packet)
        link = self._link
        if link is not None:
            link.put(packet)
        elif not self.state.over:
            try:
                self.backlog.extend([packet])
            except Overflow:
                self.overflow()
                return
            if (poll := self.polls.open) is not None and not poll.done():
                poll.set_result(self.backlog.drain(BODY_PACKETS_MAX))

    def fit(self, packet: Outgoing) -> Outgoing:
        """A packet as the client is to get it."""
        return self.host.packing.of(packet) if self.packed else packet

    def put_all(self, packets: list[Outgoing]) -> None:
        """Send what the client has asked for, however large: it does not count as too slow as long
        as this is on its way."""
        # Not added up: what has come before and was not read counts against the client.
        self.backlog.extra = max(self.backlog.extra, sum([packet.size for packet in packets]))
        for packet in packets:
            self.put(packet)

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

    def open_poll(self) -> Poll:
        """What to answer a poll with, now or later. End it at ``polls``."""
        poll = self.polls.begin(self._loop)
        if self.backlog.packets:
            poll.set_result(self.backlog.drain(BODY_PACKETS_MAX))
        elif self.state is State.UPGRADING:
            self._loop.call_later(UPGRADE_POLL_TIMEOUT, answer_nothing, poll)
        return poll

    # The transport

    def begin(self, link: Link) -> None:
        """Go on over a WebSocket, with what has been put so far."""
        self._link = link
        other, self.probe = self.probe, None
        if other is not None:
            # It came while the session was on its way here, and nobody would hear of it again.
            other.close()
        self._move(State.WEBSOCKET)
        link.begin(self, self.backlog)
        self.polls.answer_nothing()
        extra, packets = self.backlog.extra, self.backlog.drain()
        self.backlog.extra = extra  # they are not on their way yet
        for packet in packets:
            link.put(packet)

    def prepare_upgrade(self) -> None:
        """Hold back what is put until the client has moved; end its poll, for which it waits."""
        self._move(State.UPGRADING)
        self.polls.answer_nothing()

    def keep_polling(self) -> None:
        """The WebSocket that was tried is not to be."""
        self.probe = None
        if self.state is State.UPGRADING:
            self._move(State.POLLING)

    def lost(self, link: Link) -> None:
        """The WebSocket is gone."""
        if link is self._link:
            self.closed_with = link.closed_with
            if self.closed_with:
                self.heard_at = self._loop.time()
            self.end(Reason.TRANSPORT_CLOSE)

    def overflow(self) -> None:
        """The client does not take what is sent to it."""
        self.host.options.limited("slow_consumer")
        self.backlog.drain()
        link, self._link = self._link, None
        if link is not None:
            link.drop(TRY_AGAIN, "too much waits for this client")
        self.end(Reason.TRANSPORT_ERROR, quietly=True)

    def too_large(self) -> None:
        """A message of the client is over the limit."""
        self.host.options.limited("payload")

    def flooded(self, limit: str) -> None:
        """The client sends more than it may: nothing of it is read or carried out any more."""
        if self.state.over:
            return
        self.host.options.limited(limit)
        self._drop_messages()
        link, self._link = self._link, None
        if link is not None:
            link.cut(POLICY, FLOODED)
        self.end(Reason.TRANSPORT_ERROR, code=POLICY, said=FLOODED)

    # The life of the session

    def _move(self, to: State) -> None:
        check_move(self.state, to)
        self.state = to

    def accepted(self) -> None:
        """The application has accepted it."""
        self._move(State.POLLING)
        self._heartbeat.start()

    def refused(self) -> None:
        """The application has not; where it has ended it meanwhile, that is under way."""
        if self.state is State.OPENING:
            self._move(State.ENDED)
            self._heartbeat.stop()

    def end(self, reason: str, *, code: int = 1000, said: str = "", quietly: bool = False) -> None:
        """End the session, and tell the application.

        ``code`` and ``said``: why, for a WebSocket. ``quietly``: without a CLOSE packet.
        """
        if self.state.over:
            return
        self._was = self.state
        self._move(State.ENDING)
        self._reason = reason
        self._heartbeat.stop()
        link, self._link = self._link, None
        if link is not None:
            link.close(code, said)
        else:
            if (poll := self.polls.open) is not None and not poll.done():
                poll.set_result([*self.backlog.drain(), NOTHING if quietly else CLOSED])
            if reason == Reason.SERVER_DISCONNECT:
                # Without a CLOSE: clients look at it before the messages that it comes with.
                self.host.leave_behind(self.sid, self.backlog.drain())
        if self.probe is not None:
            self.probe.close()
        self._come_to_end()

    def abort(self, why: str) -> bool:
        """End the session and its WebSocket, at once; returns whether it had one."""
        link = self._link
        self.end(Reason.TRANSPORT_ERROR, code=TRY_AGAIN, said=why)
        if link is not None:
            link.abort()
        return link is not None

    # From server to server

    def leave(self, state: bytes) -> Moved:
        """Forget the session here, without a word to anybody; returns all that is to go on
        elsewhere. ``state``: the application's part."""
        self._move(State.ENDED)
        self._heartbeat.stop()
        self.polls.answer_nothing()
        self.host.forget(self.sid, self.address)
        packets = [packet.text for packet in self.backlog.drain()]
        return Moved(state, packets, self.meter.left, self.packed)

    def resume(self, moved: Moved, meter: Meter) -> None:
        """Go on with what was elsewhere. ``meter``: of the WebSocket that it comes to."""
        self._move(State.POLLING)
        self.meter = meter
        if moved.left is not None:
            meter.lower(moved.left)
        self.packed = moved.packed
        self.put_all(moved.waiting())

    def ping(self) -> None:
        """Ping now: after a move the client counts from the last one, at the other server."""
        self._heartbeat.ping()

    async def close(
        self, wait: bool = True, abort: bool = False, reason: str | None = None
    ) -> None:
        """As python-engineio's: end the session and wait until the application knows."""
        self.end(reason or Reason.SERVER_DISCONNECT, quietly=abort)
        if wait and self._task is not asyncio.current_task():
            await self.handled()

    # From the client

    def receive(self, data: str | bytes) -> None:
        """A packet from the WebSocket."""
        try:
            self.handle(data)
        except Malformed as error:
            self.end(Reason.TRANSPORT_ERROR, code=PROTOCOL_ERROR, said=str(error))
        except TooMuch as error:
            self.flooded(str(error))

    def handle(self, data: str | bytes) -> None:
        """Handle a packet. Raises Malformed and TooMuch."""
        if self.state.over:
            return
        self.heard_at = self._loop.time()
        kind, message = (data[:1], data[1:]) if isinstance(data, str) else (MESSAGE, data)
        if kind != MESSAGE or self._counts(message):
            self.meter.spend(1)
        if kind == MESSAGE:
            self._add(message)
        elif kind == PONG:
            self._heartbeat.hear()
        elif kind == CLOSE:
            # The end of the transport, as in the reference server: browsers send it in passing.
            self.end(Reason.TRANSPORT_CLOSE, quietly=True)
        else:
            raise Malformed("not a packet that a client may send")

    # What becomes of its messages

    def _hold_back(self) -> None:
        if self._link is not None:
            self._link.pause_reading()

    def _go_on(self) -> None:
        if self._link is not None:
            self._link.resume_reading()

    async def _all_handled(self) -> None:
        if self.state is State.ENDING:
            if self._was is not State.OPENING:
                await self.host.tell_end(self.sid, self._reason)
            self.host.forget(self.sid, self.address)
            self._move(State.ENDED)
