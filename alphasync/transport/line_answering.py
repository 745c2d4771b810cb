"""The end of a line at the server that is asked."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec
from aiohttp import hdrs, web

from alphasync.transport import handshake
from alphasync.transport.line import HELLO_SIZE, Answer, Ask, Line, Opener, Sealer
from alphasync.transport.peers import Peers
from alphasync.transport.proofs import AGE_MAX
from alphasync.transport.refusals import BAD_REQUEST, FORBIDDEN, Refused

ASKED_MAX = 16_384
"""Requests under way on one line; more are refused. A session has two at most."""
BESIDE_BODY_MAX = 4096
"""Bytes of a frame that are not its body."""

_encode, _ask = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(Ask).decode


@dataclass(slots=True)
class PassedOn:
    """A request that came on a line, as what answers it sees requests."""

    method: str
    query: Mapping[str, str]
    line: Line

    @property
    def transport(self) -> asyncio.Transport | None:
        """The line's, for nothing but whether it is there."""
        return self.line.transport


Serve = Callable[[PassedOn, bytes], Awaitable[web.StreamResponse]]
"""Given a request and its body. Raises Refused."""


class AnsweringLine(Line):
    """``nonce``: of the request that the line begins with; ``payload_max``: bytes of a body."""

    def __init__(
        self,
        peers: Peers,
        nonce: str,
        payload_max: int,
        serve: Serve,
        gone: Callable[[Line], None],
    ) -> None:
        super().__init__(gone)
        self._loop = asyncio.get_running_loop()
        self._hello = secrets.token_bytes(HELLO_SIZE)
        self._keys = peers.line_keys(peers.name, nonce, self._hello)
        self._opener = Opener([keys.asking for keys in self._keys], payload_max + BESIDE_BODY_MAX)
        self._sealer: Sealer | None = None
        self._serve = serve
        self.tasks: set[asyncio.Task[None]] = set()
        """What is under way."""

    def begin(self, request: web.Request) -> handshake.Detached:
        """Take the connection of a request for the line. Raises Refused."""
        try:
            key = handshake.check(request)

            def answer() -> None:
                self.write(handshake.answer_to(key, deflate=False) + self._hello)
                self.began = self._loop.time()

            handshake.take_over(request, self, self, answer)
        except handshake.NoHandshake:
            raise Refused(BAD_REQUEST) from None
        return handshake.Detached(status=101)

    def came(self, data: bytes) -> None:
        for content in self._opener.feed(data):
            ask = _ask(content)
            if abs(self._loop.time() - self.began - ask.after) > AGE_MAX:
                self._refuse(ask, 403)
            elif len(self.tasks) >= ASKED_MAX:
                self._refuse(ask, 429)
            else:
                task = self._loop.create_task(self._answer(ask), name=f"passed on {ask.sid}")
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """What aiohttp has read ahead, as its parsers take it."""
        self.data_received(data)
        return False, b""

    def feed_eof(self) -> None:
        """aiohttp lets go of the connection; its end is told to the line itself."""

    async def _answer(self, ask: Ask) -> None:
        query = {"transport": "polling", "sid": ask.sid, "t": ask.stamp}
        request = PassedOn(ask.method, query, self)
        response: web.StreamResponse
        try:
            response = await self._serve(request, ask.body)
        except Refused as refused:
            response = refused.answer()
        except Exception:
            self._say(ask, web.Response(status=500))  # nobody is to wait for what does not come
            raise
        self._say(ask, response)

    def _refuse(self, ask: Ask, status: int) -> None:
        self._say(ask, Refused(FORBIDDEN, status, "Too many requests").answer())

    def _say(self, ask: Ask, response: web.StreamResponse) -> None:
        if not isinstance(response, web.Response):  # of an upgrade, which no line carries
            response = Refused(BAD_REQUEST).answer()
        body, headers = response.body, response.headers
        answer = Answer(
            ask.number,
            response.status,
            headers.get(hdrs.CONTENT_TYPE, ""),
            headers.get(hdrs.CACHE_CONTROL, ""),
            body if isinstance(body, bytes) else b"",
        )
        if self._sealer is None:
            self._sealer = Sealer(self._keys[self._opener.chosen].answering)
        self.write(self._sealer.seal(_encode(answer)))
