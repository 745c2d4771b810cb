"""Passing a request on to the server that has its session: one hop, signed, with its bounds."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict

from alphasync.transport import handshake
from alphasync.transport.bucket import Buckets
from alphasync.transport.peers import Address, Peers
from alphasync.transport.proofs import CLIENT, PROOF, Asked, Asking, Clocks, Door
from alphasync.transport.refusals import BAD_REQUEST, FORBIDDEN, UNKNOWN_SID, Refused
from alphasync.transport.tunnel import CONNECT_WITHIN, End, NoTunnel, open_tunnel

BREAK_OFF = "DELETE"
"""Method of a forwarded request: the client has done what ends its session."""
CLOCK = "clock"
"""Stands in the place of a transport's name: it is asked how late it is there."""
STAMP = re.compile(r"[A-Za-z0-9._-]{1,64}")
RATE, BURST = 100.0, 500
"""Requests of one session that are passed on: per second, and at once. A client polls and posts one
after the other."""
SESSIONS_KEPT = 16_384
"""Sessions whose rate is remembered; the ones that were quiet the longest go first."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether the caller is still there: aiohttp tells nobody."""
SPARE = 5.0
"""Seconds beyond the longest poll until an answer is given up."""


class Errand(NamedTuple):
    """What is asked of another server for a client."""

    method: str
    transport: str
    sid: str
    client: str
    """The client's address."""
    stamp: str = ""
    """What the client put into its request to make it unlike all others."""

    @property
    def target(self) -> str:
        stamp = f"&t={self.stamp}" if self.stamp else ""
        return f"/?EIO=4&transport={self.transport}&sid={self.sid}{stamp}"


class NotNow(Exception):
    """The other server has refused a request: perhaps as one of another moment."""


class Forwarder:
    """``longest_poll``: seconds. ``on_forward`` is called with what is passed on: ``poll``,
    ``post`` or ``websocket``; ``limited`` when a session asks too often."""

    def __init__(
        self,
        peers: Peers,
        longest_poll: float,
        on_forward: Callable[[str], None],
        limited: Callable[[str], None],
    ) -> None:
        self.peers = peers
        self.door = Door(peers)
        self.clocks = Clocks()
        self._asking_time: dict[str, asyncio.Task[None]] = {}
        self._patience = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_WITHIN, sock_read=longest_poll + SPARE
        )
        self._on_forward = on_forward
        self._limited = limited
        self._http: aiohttp.ClientSession | None = None
        self._buckets = Buckets(RATE, BURST, SESSIONS_KEPT)
        self._tunnels: set[End] = set()
        self._closed = False
        self.asking = 0
        """Requests that wait for another server's answer."""

    def owner_of(self, sid: str) -> str | None:
        """The other server that has this session; None when there is none."""
        owner = self.peers.owner_of(sid)
        return None if owner == self.peers.name else owner

    def check(self, sid: str) -> None:
        """Raise Refused when this session asks too often; to be done before a body is read."""
        if not self._buckets.of(sid).take(asyncio.get_running_loop().time()):
            self._limited("forwarded")
            raise Refused(FORBIDDEN, 429, "Too many requests")

    def give_back(self, sid: str) -> None:
        """A request of this session was of use."""
        self._buckets.of(sid).give_back()

    async def ask(
        self, request: web.Request, owner: str, errand: Errand, body: bytes | None
    ) -> web.Response:
        """Pass a poll or a POST on. Raises Refused, also when the owner is gone."""
        address = await self._address(owner)
        if errand.method != BREAK_OFF:
            self._on_forward("poll" if errand.method == "GET" else "post")
        work = self._ask(address, owner, errand, body)
        asking = asyncio.create_task(work, name=f"forward {errand.sid}")
        try:
            while not asking.done():
                await asyncio.wait([asking], timeout=LOOK_EVERY)
                if errand.method == "GET" and _has_gone(request):
                    # The owner may be answering at this moment, and take it for delivered.
                    await self._ask(address, owner, errand._replace(method=BREAK_OFF), None)
                    raise Refused(BAD_REQUEST)  # for nobody
            return asking.result()
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise Refused(UNKNOWN_SID) from None
        finally:
            asking.cancel()

    async def move(self, owner: str, errand: Errand) -> bytes:
        """Take one step of a session's move here. Raises Refused, also when the owner is gone."""
        address = await self._address(owner)
        if errand.transport == "take":
            self._on_forward("move")
        try:
            answer = await self._ask(address, owner, errand, None)
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise Refused(UNKNOWN_SID) from None
        if answer.status != 200 or not isinstance(answer.body, bytes):
            raise Refused(UNKNOWN_SID)
        return answer.body

    async def _ask(
        self, address: Address, owner: str, errand: Errand, body: bytes | None
    ) -> web.Response:
        with self._counted():
            try:
                return await self._answer(self._session, address, owner, errand, body or b"")
            except NotNow:
                self.clocks.forget(owner)
            try:
                return await self._answer(self._session, address, owner, errand, body or b"")
            except NotNow:
                raise Refused(UNKNOWN_SID) from None

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._patience,
                auto_decompress=False,  # a server of ours does not compress
            )
        return self._http

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.asking += 1
        try:
            yield
        finally:
            self.asking -= 1

    async def _answer(
        self,
        http: aiohttp.ClientSession,
        address: Address,
        owner: str,
        errand: Errand,
        body: bytes,
    ) -> web.Response:
        time = 0.0 if errand.transport == CLOCK else await self._time_at(http, address, owner)
        asking, headers = Asking(self.peers, owner), CIMultiDict({CLIENT: errand.client})
        headers[PROOF] = asking.proof(time, errand.method, errand.target, headers, body)
        async with http.request(
            errand.method,
            f"http://{_written(address)}{errand.target}",
            data=body or None,
            headers=headers,
            allow_redirects=False,
        ) as answer:
            if answer.status == 403:
                raise NotNow
            if answer.status not in (200, 400, 429):
                raise Refused(UNKNOWN_SID)
            text = await answer.read()
            told = asking.time_of(answer.status, answer.headers, text)
            if told is None:
                raise Refused(UNKNOWN_SID)  # something else listens there by now
            self.clocks.set(owner, told)
            return web.Response(
                status=answer.status,
                body=text,
                headers={
                    name: answer.headers[name]
                    for name in (hdrs.CONTENT_TYPE, hdrs.CACHE_CONTROL)
                    if name in answer.headers
                },
            )

    async def _time_at(self, http: aiohttp.ClientSession, address: Address, owner: str) -> float:
        """How late it is at another server: known, as a rule. Raises Refused and NotNow."""
        if self.clocks.at(owner) is None:
            asking = self._asking_time.get(owner)
            if asking is None:  # however many wait for it, it is asked once
                work = self._ask_time(http, address, owner)
                asking = asyncio.create_task(work, name=f"time at {owner}")
                self._asking_time[owner] = asking
            await asyncio.shield(asking)
        time = self.clocks.at(owner)
        if time is None:
            raise Refused(UNKNOWN_SID)
        return time

    async def _ask_time(self, http: aiohttp.ClientSession, address: Address, owner: str) -> None:
        try:
            await self._answer(http, address, owner, Errand("GET", CLOCK, "", ""), b"")
        except (NotNow, Refused, aiohttp.ClientError, OSError, TimeoutError):
            return  # who waits for it finds it unknown
        finally:
            del self._asking_time[owner]

    async def tunnel(self, request: web.Request, owner: str, errand: Errand) -> handshake.Detached:
        """Pass an upgrade to a WebSocket on. Raises Refused.

        The upgrade is signed; what goes through it afterwards is not, as with a TCP connection.
        """
        try:
            key = handshake.check(request)
            address = await self._address(owner)
            headers = CIMultiDict(
                {
                    hdrs.HOST: _written(address),
                    hdrs.UPGRADE: "websocket",
                    hdrs.CONNECTION: "Upgrade",
                    hdrs.SEC_WEBSOCKET_VERSION: "13",
                    hdrs.SEC_WEBSOCKET_KEY: key.decode(),
                    CLIENT: errand.client,
                }
            )
            if hdrs.SEC_WEBSOCKET_EXTENSIONS in request.headers:
                extensions = request.headers[hdrs.SEC_WEBSOCKET_EXTENSIONS]
                headers[hdrs.SEC_WEBSOCKET_EXTENSIONS] = extensions
            time, asking = (
                await self._time_at(self._session, address, owner),
                Asking(self.peers, owner),
            )
            headers[PROOF] = asking.proof(time, "GET", errand.target, headers, b"")
            lines = [f"GET {errand.target} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            self._on_forward("websocket")
            head = "\r\n".join([*lines, "", ""]).encode(errors="surrogateescape")
            end = await open_tunnel(request, address, head, self._tunnels.discard)
        except NoTunnel:
            raise Refused(UNKNOWN_SID) from None
        except handshake.NoHandshake:
            raise Refused(BAD_REQUEST) from None
        self._tunnels.add(end)
        return handshake.Detached(status=101)

    def verify(self, request: web.Request) -> Asked:
        """What another server has signed; to be done before a body is read. Raises Refused."""
        asked = self.door.read(request)
        if asked is None or not (asks_time(request) or self.door.is_now(asked)):
            raise Refused(FORBIDDEN, 403)
        return asked

    def admit(self, request: web.Request, asked: Asked, body: bytes) -> None:
        """With its body. Raises Refused unless all of it is signed, and comes for the first time;
        how late it is may be asked at any time."""
        whole = self.door.is_whole(asked, body)
        if not whole or not (asks_time(request) or self.door.admit(asked)):
            raise Refused(FORBIDDEN, 403)

    @property
    def tunnels(self) -> int:
        """WebSockets that go through here to another server."""
        return len(self._tunnels)

    def cut_tunnel(self) -> None:
        """Close one of them: its client comes back, to wherever it is sent."""
        if self._tunnels:
            self._tunnels.pop().close()

    async def close(self) -> None:
        self._closed = True
        while self._tunnels:
            self.cut_tunnel()
        if self._http is not None:
            await self._http.close()

    async def _address(self, owner: str) -> Address:
        address = None if self._closed else await self.peers.find(owner)
        if address is None or self._closed:
            raise Refused(UNKNOWN_SID)
        return address


def asks_time(request: web.Request) -> bool:
    return request.query.get("transport") == CLOCK


def stamp_of(query: Mapping[str, str]) -> str:
    """The ``t`` of a request; '' for none, or for one that is no mere stamp."""
    stamp = query.get("t", "")
    return stamp if STAMP.fullmatch(stamp) else ""


def _has_gone(request: web.Request) -> bool:
    """Whether nobody waits for the answer any more."""
    return request.transport is None or request.transport.is_closing()


def _written(address: Address) -> str:
    """Host and port as a URL has them."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
