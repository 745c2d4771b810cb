"""A connection of redis-py's whose server is the test."""

import asyncio
from typing import Any

import hiredis
from redis.asyncio import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost

from alphasync.store.redis.pipeline import Argument, Reply

Command = tuple[Argument, ...]


class Pipe(asyncio.Transport):
    """Where the bytes go, and whence they come."""

    def __init__(self, protocol: asyncio.BaseProtocol) -> None:
        super().__init__()
        self.protocol = protocol
        self.writes: list[bytes] = []
        self.ended = False

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.ended

    def close(self) -> None:
        self.end(None)

    def abort(self) -> None:
        self.end(None)

    def end(self, error: Exception | None) -> None:
        if not self.ended:
            self.ended = True
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, error)


class Held(Connection):
    """``answer`` is what the server says, at once."""

    pipe: Pipe

    def __init__(self, *, refuses: bool = False) -> None:
        super().__init__(protocol=2, driver_info=None, retry=Retry(NoBackoff(), 0))
        self._refuses = refuses

    async def _connect(self) -> None:
        if self._refuses:
            raise ConnectionLost("refused")
        loop = asyncio.get_running_loop()
        self._reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(self._reader)
        self.pipe = Pipe(protocol)
        protocol.connection_made(self.pipe)
        self._writer = asyncio.StreamWriter(self.pipe, protocol, self._reader, loop)

    @property
    def disconnected(self) -> bool:
        return self.pipe.ended

    @property
    def writes(self) -> list[list[Command]]:
        """The commands of each write."""
        return [commands_in(data) for data in self.pipe.writes] if hasattr(self, "pipe") else []

    @property
    def commands(self) -> list[Command]:
        return [command for write in self.writes for command in write]

    def answer(self, *replies: Reply | Exception) -> None:
        for reply in replies:
            if isinstance(reply, ConnectionLost | OSError):
                self.pipe.end(reply)
            else:
                protocol = self.pipe.protocol
                assert isinstance(protocol, asyncio.Protocol)
                protocol.data_received(encoded(reply))


def commands_in(data: bytes) -> list[Command]:
    # A request has the form of a reply that is an array.
    reader = hiredis.Reader()
    reader.feed(data)
    return [tuple(part.decode() for part in command) for command in iter(reader.gets, False)]


def encoded(reply: Reply | Exception) -> bytes:
    """A reply as it comes from Redis. An exception's text has the code in front."""
    match reply:
        case Exception():
            return f"-{reply}\r\n".encode()
        case bytes():
            return b"$%d\r\n%b\r\n" % (len(reply), reply)
        case int():
            return b":%d\r\n" % reply
        case list():
            return b"*%d\r\n%b" % (len(reply), b"".join(map(encoded, reply)))
        case None:
            return b"$-1\r\n"
    raise TypeError(reply)
