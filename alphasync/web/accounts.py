"""Login and profiles, for which the gateway is asked."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from alphasync.gateway import port
from alphasync.services.logins import LoginTries
from alphasync.services.tokens import InvalidToken, MissingToken, Tokens, bearer
from alphasync.services.upstream import HandleOwner, Upstream
from alphasync.web.answers import body, ok

HANDLE_HEADER = "X-Alpha-Date-Token"


class Credentials(msgspec.Struct, frozen=True):
    email: Annotated[str, Meta(min_length=1, max_length=320)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class LoggedIn(msgspec.Struct, frozen=True, rename="camel"):
    token: str
    operator_id: str
    alpha_date_token: str
    email: str
    profiles: list[str]
    status: bool = True


class Refreshed(msgspec.Struct, frozen=True, rename="camel"):
    token: str
    operator_id: str
    status: bool = True


class Accounts:
    def __init__(
        self,
        gateway: port.Gateway,
        tokens: Tokens,
        upstream: Upstream,
        tries: LoginTries,
        client_of: Callable[[web.Request], str],
    ) -> None:
        """``client_of``: what counts as one client, by the address of a request."""
        self._gateway = gateway
        self._tokens = tokens
        self._upstream = upstream
        self._tries = tries
        self._client_of = client_of

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/auth/login", self.login),
            web.post("/api/auth/refresh", self.refresh),
            web.get("/api/profiles", self.profiles),
            web.get("/api/profiles/{profile}/attachments", self.attachments),
        ]

    async def login(self, request: web.Request) -> web.Response:
        """Check the credentials with the gateway and open a session for the operator."""
        credentials = await body(request, Credentials)
        login = await self._checked(credentials, self._client_of(request))
        profiles = await self._profile_ids(login)
        limited = list(login.profiles) if login.profiles is not None else None
        token = self._tokens.mint(login.operator_id, email=credentials.email, profiles=limited)
        handle = await self._upstream.keep(self._tokens.verify(token), login.token)
        return ok(
            LoggedIn(
                token=token,
                operator_id=login.operator_id,
                alpha_date_token=handle,
                email=credentials.email,
                profiles=profiles,
            )
        )

    async def _checked(self, credentials: Credentials, address: str) -> port.Login:
        """What the gateway says to the credentials; only its refusals use up tries."""
        email = credentials.email
        await self._tries.begin(email, address)
        try:
            login = await self._gateway.login(email, credentials.password)
        except (port.BadCredentials, port.GatewayRefused):
            raise
        except port.GatewayError:
            await self._tries.take_back(email, address)
            raise
        await self._tries.succeed(email, address)
        return login

    async def _profile_ids(self, login: port.Login) -> list[str]:
        if login.profiles is not None:
            return list(login.profiles)
        return [profile.external_id for profile in await self._gateway.profiles(login.token)]

    async def refresh(self, request: web.Request) -> web.Response:
        """A fresh token for a valid one."""
        token = bearer(request.headers.get("Authorization"))
        if token is None:
            raise MissingToken
        who = self._tokens.verify(token)
        await self._upstream.prolong(who)
        return ok(Refreshed(token=self._tokens.refresh(who), operator_id=who.operator_id))

    async def profiles(self, request: web.Request) -> web.Response:
        _, token = await self._authorised(request)
        return ok(await self._gateway.profiles(token))

    async def attachments(self, request: web.Request) -> web.Response:
        _, token = await self._authorised(request)
        return ok(await self._gateway.attachments(token, request.match_info["profile"]))

    async def _authorised(self, request: web.Request) -> tuple[HandleOwner, str]:
        handle = request.headers.get(HANDLE_HEADER, "")
        owner = await self._upstream.owner(handle) if handle else None
        if owner is None:
            raise InvalidToken("Sign in to see this")
        token = await self._upstream.token(owner.account, owner.operator_id)
        if token is None:
            raise InvalidToken("Sign in again to see this")
        return owner, token
