"""Packets on their way to clients: encoded once, whatever the number of recipients."""

import base64
import struct
import zlib

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
"""WebSocket opcodes (RFC 6455, 5.2)."""
FIN, DEFLATED = 0x80, 0x40
DEFLATE_BYTES_MIN = 1024
"""Bytes from which a message is compressed, where a client has asked for it."""
SEPARATOR = "\x1e"
"""Between the packets of one HTTP body (Engine.IO v4)."""
BODY_PACKETS_MAX = 16
"""Packets in one HTTP body: Python's client takes an answer with more for an attack, and leaves."""
MESSAGE = "4"


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
    if len(payload) < DEFLATE_BYTES_MIN:
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
    def payload(self) -> bytes:
        return self.frame[self._start :]

    @property
    def text(self) -> str:
        """The packet in an HTTP body."""
        payload = self.payload
        return "b" + base64.b64encode(payload).decode() if self.binary else payload.decode()

    @property
    def said(self) -> str:
        """The Socket.IO packet, as JSON; '' where it is another kind of packet."""
        text = "" if self.binary else self.text
        return text[1:] if text[:1] == MESSAGE else ""

    @property
    def deflated(self) -> bytes:
        if self._deflated is None:
            self._deflated = deflated(self.frame[0] & 0x0F, self.payload)
        return self._deflated


def message(data: str | bytes) -> Outgoing:
    """An Engine.IO message."""
    return Outgoing(MESSAGE + data if isinstance(data, str) else bytes(data))
