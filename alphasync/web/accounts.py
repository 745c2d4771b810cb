"""Login and profiles, for which the gateway is asked."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from alphasync.domain.identity import account_of
from alphasync.errors import TooManyProfiles, UnknownProfile
from alphasync.gateway import port
from alphasync.services.listed_profiles import ListedProfiles, Login
from alphasync.services.logins import LoginTries
from alphasync.services.tokens import InvalidToken, MissingToken, Tokens, bearer
from alphasync.services.upstream import SignIn, Upstream
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
    expires_at: int
    """ms since the Unix epoch."""
    prolonged: bool
    """False: the new token ends when the old one did."""
    status: bool = True


class Accounts:
    def __init__(
        self,
        gateway: port.Gateway,
        tokens: Tokens,
        upstream: Upstream,
        listed: ListedProfiles,
        tries: LoginTries,
        client_of: Callable[[web.Request], str],
        profiles_max: int,
    ) -> None:
        """``client_of``: what counts as one client, by the address of a request."""
        self._gateway = gateway
        self._tokens = tokens
        self._upstream = upstream
        self._listed = listed
        self._tries = tries
        self._client_of = client_of
        self._profiles_max = profiles_max

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
        limited = self._limits_of(login)
        profiles = await self._profile_ids(login) if limited is None else limited
        account = account_of(login.operator_id, None)
        opened = await self._upstream.open(account, login.operator_id, login.token, limited)
        if limited is None:
            self._listed.note(Login(account, login.operator_id, opened.sid), profiles)
        token = self._tokens.mint(
            login.operator_id,
            email=credentials.email,
            profiles=limited,
            lifetime=opened.lives,
            sign_in=opened.sid,
        )
        return ok(
            LoggedIn(
                token=token,
                operator_id=login.operator_id,
                alpha_date_token=opened.handle,
                email=credentials.email,
                profiles=profiles,
            )
        )

    def _limits_of(self, login: port.Login) -> list[str] | None:
        """The only profiles that the login is for. Raises TooManyProfiles."""
        if login.profiles is None:
            return None
        profiles = list(dict.fromkeys(login.profiles))
        if len(profiles) > self._profiles_max:
            raise TooManyProfiles
        return profiles

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
        try:
            found = await self._gateway.profiles(login.token)
        except port.TokenRefused:
            # Signing in again, which the error would ask for, leads here again.
            raise port.GatewayRefused("The gateway refuses the token that it gave") from None
        return [profile.external_id for profile in found]

    async def refresh(self, request: web.Request) -> web.Response:
        """A fresh token for a valid one; that of a login gets more time with it."""
        token = bearer(request.headers.get("Authorization"))
        if token is None:
            raise MissingToken
        who = self._tokens.verify(token)
        lives = await self._upstream.prolong(who) if who.sign_in else None
        fresh, ends = self._tokens.refresh(who, lives)
        return ok(
            Refreshed(
                token=fresh,
                operator_id=who.operator_id,
                expires_at=ends * 1000,
                prolonged=ends > who.expires_at or self._tokens.is_full(lives),
            )
        )

    async def profiles(self, request: web.Request) -> web.Response:
        sign_in = await self._authorised(request)
        found = await self._upstream.ask(sign_in, "", self._gateway.profiles)
        login = Login(sign_in.account, sign_in.operator_id, sign_in.sid)
        self._listed.note(login, [profile.external_id for profile in found])
        return ok([profile for profile in found if sign_in.may_see(profile.external_id)])

    async def attachments(self, request: web.Request) -> web.Response:
        sign_in = await self._authorised(request)
        profile = request.match_info["profile"]
        if not sign_in.may_see(profile):
            raise UnknownProfile
        return ok(
            await self._upstream.ask(
                sign_in, profile, lambda token: self._gateway.attachments(token, profile)
            )
        )

    async def _authorised(self, request: web.Request) -> SignIn:
        handle = request.headers.get(HANDLE_HEADER, "")
        if not handle:
            raise InvalidToken("Sign in to see this")
        return await self._upstream.named(handle)
