"""Socket.IO v5 packets, read strictly.

The protocol: https://socket.io/docs/v4/socket-io-protocol/ .
"""

import re
from collections.abc import Iterator
from typing import Any

import engineio.json
import msgspec
from socketio.packet import (
    ACK,
    BINARY_ACK,
    BINARY_EVENT,
    CONNECT,
    DISCONNECT,
    EVENT,
)
from socketio.packet import Packet as SocketPacket

from alphasync.nesting import check_nesting
from alphasync.transport.taking import Shortcut

RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "*"})
"""Event names that only a server or client library itself may use, and the name of the catch-all
handler: python-socketio would call it with a client's argument as the sid."""
EVENTS = frozenset({str(EVENT), str(BINARY_EVENT)})
"""How a message begins that is an event."""
FROM_CLIENT = frozenset({CONNECT, DISCONNECT, EVENT, ACK, BINARY_EVENT, BINARY_ACK})


class MalformedPacket(ValueError):
    """What came is no Socket.IO packet that a client may send."""


HEADER = re.compile(r"([0-6])(?:([0-9]{1,9})-)?(?:(/[^,]*)(?:,|$))?([0-9]{1,15})?")
"""Type, attachments, namespace, id (as many digits as JavaScript counts exactly). No payload begins
with a digit, and none has to begin with a slash."""


PLAIN_EVENT = re.compile(r"2([0-9]{1,15})?(?=\[)")
"""How an event begins that is all in one message, and in no namespace of its own."""


class PlainEvent:
    """One of these, with the face of a packet."""

    __slots__ = ("data", "id")

    packet_type = EVENT
    namespace = None

    def __init__(self, data: list[Any], id_: int | None) -> None:
        self.data = data
        self.id = id_


def plain_event(message: str | bytes, shortcut: Shortcut) -> PlainEvent | None:
    """The event in a message, where the shortcut reads it."""
    if not isinstance(message, str) or (begin := PLAIN_EVENT.match(message)) is None:
        return None
    data = shortcut.json(message[begin.end() :])
    return None if data is None else PlainEvent(data, int(begin[1]) if begin[1] else None)


class StrictPacket(SocketPacket):  # type: ignore[misc]  # python-socketio has no types
    """A packet whose decoder has one way to fail: MalformedPacket."""

    def decode(self, encoded_packet: str) -> int:
        """Read a packet; returns the number of attachments that are to follow."""
        if not isinstance(encoded_packet, str):
            raise MalformedPacket("a binary message that no packet has announced")
        header = HEADER.match(encoded_packet)
        if header is None:
            raise MalformedPacket("no packet type")
        kind, attachments, namespace, ack = header.groups()
        self.packet_type = int(kind)
        self.namespace = namespace.partition("?")[0] if namespace else None
        self.id = int(ack) if ack else None
        text = encoded_packet[header.end() :]
        self.data = self._payload(text) if text else None
        if (attachments is not None) != (self.packet_type in (BINARY_EVENT, BINARY_ACK)):
            raise MalformedPacket("attachments belong to a binary packet")
        self.attachments: list[bytes] = []
        self.attachment_count = int(attachments or 0)
        return self.attachment_count

    def add_attachment(self, attachment: bytes) -> bool:
        """Add a binary part; True when it was the last one."""
        if len(self.attachments) + 1 == self.attachment_count:
            places = sorted(_places(self.data), key=str)
            if places != sorted(range(self.attachment_count), key=str):
                raise MalformedPacket("the attachments do not fit their packet")
        return bool(super().add_attachment(attachment))

    def _payload(self, text: str) -> object:
        try:
            check_nesting(text)
            if self.json is engineio.json:
                try:
                    return msgspec.json.decode(text)
                except msgspec.DecodeError:
                    pass  # half of a surrogate pair: browsers write it, strict JSON knows no such
            return self.json.loads(text)
        except ValueError as error:
            raise MalformedPacket(str(error)) from error


def _places(data: object) -> Iterator[object]:
    """The numbers of the attachments that a payload names, each once in a packet that is whole."""
    if isinstance(data, list):
        for item in data:
            yield from _places(item)
    elif isinstance(data, dict):
        if data.get("_placeholder"):
            number = data.get("num")
            yield None if isinstance(number, bool) else number
        else:
            for item in data.values():
                yield from _places(item)


def check(packet: SocketPacket | PlainEvent) -> None:
    """Raise MalformedPacket for a packet whose payload does not fit its type."""
    kind, data = packet.packet_type, packet.data
    if kind not in FROM_CLIENT:
        raise MalformedPacket("not a packet that a client may send")
    if kind == CONNECT:
        if data is not None and not isinstance(data, dict):
            raise MalformedPacket("credentials are an object")
    elif kind == DISCONNECT:
        if data is not None:
            raise MalformedPacket("a disconnect has no payload")
    elif not isinstance(data, list):
        raise MalformedPacket("the payload is an array")
    elif kind in (ACK, BINARY_ACK):
        if packet.id is None:
            raise MalformedPacket("an acknowledgement needs an id")
    elif not data or not isinstance(data[0], str):
        raise MalformedPacket("an event needs a name")
    elif data[0] in RESERVED:
        raise MalformedPacket(f"{data[0]!r} is a reserved name")


def counts(message: str | bytes) -> bool:
    """Whether a message counts against what a client may send, before anybody reads it. Events are
    the application's to count, with their binary parts; what is MessagePack counts once it is read.
    """
    return isinstance(message, str) and message[:1] not in EVENTS
