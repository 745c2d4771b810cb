"""Asking another server for a client: one hop, signed, with its bounds."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict

from alphasync.transport.forwarded import CLOCK, Forwarded
from alphasync.transport.line_asking import Lines
from alphasync.transport.peers import PeerAddress, Peers, written
from alphasync.transport.proofs import CLIENT, PROOF, Asking, Clocks
from alphasync.transport.refusals import UNKNOWN_SID, Refused
from alphasync.transport.tunnel import CONNECT_TIMEOUT

ANSWER_GRACE = 5.0
"""Seconds beyond the longest poll until an answer is given up: one that is on its way still comes.
"""


class NotNow(Exception):
    """The other server has refused a request: perhaps as one of another moment."""


class PeerClient:
    """``longest_poll``: seconds."""

    def __init__(self, peers: Peers, longest_poll: float) -> None:
        self._peers = peers
        self.clocks = Clocks()
        self.lines = Lines(peers, self.time_at)
        self._asking_time: dict[str, asyncio.Task[None]] = {}
        self.longest = longest_poll + ANSWER_GRACE
        """Seconds until an answer is given up."""
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_TIMEOUT, sock_read=self.longest
        )
        self._http: aiohttp.ClientSession | None = None
        self._closed = False
        self.asking = 0
        """Requests that wait for another server's answer."""

    async def find(self, owner: str) -> PeerAddress:
        """Where a server listens. Raises Refused when it is gone."""
        address = None if self._closed else await self._peers.find(owner)
        if address is None or self._closed:
            raise Refused(UNKNOWN_SID)
        return address

    async def ask(
        self, address: PeerAddress, owner: str, forwarded: Forwarded, body: bytes | None
    ) -> web.Response:
        """Its answer. Raises Refused, and what aiohttp raises, when it is gone."""
        with self._counted():
            try:
                return await self._answer(address, owner, forwarded, body or b"")
            except NotNow:
                self.clocks.forget(owner)
            try:
                return await self._answer(address, owner, forwarded, body or b"")
            except NotNow:
                raise Refused(UNKNOWN_SID) from None

    async def time_at(self, address: PeerAddress, owner: str) -> float:
        """How late it is at another server: known, as a rule. Raises Refused and NotNow."""
        if self.clocks.at(owner) is None:
            asking = self._asking_time.get(owner)
            if asking is None:  # however many wait for it, it is asked once
                work = self._ask_time(address, owner)
                asking = asyncio.create_task(work, name=f"time at {owner}")
                self._asking_time[owner] = asking
            await asyncio.shield(asking)
        time = self.clocks.at(owner)
        if time is None:
            raise Refused(UNKNOWN_SID)
        return time

    async def _ask_time(self, address: PeerAddress, owner: str) -> None:
        try:
            await self._answer(address, owner, Forwarded("GET", CLOCK, "", ""), b"")
        except (NotNow, Refused, aiohttp.ClientError, OSError, TimeoutError):
            return  # who waits for it finds it unknown
        finally:
            del self._asking_time[owner]

    async def close(self) -> None:
        self._closed = True
        self.lines.close()
        if self._http is not None:
            await self._http.close()

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
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
        address: PeerAddress,
        owner: str,
        forwarded: Forwarded,
        body: bytes,
    ) -> web.Response:
        time = 0.0 if forwarded.transport == CLOCK else await self.time_at(address, owner)
        asking, headers = Asking(self._peers, owner), CIMultiDict({CLIENT: forwarded.client})
        headers[PROOF] = asking.proof(time, forwarded.method, forwarded.target, headers, body)
        if self._closed:  # meanwhile
            raise Refused(UNKNOWN_SID)
        async with self._session.request(
            forwarded.method,
            f"http://{written(address)}{forwarded.target}",
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
