"""A gateway that speaks HTTP by hand, and ends its connections when it is told to."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import (
    Message,
    SendResult,
)
from tests.streams import Talk, stream_server

MESSAGE = Message(type="chat", recipient_id="1", text="Hello", attachments=())


class Raw:
    """A gateway that is a few lines of HTTP: what it read, on which connection."""

    def __init__(self, head: str = "", then: str = "keep", idle: float = 60) -> None:
        """``then``: what becomes of a connection after an answer, ``keep`` or ``close``."""
        self.connections = 0
        self.requests: list[int] = []
        """The number of its connection for each request."""
        self._head = head
        self._then = then
        self._idle = idle
        self.closing = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            while True:
                async with asyncio.timeout(self._idle):
                    head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                await reader.readexactly(length)
                self.requests.append(number)
                writer.write(
                    f"HTTP/1.1 200 OK\r\n{self._head}Content-Length: 2\r\n\r\n{{}}".encode()
                )
                await writer.drain()
                if self._then == "close":
                    break
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.closing.set()


@contextlib.asynccontextmanager
async def raw(talk: Talk, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    async with stream_server(talk, context) as port:
        yield f"{'https' if context else 'http'}://127.0.0.1:{port}"


async def send(gateway: HttpGateway) -> SendResult:
    return await gateway.send("t", "p", MESSAGE, "key")
