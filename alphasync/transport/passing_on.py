"""Requests of sessions that another server has: they are passed on, or the session comes here."""

from collections.abc import Awaitable
from typing import Any

from aiohttp import web

from alphasync.transport import handshake
from alphasync.transport.arrival import Arrival
from alphasync.transport.engine_packets import NOTHING
from alphasync.transport.forwarded import BREAK_OFF, Forwarded
from alphasync.transport.forwarding import Forwarder
from alphasync.transport.hosting import Host
from alphasync.transport.http_bodies import UNREADABLE, read_body
from alphasync.transport.links import Links
from alphasync.transport.meter import Meter
from alphasync.transport.moving import Mover, Step
from alphasync.transport.polls import stamp_of
from alphasync.transport.refusals import BAD_REQUEST, Refused
from alphasync.transport.session_table import SessionTable
from alphasync.transport.websocket import Link


class PassingOn:
    """``mover``: for sessions that follow their WebSocket; without one it is passed on, too."""

    def __init__(
        self,
        host: Host,
        sessions: SessionTable,
        links: Links,
        forwarder: Forwarder,
        mover: Mover | None,
    ) -> None:
        self._host = host
        self._sessions = sessions
        self._links = links
        self._forwarder = forwarder
        self.mover = mover

    def owner_of(self, sid: str) -> str | None:
        """The other server that has this session; None when it is here, or nowhere."""
        return None if sid in self._sessions.by_id else self._forwarder.owner_of(sid)

    async def answer(
        self, request: web.Request, environ: dict[str, Any], sid: str, owner: str
    ) -> web.Response | handshake.Detached:
        """Answer as ``owner`` does. Raises Refused."""
        forwarded = Forwarded(
            request.method,
            request.query["transport"],
            sid,
            client=str(environ["REMOTE_ADDR"]),
            stamp=stamp_of(request.query),
        )
        self._forwarder.check(sid)
        if forwarded.transport == "websocket":
            if forwarded.method != "GET":
                raise Refused(BAD_REQUEST)
            if self.mover is not None:
                return self._fetch(self.mover, request, environ, owner, forwarded)
            return await self._forwarder.tunnel(request, owner, forwarded)
        body = None
        if forwarded.method == "POST":
            body = await self._read(request, owner, forwarded)
        answer = await self._forwarder.ask(request, owner, forwarded, body)
        if answer.status == 200 and answer.body != NOTHING.text.encode():
            # However quickly there is something to fetch, or to bring: its server counts that.
            self._forwarder.give_back(sid)
        return answer

    async def _read(self, request: web.Request, owner: str, forwarded: Forwarded) -> bytes:
        try:
            return await read_body(request, self._host.options)
        except (Refused, *UNREADABLE) as error:
            await self._forwarder.ask(request, owner, forwarded._replace(method=BREAK_OFF), None)
            raise error if isinstance(error, Refused) else Refused(BAD_REQUEST) from None

    def _fetch(
        self,
        mover: Mover,
        request: web.Request,
        environ: dict[str, Any],
        owner: str,
        forwarded: Forwarded,
    ) -> handshake.Detached:
        """Let the session come to its WebSocket."""
        options = self._host.options
        if not options.allow_upgrades:
            raise Refused(BAD_REQUEST)
        self._sessions.check_accepting()
        self._sessions.check_room(forwarded.client)

        def ask(step: Step) -> Awaitable[bytes]:
            asked = forwarded._replace(method="POST", transport=step, packed=True)
            return self._forwarder.move(owner, asked)

        def begin(link: Link) -> None:
            Arrival(self._host, self._sessions, mover, link, forwarded.sid, environ, ask)

        return self._links.accept(request, begin, Meter(options.allowance))
