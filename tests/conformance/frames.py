"""WebSocket frames written and read by hand, over a TCP connection whose buffers a test chooses."""

import asyncio
import base64
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator

from yarl import URL

from tests.harness import PATIENCE

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN = 0x80
MASK = bytes([0x37, 0xFA, 0x21, 0x3D])


def frame(opcode: int, payload: bytes = b"", *, first: int = FIN, masked: bool = True) -> bytes:
    """One frame of a client; ``first`` is OR-ed to its first byte (FIN and reserved bits)."""
    bit = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first | opcode, bit | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first | opcode, bit | 126, size)
    else:
        head = struct.pack("!BBQ", first | opcode, bit | 127, size)
    if not masked:
        return head + payload
    # As one number: who sends thousands in a second is not to be busy with this.
    mask = (MASK * (size // 4 + 1))[:size]
    return head + MASK + (int.from_bytes(payload) ^ int.from_bytes(mask)).to_bytes(size)


class RawWebSocket:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def read(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame; raises IncompleteReadError at the end."""
        async with asyncio.timeout(PATIENCE):
            first, second = await self.reader.readexactly(2)
            assert first & 0x70 == 0, "reserved bits, with no extension agreed on"
            assert second & 0x80 == 0, "a server's frames are not masked"
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
                assert size >= 126, "a length in the fewest bytes"
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
                assert size >= 65_536, "a length in the fewest bytes"
            assert first & FIN, "a message in one frame"
            return first & 0x0F, await self.reader.readexactly(size)

    async def text(self) -> str:
        opcode, payload = await self.read()
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    async def close_code(self) -> int | None:
        """Read to the close frame and return its code; None when there is none."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                opcode, payload = await self.read()
                if opcode == CLOSE:
                    return int(struct.unpack("!H", payload[:2])[0]) if payload else None
        return None

    async def eof(self) -> None:
        """Return when the server has closed its side of the connection."""
        async with asyncio.timeout(2 * PATIENCE):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(65_536):
                    pass

    def write(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))


@contextlib.asynccontextmanager
async def raw_websocket(
    url: str,
    *,
    query: str = "EIO=4&transport=websocket",
    receive_buffer: int | None = None,
    extensions: str = "",
) -> AsyncIterator[RawWebSocket]:
    """A WebSocket past its HTTP part; nothing is read ahead beyond ``receive_buffer`` bytes of the
    kernel's and as much of asyncio's. ``extensions``: what is offered, and has to be taken."""
    address = URL(url)
    assert address.host
    assert address.port
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (address.host, address.port))
    reader, writer = await asyncio.open_connection(sock=connection, limit=receive_buffer or 2**16)
    key = base64.b64encode(os.urandom(16)).decode()
    offer = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
    writer.write(
        f"GET {address.path}?{query} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n"
        "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{offer}\r\n".encode()
    )
    try:
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert (b"sec-websocket-extensions" in head.lower()) is bool(extensions)
        yield RawWebSocket(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def flooded(ws: RawWebSocket, first: bytes, piece: bytes) -> int | None:
    """Send ``first`` and then hundreds of KB of the same, and return the code with which the server
    closes; None when it goes away without one."""

    async def pour() -> None:
        with contextlib.suppress(ConnectionError):
            ws.write(first)
            for _ in range(50):
                ws.write(piece * 1000)
                await ws.writer.drain()

    flood = asyncio.create_task(pour(), name="flood")
    try:
        return await ws.close_code()
    finally:
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
