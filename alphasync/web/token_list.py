"""Service tokens over HTTP, for admins: making, listing and revoking them."""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta
from msgspec.structs import force_setattr

from alphasync.domain.devices import DEVICE_NAME_MAX
from alphasync.domain.roles import Right, Role
from alphasync.domain.usable import PROFILE_ID_MAX, is_blank, is_printable, is_profile_id
from alphasync.services.logins import Logins
from alphasync.services.service_tokens import Listed, ServiceTokens
from alphasync.web.json_bodies import body, ok
from alphasync.web.who_asks import who_asks

RoleName = Literal["viewer", "operator", "manager", "admin"]
PROFILES_MAX = 100
"""Profiles that a token can be limited to by name."""
LIFETIME_MIN, LIFETIME_MAX = 60, 10 * 366 * 86400
"""Seconds."""


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What it is for, and what it may do."""

    name: Annotated[str, Meta(min_length=1, max_length=DEVICE_NAME_MAX)]
    """What it is called, of printable characters: consoles show it beside its runs."""
    role: RoleName
    """What it may do; no more than who makes it."""
    profiles: (
        Annotated[
            list[Annotated[str, Meta(min_length=1, max_length=PROFILE_ID_MAX)]],
            Meta(min_length=1, max_length=PROFILES_MAX),
        ]
        | None
    ) = None
    """The only ones that it is for; absent for all that who makes it may use."""
    lifetime: Annotated[int, Meta(ge=LIFETIME_MIN, le=LIFETIME_MAX)] | None = None
    """Seconds until it ends; absent for until it is revoked."""

    def __post_init__(self) -> None:
        force_setattr(self, "name", self.name.strip())
        if is_blank(self.name) or not is_printable(self.name):
            raise ValueError("Expected printable characters in `name`")
        if not all(map(is_profile_id, self.profiles or ())):
            raise ValueError("Expected ids of profiles in `profiles`")


class TokenMade(msgspec.Struct, frozen=True, rename="camel"):
    """It is good from now on, on every server."""

    token: str
    """The service token. It is not shown again, and nobody can make it out of what is kept."""
    id: str
    """Names it; it proves nothing."""
    made_at: int
    """ms since the Unix epoch."""
    expires_at: int | None
    """When it ends: ms since the Unix epoch; null for never."""
    status: bool = True
    """Always true."""


class ListedToken(msgspec.Struct, frozen=True, rename="camel"):
    """One of them. Times in ms since the Unix epoch."""

    id: str
    """Names it: the session of what it does on the record, and behind `api:` its device."""
    name: str
    """What it is called."""
    role: RoleName
    """What it may do."""
    profiles: list[str] | None
    """The only ones that it is for; null for all of the account."""
    operator_id: str
    """Who made it, and for whom it acts."""
    made_at: int
    """When it was made."""
    used_at: int | None
    """When it was used last, within a minute; null where it never was."""
    expires_at: int | None
    """When it ends; null for never."""


class TokensAnswer(msgspec.Struct, frozen=True):
    """The service tokens of the account, newest first."""

    tokens: list[ListedToken]
    """Those that have not ended."""
    status: bool = True
    """Always true."""


class TokenRevoked(msgspec.Struct, frozen=True):
    """No server takes it any more."""

    status: bool = True
    """Always true."""


class TokenList:
    def __init__(
        self,
        logins: Logins,
        tokens: ServiceTokens,
        client_of: Callable[[web.Request], str],
    ) -> None:
        """``client_of``: what counts as one client, by the address of a request."""
        self._logins = logins
        self._tokens = tokens
        self._client_of = client_of

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/tokens", self.tokens),
            web.post("/api/tokens", self.make),
            web.delete("/api/tokens/{token}", self.revoke),
        ]

    async def tokens(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        listed = await self._tokens.listed(who)
        return ok(TokensAnswer([_shown(each) for each in listed]))

    async def make(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        wanted = await body(request, NewToken)
        address = self._client_of(request)
        made = await self._tokens.make(
            who, wanted.name, Role(wanted.role), wanted.profiles, wanted.lifetime, address
        )
        return ok(TokenMade(made.token, made.id, made.at, made.ends))

    async def revoke(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        await self._tokens.revoke(who, request.match_info["token"])
        return ok(TokenRevoked())


def _shown(listed: Listed) -> ListedToken:
    return ListedToken(
        id=listed.id,
        name=listed.name,
        role=listed.role.value,
        profiles=listed.profiles,
        operator_id=listed.operator_id,
        made_at=listed.made_at,
        used_at=listed.used_at,
        expires_at=listed.ends,
    )
