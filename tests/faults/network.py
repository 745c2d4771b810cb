"""A network between a client and the servers, which can be cut or go dead without a word."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.streams import StreamServer

CHUNK = 65_536


class Network:
    """Forwards each connection to the first of its ``ports`` that takes it. ``latency``: seconds
    that everything is on its way, in each direction."""

    def __init__(self, ports: list[int], latency: float = 0.0) -> None:
        self.ports = ports
        self.latency = latency
        self.url = ""
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._answering = asyncio.Event()
        self._answering.set()
        self._stranded: list[asyncio.Event] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = StreamServer(self._connected)

    async def start(self) -> None:
        await self._server.start()
        self.url = f"http://127.0.0.1:{self._server.port}"

    def go_dead(self) -> None:
        """Nothing comes through from now on, also not that a side has closed."""
        self._flowing.clear()

    def withhold_answers(self) -> None:
        """What is asked comes through, what is answered does not."""
        self._answering.clear()

    def answer_again(self) -> None:
        """Of connections that are made from now on."""
        self.cut()
        self._answering.set()

    def strand(self) -> None:
        """Nothing comes back any more on connections that are open; new ones are as ever."""
        self._stranded.append(self._answering)
        self._answering.clear()
        self._answering = asyncio.Event()
        self._answering.set()

    def cut(self) -> None:
        """End all connections."""
        for writer in self._writers:
            writer.transport.abort()

    async def close(self) -> None:
        self._flowing.set()
        self.answer_again()
        for answering in self._stranded:
            answering.set()
        await self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in self.ports:
            with contextlib.suppress(OSError):
                onward = await asyncio.open_connection("127.0.0.1", port)
                break
        else:
            writer.transport.abort()
            return
        async with asyncio.TaskGroup() as pipes:
            pipes.create_task(self._pipe(reader, onward[1], self._flowing))
            pipes.create_task(self._pipe(onward[0], writer, self._answering))

    async def _pipe(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, open_: asyncio.Event
    ) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(CHUNK):
                    await self._flowing.wait()
                    await open_.wait()
                    if self.latency:
                        asyncio.get_running_loop().call_later(self.latency, writer.write, data)
                        continue
                    writer.write(data)
                    await writer.drain()
                await self._flowing.wait()
                await asyncio.sleep(self.latency)
        finally:
            self._writers.discard(writer)
            writer.close()


@contextlib.asynccontextmanager
async def network(*ports: int, latency: float = 0.0) -> AsyncIterator[Network]:
    """A network to these ports of this machine, see ``Network``."""
    between = Network(list(ports), latency)
    await between.start()
    try:
        yield between
    finally:
        await between.close()
