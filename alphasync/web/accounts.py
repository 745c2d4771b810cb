"""Login, refresh, profiles and attachments."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from alphasync.domain.devices import named_by
from alphasync.log_subject import also
from alphasync.services.logins import Logins
from alphasync.services.profiles import Profiles
from alphasync.services.tokens import InvalidToken, MissingToken, bearer
from alphasync.web.compressed import compressed
from alphasync.web.json_bodies import body, ok

HANDLE_HEADER = "X-Alpha-Date-Token"


class Credentials(msgspec.Struct, frozen=True):
    """Who signs in."""

    email: Annotated[str, Meta(min_length=1, max_length=320)]
    """As the gateway knows it."""
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    """It is handed to the gateway, and not kept."""

    def __repr__(self) -> str:
        return "Credentials(...)"  # whoever shows one by mistake shows no password


class LoginAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """A session was opened."""

    token: str
    """For the socket and for `/api/auth/refresh`: a JSON Web Token, whose claim `exp` says when it
    ends."""
    operator_id: str
    """Who signed in, as the gateway says."""
    alpha_date_token: str
    """For the calls below: names the session, and is not the gateway's token."""
    email: str
    """As it was given."""
    profiles: list[str]
    """The `external_id` of each profile."""
    status: bool = True
    """Always true."""


class RefreshAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The token to go on with."""

    token: str
    """It takes the place of the one that was given, which stays valid until its end. For a token by
    a key of somebody else it is the same one."""
    operator_id: str
    """Whose it is."""
    expires_at: int
    """When it ends: ms since the Unix epoch."""
    prolonged: bool
    """False: this token ends when the given one does, and asking again changes nothing."""
    status: bool = True
    """Always true."""


class Accounts:
    def __init__(
        self, logins: Logins, profiles: Profiles, client_of: Callable[[web.Request], str]
    ) -> None:
        """``client_of``: what counts as one client, by the address of a request."""
        self._logins = logins
        self._profiles = profiles
        self._client_of = client_of

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/auth/login", self.login),
            web.post("/api/auth/refresh", self.refresh),
            web.get("/api/profiles", self.profiles),
            web.get("/api/profiles/{profile}/attachments", self.attachments),
        ]

    async def login(self, request: web.Request) -> web.Response:
        credentials = await body(request, Credentials)
        email, address = credentials.email, self._client_of(request)
        agent = named_by(request.headers.get(hdrs.USER_AGENT, ""))
        earlier = _earlier(request)
        found = await self._logins.log_in(email, credentials.password, address, agent, earlier)
        also(account=found.identity.account)
        return ok(
            LoginAnswer(
                token=found.token,
                operator_id=found.identity.operator_id,
                alpha_date_token=found.handle,
                email=email,
                profiles=found.profiles,
            )
        )

    async def refresh(self, request: web.Request) -> web.Response:
        token = bearer(request.headers.get("Authorization"))
        if token is None:
            raise MissingToken
        fresh = await self._logins.refresh(token)
        also(account=fresh.identity.account)
        return ok(
            RefreshAnswer(
                token=fresh.token,
                operator_id=fresh.identity.operator_id,
                expires_at=fresh.identity.expires_at * 1000,
                prolonged=fresh.prolonged,
            )
        )

    async def profiles(self, request: web.Request) -> web.Response:
        found = await self._profiles.all(request.headers.get(HANDLE_HEADER, ""))
        return await compressed(request, ok(found))

    async def attachments(self, request: web.Request) -> web.Response:
        handle = request.headers.get(HANDLE_HEADER, "")
        found = await self._profiles.attachments(handle, request.match_info["profile"])
        return await compressed(request, ok(found))


def _earlier(request: web.Request) -> str:
    """The token of an earlier login that a device shows, so that it is known; '' for none."""
    try:
        return bearer(request.headers.get(hdrs.AUTHORIZATION)) or ""
    except InvalidToken:
        return ""
