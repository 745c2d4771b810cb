"""Passing a request on to the server that has its session, within the bounds of a session."""

import asyncio

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict

from alphasync.transport import handshake
from alphasync.transport.bucket import Buckets
from alphasync.transport.forwarded import BREAK_OFF, TELL, Forwarded
from alphasync.transport.http_bodies import CALLER_CHECK_INTERVAL, has_gone
from alphasync.transport.line import Answer
from alphasync.transport.line_asking import AskingLine
from alphasync.transport.options import Options
from alphasync.transport.peer_client import PeerClient
from alphasync.transport.peers import Peers, written
from alphasync.transport.proofs import CLIENT, PROOF, Asking
from alphasync.transport.refusals import BAD_REQUEST, FORBIDDEN, UNKNOWN_SID, Refused
from alphasync.transport.tunnel import End, NoTunnel, open_tunnel

FORWARDED_PER_SECOND, FORWARDED_BURST_MAX = 100.0, 500
"""Requests of one session that are passed on: for long, and at once. A client polls and posts one
after the other."""
NOT_NOW = 403
"""Status of what the other server takes for a request of another moment."""
RATED_SESSIONS_MAX = 16_384
"""Sessions whose rate is remembered; the ones that were quiet the longest go first."""


class Forwarder:
    def __init__(self, peers: Peers, options: Options) -> None:
        self.peers = peers
        self.client = PeerClient(peers, longest_poll=options.body_timeout)
        self._options = options
        self._buckets = Buckets(FORWARDED_PER_SECOND, FORWARDED_BURST_MAX, RATED_SESSIONS_MAX)
        self._tunnels: set[End] = set()

    @property
    def asking(self) -> int:
        """Requests that wait for another server's answer on a connection of their own."""
        return self.client.asking

    @property
    def lines(self) -> int:
        """To servers that are asked."""
        return len(self.client.lines.open)

    def owner_of(self, sid: str) -> str | None:
        """The other server that has this session; None when there is none."""
        owner = self.peers.owner_of(sid)
        return None if owner == self.peers.name else owner

    def check(self, sid: str) -> None:
        """Raise Refused when this session asks too often; to be done before a body is read."""
        now = asyncio.get_running_loop().time()
        if not self._buckets.of(sid, now).acquire(now):
            self._options.limited("forwarded")
            raise Refused(FORBIDDEN, 429, "Too many requests")

    def give_back(self, sid: str) -> None:
        """A request of this session was of use."""
        self._buckets.of(sid, asyncio.get_running_loop().time()).give_back()

    async def ask(
        self, request: web.Request, owner: str, forwarded: Forwarded, body: bytes | None
    ) -> web.Response:
        """Pass a poll or a POST on. Raises Refused, also when the owner is gone."""
        address = await self.client.find(owner)
        if forwarded.method != BREAK_OFF:
            self._options.forwarded("poll" if forwarded.method == "GET" else "post")
        if (line := await self.client.lines.to(owner, address)) is not None:
            answer = await self._over(line, request, forwarded, body or b"")
            if answer.status != NOT_NOW:
                return _response(answer)
            line.retire()  # the two clocks have gone apart, or the other server is far behind
        work = self.client.ask(address, owner, forwarded, body)
        asking = asyncio.create_task(work, name=f"forward {forwarded.sid}")
        try:
            while not asking.done():
                await asyncio.wait([asking], timeout=CALLER_CHECK_INTERVAL)
                if forwarded.method == "GET" and has_gone(request):
                    # The owner may be answering at this moment, and take it for delivered.
                    await self.client.ask(
                        address, owner, forwarded._replace(method=BREAK_OFF), None
                    )
                    raise Refused(BAD_REQUEST)  # for nobody
            return asking.result()
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise Refused(UNKNOWN_SID) from None
        finally:
            asking.cancel()

    async def _over(
        self, line: AskingLine, request: web.Request, forwarded: Forwarded, body: bytes
    ) -> Answer:
        """Pass a request on over a line. Raises Refused, also when the line is lost."""
        loop, polls = asyncio.get_running_loop(), forwarded.method == "GET"
        until = loop.time() + self.client.longest
        try:
            asked = line.ask(forwarded, body)
        except ConnectionError:
            raise Refused(UNKNOWN_SID) from None
        looking: asyncio.TimerHandle | None = None

        def look() -> None:
            nonlocal looking
            if asked.done():
                return
            if polls and has_gone(request):
                # The owner may be answering at this moment, and take it for delivered.
                line.ask(forwarded._replace(method=BREAK_OFF), b"")
                asked.set_exception(Refused(BAD_REQUEST))  # for nobody
            elif loop.time() >= until:
                asked.set_exception(Refused(UNKNOWN_SID))
            else:
                looking = loop.call_later(CALLER_CHECK_INTERVAL, look)

        looking = loop.call_later(CALLER_CHECK_INTERVAL, look)
        try:
            return await asked
        except ConnectionError:
            raise Refused(UNKNOWN_SID) from None
        finally:
            looking.cancel()

    async def move(self, owner: str, forwarded: Forwarded) -> bytes:
        """Take one step of a session's move here. Raises Refused, also when the owner is gone."""
        address = await self.client.find(owner)
        if forwarded.transport == "take":
            self._options.forwarded("move")
        try:
            answer = await self.client.ask(address, owner, forwarded, None)
        except (aiohttp.ClientError, OSError, TimeoutError):
            raise Refused(UNKNOWN_SID) from None
        if answer.status != 200 or not isinstance(answer.body, bytes):
            raise Refused(UNKNOWN_SID)
        return answer.body

    async def tell(self, peer: str, what: bytes) -> bool:
        """Tell another server's application something; whether it has heard it."""
        try:
            address = await self.client.find(peer)
            answer = await self.client.ask(address, peer, Forwarded("POST", TELL, "", ""), what)
        except (Refused, aiohttp.ClientError, OSError, TimeoutError):
            return False
        return answer.status == 200

    async def tunnel(
        self, request: web.Request, owner: str, forwarded: Forwarded
    ) -> handshake.Detached:
        """Pass an upgrade to a WebSocket on. Raises Refused.

        The upgrade is signed; what goes through it afterwards is not, as with a TCP connection.
        """
        try:
            key = handshake.check(request)
            address = await self.client.find(owner)
            headers = CIMultiDict(
                {
                    hdrs.HOST: written(address),
                    hdrs.UPGRADE: "websocket",
                    hdrs.CONNECTION: "Upgrade",
                    hdrs.SEC_WEBSOCKET_VERSION: "13",
                    hdrs.SEC_WEBSOCKET_KEY: key.decode(),
                    CLIENT: forwarded.client,
                }
            )
            if hdrs.SEC_WEBSOCKET_EXTENSIONS in request.headers:
                extensions = request.headers[hdrs.SEC_WEBSOCKET_EXTENSIONS]
                headers[hdrs.SEC_WEBSOCKET_EXTENSIONS] = extensions
            time = await self.client.time_at(address, owner)
            asking = Asking(self.peers, owner)
            headers[PROOF] = asking.proof(time, "GET", forwarded.target, headers, b"")
            lines = [f"GET {forwarded.target} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            self._options.forwarded("websocket")
            head = "\r\n".join([*lines, "", ""]).encode(errors="surrogateescape")
            end = await open_tunnel(request, address, head, self._tunnels.discard)
        except NoTunnel:
            raise Refused(UNKNOWN_SID) from None
        except handshake.NoHandshake:
            raise Refused(BAD_REQUEST) from None
        self._tunnels.add(end)
        return handshake.Detached(status=101)

    @property
    def tunnels(self) -> int:
        """WebSockets that go through here to another server."""
        return len(self._tunnels)

    def cut_tunnel(self) -> None:
        """Close one of them: its client comes back, to wherever it is sent."""
        if self._tunnels:
            self._tunnels.pop().close()

    async def close(self) -> None:
        while self._tunnels:
            self.cut_tunnel()
        await self.client.close()


def _response(answer: Answer) -> web.Response:
    """Raises Refused for one that is none for a client."""
    if answer.status not in (200, 400, 429):
        raise Refused(UNKNOWN_SID)
    headers = {hdrs.CONTENT_TYPE: answer.kind}
    if answer.cache:
        headers[hdrs.CACHE_CONTROL] = answer.cache
    return web.Response(status=answer.status, body=answer.body, headers=headers)
