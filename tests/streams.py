"""Servers of the tests' own, of plain streams, whose connections end when they do."""

import asyncio
import contextlib
import ssl
from asyncio.trsock import TransportSocket
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


class StreamServer:
    """Talks on each connection to 127.0.0.1; a connection is closed when its talk is over.

    asyncio's own leaves connections behind when it is closed. One that is open when the event loop
    closes is closed by the garbage collector, which fails, in the middle of some other test.
    """

    def __init__(self, talk: Talk, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self._talk = talk
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._talking: set[asyncio.Task[None]] = set()
        self._sockets: dict[asyncio.StreamWriter, TransportSocket] = {}
        """From the beginning: of TLS, a connection that is closed does not say any more."""

    async def start(self, port: int = 0) -> None:
        """At this port, or at one that is free."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Refuse connections, and end those that are open. More than once is fine."""
        if self._server is None:
            return
        self._server.close()
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        for writer, connection in self._sockets.items():
            # Not twice: a transport that was closed with something left to write cannot bear it.
            if connection.fileno() != -1:
                writer.transport.abort()
        await self._server.wait_closed()
        # What was aborted is told so, and closed, in the loop's next round.
        await asyncio.sleep(0)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sockets[writer] = writer.get_extra_info("socket")
        task = asyncio.create_task(self._talk(reader, writer))
        self._talking.add(task)
        task.add_done_callback(lambda task: self._ended(task, writer))

    def _ended(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        self._talking.discard(task)
        writer.close()
        if task.cancelled() or isinstance(
            task.exception(), (asyncio.IncompleteReadError, ConnectionError, type(None))
        ):
            return  # the other side may go at any time
        task.get_loop().call_exception_handler(
            {"message": "A talk failed", "exception": task.exception(), "task": task}
        )


@contextlib.asynccontextmanager
async def stream_server(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that talks on each connection, see ``StreamServer``."""
    server = StreamServer(talk, tls)
    await server.start()
    try:
        yield server.port
    finally:
        await server.close()
