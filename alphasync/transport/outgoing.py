"""Packets on their way to clients: encoded once, whatever the number of recipients."""

import base64
import struct
import zlib
from collections.abc import Callable, Hashable

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
"""WebSocket opcodes (RFC 6455, 5.2)."""
FIN, DEFLATED = 0x80, 0x40
DEFLATE_FROM = 1024
"""Bytes from which a message is compressed, where a client has asked for it."""
SEPARATOR = "\x1e"
"""Between the packets of one HTTP body (Engine.IO v4)."""
BODY_PACKETS = 16
"""Packets in one HTTP body: Python's client takes an answer with more for an attack, and leaves."""
MESSAGE = "4"

KeyOf = Callable[[str], Hashable | None]
"""The key of a message of which only the latest has to arrive; None for one that must arrive."""


def frame(opcode: int, payload: bytes, flags: int = 0) -> bytes:
    """An unmasked WebSocket frame, as a server sends it."""
    size = len(payload)
    first = FIN | flags | opcode
    if size < 126:
        return bytes((first, size)) + payload
    if size < 65536:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


def deflated(opcode: int, payload: bytes) -> bytes:
    """A compressed frame that depends on no other one (RFC 7692, no context takeover)."""
    if len(payload) < DEFLATE_FROM:
        return frame(opcode, payload)
    compressor = zlib.compressobj(zlib.Z_BEST_SPEED, wbits=-zlib.MAX_WBITS)
    body = compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return frame(opcode, body.removesuffix(b"\x00\x00\xff\xff"), DEFLATED)


class Outgoing:
    """An Engine.IO packet. It may be put to any number of sockets, over either transport.

    Only the WebSocket frame is kept: what waits for a client is the larger part of what it costs.
    """

    __slots__ = ("_deflated", "_start", "frame", "size")

    def __init__(self, data: str | bytes) -> None:
        """``data``: the packet as it stands on the wire, a type digit before a text."""
        if isinstance(data, str):
            payload = data.encode()
            self.frame = frame(TEXT, payload)
        else:
            payload = data
            self.frame = frame(BINARY, payload)
        self.size = len(self.frame)
        """Bytes on a WebSocket; over polling it is about the same."""
        self._start = self.size - len(payload)
        self._deflated: bytes | None = None

    @classmethod
    def of(cls, text: str) -> "Outgoing":
        """A packet from its form in an HTTP body."""
        return cls(base64.b64decode(text[1:]) if text.startswith("b") else text)

    @property
    def binary(self) -> bool:
        return self.frame[0] == FIN | BINARY

    @property
    def text(self) -> str:
        """The packet in an HTTP body."""
        payload = self.frame[self._start :]
        return "b" + base64.b64encode(payload).decode() if self.binary else payload.decode()

    @property
    def deflated(self) -> bytes:
        if self._deflated is None:
            self._deflated = deflated(self.frame[0] & 0x0F, self.frame[self._start :])
        return self._deflated


def message(data: str | bytes) -> Outgoing:
    """An Engine.IO message."""
    return Outgoing(MESSAGE + data if isinstance(data, str) else bytes(data))


class Overflow(Exception):
    """More waits for a client than may."""


class Backlog:
    """What waits for one client, in order and in bounds.

    When it fills up, of the messages with the same key only the latest stays. ``limit``: bytes.
    """

    __slots__ = (
        "_conflate_at",
        "_key_of",
        "_limit",
        "_paid",
        "extra",
        "packets",
        "size",
    )

    def __init__(self, limit: int, key_of: KeyOf | None) -> None:
        self.packets: list[Outgoing] = []
        self.size = 0
        """Bytes."""
        self.extra = 0
        """Bytes that may wait beyond the limit: what a client has asked for itself."""
        self._paid = 0
        self._limit = limit
        self._key_of = key_of
        self._conflate_at = limit // 2

    def extend(self, packets: list[Outgoing], elsewhere: int = 0) -> None:
        """Add packets. ``elsewhere``: bytes that wait for the client in other places.

        Raises Overflow when they do not fit.
        """
        self.packets += packets
        self.size += sum([packet.size for packet in packets])
        if self.size + elsewhere > self._conflate_at + self.extra and self._key_of is not None:
            self._conflate(self._key_of)
            # A look at everything each time something comes would cost more than it saves.
            self._conflate_at = min(self._limit, max(self._limit // 2, 2 * self.size + elsewhere))
        if self.size + elsewhere > self._limit + self.extra:
            raise Overflow

    def drain(self, most: int | None = None) -> list[Outgoing]:
        """Remove and return the first packets, all of them unless there are more than ``most``."""
        if most is None or len(self.packets) <= most:
            taken, self.packets, size = self.packets, [], self.size
        else:
            taken, self.packets = self.packets[:most], self.packets[most:]
            size = sum([packet.size for packet in taken])
        self.size -= size
        self._paid = min(self.extra, size)
        self.extra -= self._paid
        return taken

    def give_back(self, packets: list[Outgoing]) -> None:
        """Put packets that were just taken in front again."""
        size = sum([packet.size for packet in packets])
        self.packets[:0] = packets
        self.size += size
        self.extra += min(self._paid, size)

    def _conflate(self, key_of: KeyOf) -> None:
        kept: list[Outgoing] = []
        seen: set[Hashable] = set()
        for packet in reversed(self.packets):
            text = "" if packet.binary else packet.text
            key = key_of(text[1:]) if text[:1] == MESSAGE else None
            if key is not None:
                if key in seen:
                    continue
                seen.add(key)
            kept.append(packet)
        kept.reverse()
        self.packets = kept
        self.size = sum([packet.size for packet in kept])
