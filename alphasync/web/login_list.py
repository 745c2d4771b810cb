"""Sessions over HTTP: who is signed in where, and signing them out."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from alphasync.domain.identity import Identity
from alphasync.domain.roles import Right
from alphasync.services.endings import Endings
from alphasync.services.logins import Logins
from alphasync.services.signed_in import Login, SignedIn
from alphasync.web.json_bodies import ok, query_of
from alphasync.web.who_asks import who_asks

CURRENT = "current"
"""Stands for the session that a call comes from."""


class SessionsQuery(msgspec.Struct, frozen=True):
    """Which part of the list."""

    cursor: Annotated[str, Meta(pattern=r"^[0-9]{1,16}$(?!\n)")] | None = None
    """The `next` of the answer before; absent for the first one."""


class EndQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which ones."""

    this_one: Annotated[str, Meta(pattern=r"^(true|false)$(?!\n)")] = "false"
    """`true`: this one as well."""


class ListedSession(msgspec.Struct, frozen=True, rename="camel"):
    """One login. Times in ms since the Unix epoch."""

    id: str
    """Names it; it proves nothing."""
    operator_id: str
    """Who signed in."""
    email: str
    """As it was typed; empty for a login of an earlier version."""
    address: str
    """From where: an IPv4 address, or the /64 network of an IPv6 address; empty as above."""
    agent: str
    """The browser and system; empty as above."""
    since: int
    """When it was opened."""
    last_seen: int
    """When a device came with it, or its token was renewed."""
    expires_at: int
    """When it ends, unless it is renewed."""
    device_id: str
    """The device that came last with it; empty where none did."""
    device: str
    """What that is called."""
    here: bool
    """Whether that is connected."""
    current: bool
    """Whether this call comes from it."""


class SessionsAnswer(msgspec.Struct, frozen=True):
    """Who is signed in, newest first."""

    sessions: list[ListedSession]
    """Those that have not ended."""
    next: str | None
    """For the `cursor` of the next call; null where there are no more."""
    status: bool = True
    """Always true."""


class EndedAnswer(msgspec.Struct, frozen=True):
    """They are ended: nobody comes with their tokens from now on."""

    ended: int
    """How many those were."""
    status: bool = True
    """Always true."""


class LoginList:
    def __init__(self, logins: Logins, endings: Endings, signed_in: SignedIn) -> None:
        self._logins = logins
        self._endings = endings
        self._signed_in = signed_in

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/sessions", self.sessions),
            web.delete("/api/sessions", self.end_all),
            web.delete("/api/sessions/{session}", self.end),
            web.post("/api/auth/logout", self.leave),
        ]

    async def sessions(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE)
        query = query_of(request, SessionsQuery)
        page = await self._signed_in.page(who, query.cursor or "", of_all=_administers(who))
        listed = [_listed(login, who) for login in page.logins]
        return ok(SessionsAnswer(sessions=listed, next=page.next or None))

    async def end(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE)
        session = request.match_info["session"]
        if session == CURRENT:
            session = who.sign_in
        await self._endings.end(who, session, of_all=_administers(who))
        return ok(EndedAnswer(ended=1))

    async def end_all(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE)
        this_one = query_of(request, EndQuery).this_one == "true"
        return ok(EndedAnswer(ended=await self._endings.end_all(who, this_one=this_one)))

    async def leave(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE)
        await self._endings.leave(who)
        return ok(EndedAnswer(ended=1 if who.sign_in else 0))


def _administers(who: Identity) -> bool:
    """Whether they see and end the sessions of all operators of their team."""
    return who.team is not None and who.may(Right.ADMINISTER)


def _listed(login: Login, who: Identity) -> ListedSession:
    return ListedSession(
        id=login.id,
        operator_id=login.operator_id,
        email=login.origin.email,
        address=login.origin.address,
        agent=login.origin.agent,
        since=login.opened_at,
        last_seen=login.seen_at,
        expires_at=login.expires_at,
        device_id=login.device_id,
        device=login.device_name,
        here=login.here,
        current=bool(who.sign_in) and login.id == who.sign_in,
    )
