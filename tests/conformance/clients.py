"""Sessions of which only the messages are seen, the same on both transports."""

import abc
import asyncio
import base64
import contextlib

import aiohttp

from tests.conformance.wire import SEPARATOR, Endpoint, Message, Transport, opened, packets
from tests.harness import PATIENCE, wait_until


class Client(abc.ABC):
    """One session, reading all the time: the messages that came, in their order."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.sid = ""
        self.sids: dict[str, str] = {}
        """What the server calls it in each Socket.IO namespace."""
        self.ended = False
        """Whether the server ended the session."""
        self.pings = 0
        self._endpoint = endpoint
        self._unread: asyncio.Queue[Message] = asyncio.Queue()
        self._reader: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self.sid = await self._start()
        self._reader = asyncio.create_task(self._read(), name=f"{type(self).__name__} reader")

    async def message(self) -> Message:
        """The next message, without its Engine.IO packet type."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._unread.get()
        except TimeoutError:
            raise AssertionError(f"no message came; ended: {self.ended}") from None

    async def text(self) -> str:
        message = await self.message()
        assert isinstance(message, str), message
        return message

    @property
    def waiting(self) -> int:
        """How many messages came and were not looked at."""
        return self._unread.qsize()

    def unread(self) -> list[Message]:
        """All that came and was not looked at."""
        return [self._unread.get_nowait() for _ in range(self.waiting)]

    async def closed(self) -> None:
        """Return when the server has ended the session."""
        await wait_until(lambda: self.ended, what="the server ends the session")

    @abc.abstractmethod
    async def send(self, *messages: Message) -> None:
        """Send messages, in this order."""

    async def close(self) -> None:
        if self._reader:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader

    @abc.abstractmethod
    async def _start(self) -> str: ...

    @abc.abstractmethod
    async def _read(self) -> None: ...

    def _take(self, packet: str) -> None:
        """One text packet that is no ping."""
        if packet.startswith("4"):
            self._unread.put_nowait(packet[1:])
        elif packet == "1":
            self.ended = True
        else:
            assert packet == "6", packet


class Polling(Client):
    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._posting = asyncio.Lock()  # two POSTs at once would end the session

    async def send(self, *messages: Message) -> None:
        await self._post(
            SEPARATOR.join(
                f"4{message}"
                if isinstance(message, str)
                else f"b{base64.b64encode(message).decode()}"
                for message in messages
            )
        )

    async def _start(self) -> str:
        return await self._endpoint.sid()

    async def _post(self, body: str) -> None:
        async with self._posting:
            await self._endpoint.post(self.sid, body)

    async def _read(self) -> None:
        while not self.ended:
            answer = await self._endpoint.poll(self.sid)
            if answer.status != 200:
                assert answer.status == 400, answer
                self.ended = True
                return
            for packet in packets(answer.text):
                if packet == "2":
                    self.pings += 1
                    await self._post("3")
                elif packet.startswith("b"):
                    self._unread.put_nowait(base64.b64decode(packet[1:], validate=True))
                else:
                    self._take(packet)


class WebSocket(Client):
    async def send(self, *messages: Message) -> None:
        with contextlib.suppress(ConnectionError):  # closed by the server by now
            for message in messages:
                if isinstance(message, str):
                    await self._ws.send_str(f"4{message}")
                else:
                    await self._ws.send_bytes(message)

    async def close(self) -> None:
        await super().close()
        await self._ws.close()

    async def _start(self) -> str:
        self._ws = await self._endpoint.websocket()
        return str((await opened(self._ws))["sid"])

    async def _read(self) -> None:
        async for frame in self._ws:
            if frame.type is aiohttp.WSMsgType.BINARY:
                self._unread.put_nowait(frame.data)
            elif frame.data == "2":
                self.pings += 1
                await self._ws.send_str("3")
            else:
                self._take(frame.data)
        self.ended = True


async def open_client(endpoint: Endpoint, transport: Transport) -> Client:
    client: Client = Polling(endpoint) if transport == "polling" else WebSocket(endpoint)
    await client.open()
    return client
