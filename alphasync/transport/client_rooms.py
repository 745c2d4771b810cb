"""Who is in which room, looked up from either side, and sending without a task per recipient."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import socketio
from socketio import packet

from alphasync.transport.backlog import Backlog, Overflow
from alphasync.transport.outgoing import Outgoing, message
from alphasync.transport.websocket import WRITE_BYTES_MAX


class Rooms(socketio.AsyncManager):  # type: ignore[misc]  # python-socketio has no types
    """A client manager. Inherit from it together with one of python-socketio's own, last.

    ``rooms[namespace][room][sid]`` is the Engine.IO session, room None being everybody. A client's
    own room, which has its sid for a name, is not stored. Packets for a client whose connection
    the application has not accepted yet are held back: CONNECT comes first.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._sids: dict[str, dict[str, str]] = {}
        """``[namespace][eio_sid]``."""
        self._rooms_of: dict[str, dict[str, set[str]]] = {}
        """``[namespace][sid]``, the room None and the client's own apart."""
        self._held: dict[tuple[str, str], Backlog] = {}
        """``[namespace, sid]`` of the clients that are connecting."""
        self._leaving: set[tuple[str, str]] = set()
        self._emitted = 0
        """Bytes since the last pause."""

    # Coming and going

    async def pre_connect(self, eio_sid: str, namespace: str) -> str | None:
        sids = self._sids.setdefault(namespace, {})
        if eio_sid in sids:
            return None
        sid: str = self.server.eio.generate_id()
        self.take_on(eio_sid, namespace, sid)
        options = self.server.eio.options
        self._held[namespace, sid] = Backlog(options.buffer_max, options.conflate)
        return sid

    def take_on(self, eio_sid: str, namespace: str, sid: str) -> None:
        """A client that was connected at another server."""
        self._sids.setdefault(namespace, {})[eio_sid] = sid
        self._rooms_of.setdefault(namespace, {})[sid] = set()
        self.rooms.setdefault(namespace, {}).setdefault(None, {})[sid] = eio_sid

    async def connect(self, sid: str, namespace: str) -> str:
        if not self.is_pre_connected(sid, namespace):
            # A whole attempt in one: what was given is the Engine.IO session.
            sid = await self.pre_connect(sid, namespace) or sid
        eio_sid = self.eio_sid_from_sid(sid, namespace)
        held = self._held.pop((namespace, sid), None)
        for one in held.packets if held is not None else ():
            self.server.eio.put(eio_sid, one)
        return sid

    def is_pre_connected(self, sid: str, namespace: str) -> bool:
        return (namespace, sid) in self._held

    def is_connected(self, sid: str | None, namespace: str) -> bool:
        return (
            sid in self._rooms_of.get(namespace, ())
            and (namespace, sid) not in self._held
            and (namespace, sid) not in self._leaving
        )

    def pre_disconnect(self, sid: str, namespace: str) -> str | None:
        self._leaving.add((namespace, sid))
        return self.eio_sid_from_sid(sid, namespace)

    def basic_disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        self._leaving.discard((namespace, sid))
        self._held.pop((namespace, sid), None)
        self.callbacks.pop(sid, None)
        eio_sid = self.eio_sid_from_sid(sid, namespace)
        if eio_sid is None:
            return
        for room in self._rooms_of[namespace].pop(sid):
            self._remove(sid, namespace, room)
        self._remove(sid, namespace, None)
        del self._sids[namespace][eio_sid]
        if not self._sids[namespace]:
            del self._sids[namespace], self._rooms_of[namespace]

    def _remove(self, sid: str, namespace: str, room: str | None) -> None:
        members = self.rooms[namespace][room]
        del members[sid]
        if not members:
            del self.rooms[namespace][room]
            if not self.rooms[namespace]:
                del self.rooms[namespace]

    # Looking up

    def sid_from_eio_sid(self, eio_sid: str, namespace: str) -> str | None:
        return self._sids.get(namespace, {}).get(eio_sid)

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        eio_sid: str | None = self.rooms.get(namespace, {}).get(None, {}).get(sid)
        return eio_sid

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        mine = self._rooms_of.get(namespace, {}).get(sid)
        return [] if mine is None else [sid, *mine]

    def get_participants(
        self, namespace: str, room: str | Sequence[str] | None
    ) -> Iterator[tuple[str, str]]:
        if isinstance(room, str) or not isinstance(room, Collection):
            yield from list(self.members(namespace, room).items())
            return
        members: dict[str, str] = {}
        for one in room:
            members |= self.members(namespace, one)
        yield from members.items()

    def members(self, namespace: str, room: str | None) -> dict[str, str]:
        """The Engine.IO session of each client in a room, by sid."""
        rooms = self.rooms.get(namespace, {})
        members: dict[str, str] = rooms.get(room, {})
        everybody = rooms.get(None, {})
        if room is not None and not members and room in everybody:
            return {room: everybody[room]}
        return members

    # Rooms

    def basic_enter_room(
        self, sid: str, namespace: str, room: str, eio_sid: str | None = None
    ) -> None:
        if sid not in self._rooms_of.get(namespace, ()):
            raise ValueError("sid is not connected to requested namespace")
        if room == sid:
            return
        if self.is_sid_room(namespace, room):
            raise ValueError("cannot enter a sid room")
        eio_sid = self.eio_sid_from_sid(sid, namespace)
        self.rooms[namespace].setdefault(room, {})[sid] = eio_sid
        self._rooms_of[namespace][sid].add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: str) -> None:
        mine = self._rooms_of.get(namespace, {}).get(sid, set())
        if room in mine:
            mine.discard(room)
            self._remove(sid, namespace, room)

    # Sending

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: str | Sequence[str] | None = None,
        skip_sid: str | list[str] | None = None,
        callback: Any = None,
        to: str | Sequence[str] | None = None,
        **_: Any,
    ) -> None:
        arguments = list(data) if isinstance(data, tuple) else [] if data is None else [data]
        skipped = set(skip_sid) if isinstance(skip_sid, list) else {skip_sid}
        make = self.server.packet_class
        packets: list[Outgoing] = []
        for sid, eio_sid in self.get_participants(namespace, to or room):
            if sid in skipped:
                continue
            if callback is not None or not packets:
                ack = None if callback is None else self._generate_ack_id(sid, callback)
                packets = encoded(
                    make(packet.EVENT, namespace=namespace, data=[event, *arguments], id=ack)
                )
            self._put(sid, namespace, eio_sid, packets)
        self._emitted += sum([one.size for one in packets])
        if self._emitted > WRITE_BYTES_MAX:
            # Who emits in a loop gives way to those who write it out and to all others.
            self._emitted = 0
            await asyncio.sleep(0)

    def _put(self, sid: str, namespace: str, eio_sid: str, packets: list[Outgoing]) -> None:
        if len(packets) > 1:
            packets = self.server.eio.fit(eio_sid, packets)
        held = self._held.get((namespace, sid)) if self._held else None
        if held is None:
            for one in packets:
                self.server.eio.put(eio_sid, one)
            return
        try:
            held.extend(packets)
        except Overflow:
            self._held[namespace, sid] = Backlog(0, None)  # nothing more is kept for it
            self.server.eio.overflow(eio_sid)


def encoded(pkt: packet.Packet) -> list[Outgoing]:
    """A Socket.IO packet and its attachments."""
    parts = pkt.encode()
    return [message(part) for part in parts] if isinstance(parts, list) else [message(parts)]
