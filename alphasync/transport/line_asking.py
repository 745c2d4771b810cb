"""The end of a line at the server that asks."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import hdrs
from multidict import CIMultiDict

from alphasync.transport.forwarded import LINE, Forwarded
from alphasync.transport.line import (
    BUFFER_MAX,
    HELLO_SIZE,
    Answer,
    Ask,
    Broken,
    Line,
    Opener,
    Sealer,
)
from alphasync.transport.peers import PeerAddress, Peers, written
from alphasync.transport.proofs import CLIENT, PROOF, Asking
from alphasync.transport.tunnel import ANSWER_TIMEOUT, CONNECT_TIMEOUT, HEAD_MAX, SWITCHING

END = b"\r\n\r\n"
"""Of the head of an HTTP answer."""
RETRY_INTERVAL = 30.0
"""Seconds until a server is asked again for a line that it did not open: older ones know none."""

KEY = "YWxwaGFzeW5jJ3MgbGluZQ=="
"""An upgrade has one, of 16 bytes; what proves who is there comes along with it."""
TARGET = f"/?EIO=4&transport={LINE}"

TimeAt = Callable[[PeerAddress, str], Awaitable[float]]
"""How late it is at another server."""
Asked = asyncio.Future[Answer]
_encode, _answer = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Answer).decode


class AskingLine(Line):
    """``nonce``: of the request that the line begins with."""

    def __init__(self, peers: Peers, owner: str, nonce: str) -> None:
        super().__init__(self._lost)
        self._loop = asyncio.get_running_loop()
        self._peers, self._owner, self._nonce = peers, owner, nonce
        self._early = b""
        self._sealer: Sealer | None = None
        self._opener: Opener | None = None
        self._asked: dict[int, Asked] = {}
        self._number = 0
        self.ready: asyncio.Future[None] = self._loop.create_future()
        """Fails with ConnectionError where the other server opens none."""
        self._retired = False

    @property
    def is_open(self) -> bool:
        return not (self._retired or self._sealer is None or self.transport is None)

    def ask(self, forwarded: Forwarded, body: bytes) -> Asked:
        """Fails with ConnectionError when the line is lost; who waits no more cancels it."""
        if self._sealer is None or self.transport is None:
            raise ConnectionError("the line was lost")
        self._number = number = self._number + 1
        asked = self._asked[number] = self._loop.create_future()
        after = self._loop.time() - self.began
        content = _encode(
            Ask(number, after, forwarded.method, forwarded.sid, forwarded.stamp, body)
        )
        self.write(self._sealer.seal(content))
        return asked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # A machine that vanished ends its lines, too, if nothing is asked of it any more.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def came(self, data: bytes) -> None:
        if self._opener is None:
            data = self._begin(data)
        if self._opener is None:
            return
        for content in self._opener.feed(data):
            answer = _answer(content)
            asked = self._asked.pop(answer.number, None)
            if asked is not None and not asked.done():
                asked.set_result(answer)
        if self._retired and not self._asked:
            self.close()

    def _begin(self, data: bytes) -> bytes:
        """Read the answer to the upgrade; what came behind it. Raises Broken."""
        self._early += data
        head, end, rest = self._early.partition(END)
        if len(head) > HEAD_MAX or (end and not head.startswith(SWITCHING)):
            raise Broken
        if not end or len(rest) < HELLO_SIZE:
            return b""
        keys = self._peers.line_keys(self._owner, self._nonce, rest[:HELLO_SIZE])[0]
        self._sealer, self._opener = Sealer(keys.asking), Opener([keys.answering], BUFFER_MAX)
        self.began = self._loop.time()
        self._early = b""
        if not self.ready.done():
            self.ready.set_result(None)
        return rest[HELLO_SIZE:]

    def retire(self) -> None:
        """Nothing is asked any more; what is under way comes to its end."""
        self._retired = True
        if not self._asked:
            self.close()

    def _lost(self, _: Line) -> None:
        asked, self._asked = self._asked, {}
        waited_for: list[asyncio.Future[Any]] = [self.ready, *asked.values()]
        for one in waited_for:
            if not one.done():
                one.set_exception(ConnectionError("the line was lost"))
                one.exception()  # seen, also where nobody waits any more


def upgrade(asking: Asking, time: float, address: PeerAddress) -> bytes:
    """The request that a line begins with."""
    headers = CIMultiDict(
        {
            hdrs.HOST: written(address),
            hdrs.UPGRADE: "websocket",
            hdrs.CONNECTION: "Upgrade",
            hdrs.SEC_WEBSOCKET_VERSION: "13",
            hdrs.SEC_WEBSOCKET_KEY: KEY,
            CLIENT: "",
        }
    )
    headers[PROOF] = asking.proof(time, "GET", TARGET, headers, b"")
    lines = [f"GET {TARGET} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class Lines:
    """One to each server that is asked."""

    def __init__(self, peers: Peers, time_at: TimeAt) -> None:
        self._peers = peers
        self._time_at = time_at
        self.open: dict[str, AskingLine] = {}
        self._opening: dict[str, asyncio.Task[AskingLine | None]] = {}
        self._without: dict[str, float] = {}
        """Until when each server is not asked for one again, in this order."""
        self._closed = False

    async def to(self, owner: str, address: PeerAddress) -> AskingLine | None:
        """An open one, or None: then the server is asked by HTTP. Raises Refused."""
        line = self.open.get(owner)
        if line is not None and line.is_open:
            return line
        now = asyncio.get_running_loop().time()
        if self._closed or self._without.get(owner, now) > now:
            return None
        opening = self._opening.get(owner)
        if opening is None:  # however many wait for it, it is opened once
            opening = asyncio.create_task(self._open(owner, address), name=f"line to {owner}")
            self._opening[owner] = opening
        return await asyncio.shield(opening)

    def close(self) -> None:
        self._closed = True
        for line in self.open.values():
            line.close()

    async def _open(self, owner: str, address: PeerAddress) -> AskingLine | None:
        loop = asyncio.get_running_loop()
        try:
            asking = Asking(self._peers, owner)
            line = AskingLine(self._peers, owner, asking.nonce)
            head = upgrade(asking, await self._time_at(address, owner), address)
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await loop.create_connection(lambda: line, *address)
            line.write(head)
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    await line.ready
            except BaseException:
                line.close()
                raise
        except (OSError, TimeoutError):
            self._leave_alone(owner, loop.time())
            return None
        finally:
            del self._opening[owner]
        if self._closed:  # meanwhile
            line.close()
            return None
        # Those to servers that are gone are of no more use.
        self.open = {name: one for name, one in self.open.items() if one.is_open}
        self.open[owner] = line
        return line

    def _leave_alone(self, owner: str, now: float) -> None:
        while self._without:
            first, until = next(iter(self._without.items()))
            if until > now:
                break
            del self._without[first]
        self._without.pop(owner, None)
        self._without[owner] = now + RETRY_INTERVAL
