"""One connection between two servers, on which many requests of clients are under way at a time.

It begins as a signed request for an upgrade (``proofs``), so that both know who the other one is.
What goes over it then is in frames: four bytes that say how long the rest is, a proof, and the
content as MessagePack. A frame's proof is made with a key of this line and this direction alone,
and with the frame's number: none can be made up or changed, come twice, too late or in another
place. Whatever is not so ends the line.
"""

import abc
import asyncio
import hashlib
import secrets
from collections.abc import Callable

import msgspec

HELLO_SIZE = 16
"""Random bytes with which the server that is asked begins: no line is like another."""
SIZE_SIZE, NUMBER_SIZE, PROOF_SIZE = 4, 8, 16
BUFFER_MAX = 64 * 1024 * 1024
"""Bytes that may wait for the other server, or be one frame: one that reads nothing is given up."""


class Ask(msgspec.Struct, array_like=True, frozen=True):
    """A poll, a POST or an end, passed on for a client."""

    number: int
    after: float
    """Seconds since the line began, by the clock of the server that asks."""
    method: str
    sid: str
    stamp: str
    body: bytes


class Answer(msgspec.Struct, array_like=True, frozen=True):
    number: int
    """Of what was asked."""
    status: int
    kind: str
    """Of content."""
    cache: str
    """The header ``Cache-Control``; '' for none."""
    body: bytes


class Broken(Exception):
    """What has come is not what the other server sent in this place."""


class Sealer:
    """Makes frames."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._sent = 0

    def seal(self, content: bytes) -> bytes:
        proof = _proof(self._key, self._sent, content)
        self._sent += 1
        return len(content).to_bytes(SIZE_SIZE, "big") + proof + content


class Opener:
    """Reads frames. ``keys``: one of them is right, and the first frame says which."""

    def __init__(self, keys: list[bytes], size_max: int) -> None:
        self._keys = keys
        self._size_max = size_max
        self._came = 0
        self._buffer = bytearray()
        self.chosen = 0
        """Which of the keys it was."""

    def feed(self, data: bytes) -> list[bytes]:
        """The contents that are there by now. Raises Broken."""
        buffer, found, at = self._buffer, list[bytes](), 0
        buffer += data
        while len(buffer) - at >= SIZE_SIZE:
            size = int.from_bytes(buffer[at : at + SIZE_SIZE], "big")
            if size > self._size_max:
                raise Broken
            start = at + SIZE_SIZE + PROOF_SIZE
            if len(buffer) < start + size:
                break
            content = bytes(buffer[start : start + size])
            self._check(bytes(buffer[at + SIZE_SIZE : start]), content)
            found.append(content)
            at = start + size
        del buffer[:at]
        return found

    def _check(self, proof: bytes, content: bytes) -> None:
        for place, key in enumerate(self._keys):  # noqa: B007 - which it was is looked at below
            if secrets.compare_digest(proof, _proof(key, self._came, content)):
                break
        else:
            raise Broken
        if not self._came:
            self.chosen, self._keys = place, [key]
        self._came += 1


def _proof(key: bytes, number: int, content: bytes) -> bytes:
    made = hashlib.blake2b(number.to_bytes(NUMBER_SIZE, "big"), key=key, digest_size=PROOF_SIZE)
    made.update(content)
    return made.digest()


class Line(asyncio.Protocol, abc.ABC):
    """One end, which says what comes, and that it is over."""

    def __init__(self, gone: Callable[["Line"], None]) -> None:
        self.transport: asyncio.Transport | None = None
        """None when it is lost."""
        self.began = 0.0
        """By the loop's clock, when both were there."""
        self._gone = gone

    @abc.abstractmethod
    def came(self, data: bytes) -> None:
        """Take what came. Raises Broken."""

    def write(self, data: bytes) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(data)
            if self.transport.get_write_buffer_size() > BUFFER_MAX:
                self.transport.abort()

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    # What the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # of a TCP connection

    def data_received(self, data: bytes) -> None:
        try:
            self.came(data)
        except (Broken, msgspec.DecodeError):
            if self.transport is not None:
                self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._gone(self)
