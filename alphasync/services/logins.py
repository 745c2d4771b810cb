"""Logging in, and getting a fresh token for a valid one."""

import time

import msgspec

from alphasync.domain.identity import Identity, account_of
from alphasync.domain.roles import Right
from alphasync.errors import (
    NotAllowed,
    NotForServiceTokens,
    SignedOut,
    SignInAgain,
    TooManyProfiles,
    TooManyRequests,
)
from alphasync.gateway import port
from alphasync.services.endings import Endings
from alphasync.services.listed_profiles import ListedProfiles, LoginKey
from alphasync.services.login_tries import LoginTries, one_form
from alphasync.services.refusals import Refusals
from alphasync.services.service_tokens import ServiceTokens, is_service_token
from alphasync.services.tokens import Tokens
from alphasync.services.upstream import Origin, Prolonged, Upstream


class LoggedIn(msgspec.Struct, frozen=True):
    token: str
    identity: Identity
    """Whom the token proves."""
    handle: str
    """Names the login without being the gateway's token."""
    profiles: list[str]
    """Ids of those that the login may use."""


class Refreshed(msgspec.Struct, frozen=True):
    token: str
    identity: Identity
    prolonged: bool
    """False: the new token ends when the old one did."""


class Logins:
    """``profiles_max``: of one login that is limited to some."""

    def __init__(
        self,
        gateway: port.Gateway,
        tokens: Tokens,
        upstream: Upstream,
        listed: ListedProfiles,
        tries: LoginTries,
        endings: Endings,
        refusals: Refusals,
        service_tokens: ServiceTokens,
        profiles_max: int,
    ) -> None:
        self._gateway = gateway
        self._tokens = tokens
        self._upstream = upstream
        self._listed = listed
        self._tries = tries
        self._endings = endings
        self._refusals = refusals
        self._service_tokens = service_tokens
        self._profiles_max = profiles_max

    async def log_in(
        self, email: str, password: str, address: str, agent: str = "", earlier: str = ""
    ) -> LoggedIn:
        """Check the credentials with the gateway and open a session for the operator.

        ``address``: what counts as one client; ``agent``: its browser and system; ``earlier``: the
        token of an earlier login from the same device, or ''. Raises TooManyRequests,
        BadCredentials and the other errors of the gateway, TooManyProfiles and StoreUnavailable.
        """
        origin = Origin(email, address, agent)
        try:
            login = await self._checked(email, password, address, earlier)
        except (port.BadCredentials, TooManyRequests) as error:
            self._refusals.note_login(email, error.code, self._upstream.sealed(origin))
            raise
        limited = self._limits_of(login)
        profiles = await self._listed_by(login) if limited is None else limited
        account = account_of(login.operator_id, login.team)
        opened = await self._upstream.open(account, login.operator_id, login.token, limited, origin)
        await self._endings.make_room(account, login.operator_id, opened.too_many)
        token, who = self._tokens.mint(
            login.operator_id,
            email=email,
            profiles=limited,
            team=login.team,
            role=login.role,
            lifetime=opened.lives,
            sign_in=opened.sid,
            begun_at=opened.at,
        )
        if limited is None:
            self._listed.note(LoginKey(who.account, who.operator_id, who.sign_in), profiles)
        return LoggedIn(token, who, opened.handle, profiles)

    async def identify(self, token: str, *, services: bool = False) -> Identity:
        """Who a token proves, with the profiles that it is for. ``services``: also a service token.
        Raises InvalidToken, SignInAgain where the profiles are not on record any more, SignedOut,
        NotForServiceTokens, and StoreUnavailable."""
        if is_service_token(token):
            if not services:
                raise NotForServiceTokens
            return await self._service_tokens.identify(token)
        who = await self._tokens.prove(token)
        await self._endings.check(who)
        return await self._upstream.completed(who)

    def check(self, who: Identity, right: Right, call: str) -> None:
        """Raise NotAllowed, and note it, where they may not make this call."""
        try:
            who.check(right)
        except NotAllowed as error:
            self._refusals.note(who, call, error.code)
            raise

    async def refresh(self, token: str) -> Refreshed:
        """A fresh token for a valid one; that of a login gets more time with it. Of somebody else
        it is the same again: by a key of ours it would outlive theirs.

        Raises InvalidToken, SignInAgain when the login has ended, SignedOut when it was ended by
        somebody, and StoreUnavailable.
        """
        who = await self._tokens.prove(token)
        prolonged = None
        asked = time.monotonic()
        if who.sign_in:
            prolonged = await self._prolong(who)
        else:
            await self._endings.check(who)
        if not self._tokens.is_ours(token):
            return Refreshed(token, who, prolonged=False)
        if prolonged is None:
            return Refreshed(*self._tokens.refresh(who, None), prolonged=False)
        # Not beyond the login's end, however long ago Redis said how long it has.
        lives = prolonged.lives - (time.monotonic() - asked)
        return Refreshed(*self._tokens.refresh(who, lives), prolonged=prolonged.more)

    async def _prolong(self, who: Identity) -> Prolonged:
        """Raises SignInAgain, or SignedOut."""
        try:
            return await self._upstream.prolong(who)
        except SignInAgain:
            await self._endings.check(who)
            raise

    async def _checked(self, email: str, password: str, address: str, earlier: str) -> port.Login:
        """What the gateway says to the credentials; only its refusals use up tries."""
        proven = bool(earlier) and await self._is_known(email, earlier)
        await self._tries.begin(email, address, proven=proven)
        try:
            login = await self._gateway.login(email, password)
        except (port.BadCredentials, port.GatewayRefused):
            raise
        except port.GatewayError:
            await self._tries.take_back(email, address)
            raise
        account = account_of(login.operator_id, login.team)
        await self._tries.succeed(email, address, account, login.operator_id)
        return login

    async def _is_known(self, email: str, earlier: str) -> bool:
        """Whether a token shows that its device has logged in with this address before, and was not
        signed out since: who has stolen one is no known device."""
        who = self._tokens.recognise(earlier)
        if who is None or who.email is None or one_form(who.email) != one_form(email):
            return False
        try:
            await self._endings.check(who)
        except SignedOut:
            return False
        return True

    def _limits_of(self, login: port.Login) -> list[str] | None:
        """The only profiles that the login is for. Raises TooManyProfiles."""
        if login.profiles is None:
            return None
        profiles = list(dict.fromkeys(login.profiles))
        if len(profiles) > self._profiles_max:
            raise TooManyProfiles
        return profiles

    async def _listed_by(self, login: port.Login) -> list[str]:
        """The ids of the profiles that the gateway lists for a login that is for all."""
        try:
            found = await self._gateway.profiles(login.token)
        except port.TokenRefused:
            # Signing in again, which the error would ask for, leads here again.
            raise port.GatewayRefused("The gateway refuses the token that it gave") from None
        return [profile.external_id for profile in found]
