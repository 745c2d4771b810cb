"""The JSON Web Tokens that prove who is acting."""

import hashlib
import re
import secrets
import time
from collections.abc import Collection
from typing import Any, NamedTuple

import jwt
import msgspec
from msgspec import UNSET, UnsetType

from alphasync.domain.identity import Identity, account_of
from alphasync.domain.roles import Role, role_of
from alphasync.errors import AlphasyncError
from alphasync.services.key_set import KeySet
from alphasync.services.signing import NOBODY_ELSE, Signing, Trust

ID_MAX = 128
"""Characters of an operator, team or profile id."""
TOKEN_MAX = 8192
"""Characters. A longer one is refused before it is looked at."""
INLINE_MAX = 1024
"""Characters of profile ids in a token of ours: headers and cookies take some 4,000 in all."""
_SIGN_IN = re.compile(r"as1\.[A-Za-z0-9_-]{22}")
LEEWAY = 5.0
"""Seconds by which the clock of who mints a token may be ahead of ours; its end has none."""
KNOWN_TTL = 30 * 86400
"""Seconds after its end that a token still shows that its device is a known one."""
NUMBER_MAX = 2**53
"""What a number in JSON is exact up to."""
BEARER = "bearer "


class InvalidToken(AlphasyncError):
    """The token is not ours, has expired, or cannot be read: lead the operator to the sign-in."""

    code = "invalid_token"
    default_message = "Invalid authentication token"


class MissingToken(AlphasyncError):
    """There is no token: lead the operator to the sign-in."""

    code = "missing_token"
    default_message = "Authentication token required"


class Claims(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is read of a token; other registered claims may stand beside it."""

    operator_id: str | int | UnsetType = UNSET
    """Who it is; without it that is ``sub``."""
    sub: str | int | UnsetType = UNSET
    exp: int | float
    email: str | None = None
    profiles: list[str | int] | None = None
    role: str | None = None
    team: str | int | None = None
    jti: str | None = None
    sid: Any = None
    sid_at: Any = None
    iat: Any = None
    profiles_kept: Any = None


def given(value: object) -> str | None:
    """The token that a client gave, without white space around it; None for none.

    Raises InvalidToken for a text that can be none.
    """
    token = value.strip() if isinstance(value, str) else ""
    if len(token) > TOKEN_MAX or not (token.isascii() and token.isprintable()):
        raise InvalidToken
    return token or None


def bearer(header: object) -> str | None:
    """The token of an ``Authorization`` header; None for none. Raises InvalidToken."""
    if not isinstance(header, str) or header[: len(BEARER)].lower() != BEARER:
        return None
    return given(header[len(BEARER) :])


class Minted(NamedTuple):
    token: str
    identity: Identity
    """Whom it proves."""


class Tokens:
    """``secrets``: what signs first, and behind it what is taken besides. ``lifetime``: seconds
    from a token's making to its end; ``leeway``: see LEEWAY. ``trust``: in whom else;
    ``key_set``: in whom besides, as it says at that time."""

    def __init__(
        self,
        secrets: tuple[str, ...],
        lifetime: float,
        leeway: float = LEEWAY,
        trust: Trust = NOBODY_ELSE,
        key_set: KeySet | None = None,
    ) -> None:
        self._signing = Signing(secrets, leeway, trust, key_set)
        self._lifetime = lifetime

    def mint(
        self,
        operator_id: str,
        *,
        email: str | None = None,
        profiles: Collection[str] | None = None,
        team: str | None = None,
        role: Role | None = None,
        lifetime: float | None = None,
        sign_in: str = "",
        begun_at: int = 0,
    ) -> Minted:
        """A token valid for ``lifetime`` seconds (default: the setting).

        One of a login does not carry profiles that make it too long for a header. Raises
        InvalidToken for ids that no token can have.
        """
        now = time.time()
        return self._signed(
            Claims(
                operator_id=operator_id,
                exp=int(now + (self._lifetime if lifetime is None else lifetime)),
                email=email,
                profiles=list(profiles) if profiles is not None else None,
                team=team,
                role=role,
                sid=sign_in or None,
                sid_at=begun_at or None,
                iat=int(now),
            ),
        )

    def _signed(self, claims: Claims) -> Minted:
        if claims.sid is not None and len("".join(map(str, claims.profiles or ()))) > INLINE_MAX:
            # None at all for whoever does not know the other claim.
            claims = msgspec.structs.replace(claims, profiles=[], profiles_kept=True)
        claims = msgspec.structs.replace(claims, jti=secrets.token_hex(8))
        token = self._signing.sign(msgspec.to_builtins(claims))
        return Minted(token, _identity(claims, token))

    def verify(self, token: str) -> Identity:
        """Who the token proves. Raises InvalidToken, whatever is wrong with it."""
        return self._read(token, late=0.0)

    async def prove(self, token: str) -> Identity:
        """As ``verify``, but where it names a key that is not known, that is looked for first: for
        two seconds at most, and not each time. Raises InvalidToken."""
        try:
            return self.verify(token)
        except InvalidToken:
            if not await self._signing.seek(token):
                raise
        return self.verify(token)

    def _read(self, token: str, late: float) -> Identity:
        """``late``: seconds for which the token may have ended before."""
        try:
            read = self._signing.read(token, late)
            claims = msgspec.convert(read.claims, Claims)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, OverflowError) as error:
            raise InvalidToken from error
        if claims.exp > NUMBER_MAX:
            raise InvalidToken
        if not read.ours:
            # Nobody else makes logins of ours: theirs are none, whatever they are called.
            claims = msgspec.structs.replace(claims, sid=None, sid_at=None)
        who = _identity(claims, token)
        # The leeway is for the beginning. The end is the whole second at which sessions are cut:
        # none begins in the rest of it.
        if who.expires_at + late <= time.time():
            raise InvalidToken
        return who

    def recognise(self, token: str) -> Identity | None:
        """Whom a token has proven that may have ended since, no longer ago than KNOWN_TTL; None
        where it has proven nobody. It lets nobody in."""
        try:
            return self._read(token, late=KNOWN_TTL)
        except InvalidToken:
            return None

    def is_ours(self, token: str) -> bool:
        """Of one that proves somebody: whether a key of ours has signed it."""
        return self._signing.is_ours(token)

    def refresh(self, who: Identity, lives: float | None) -> Minted:
        """A fresh token that says the same, with an end of its own.

        ``lives``: seconds that its login has; None for a token that no login made, which gets no
        more than it had.
        """
        now = time.time()
        ends = who.expires_at if lives is None else int(now + min(lives, self._lifetime))
        claims = Claims(
            operator_id=who.operator_id,
            exp=ends,
            email=who.email,
            profiles=sorted(who.profiles) if who.profiles is not None else None,
            team=who.team,
            role=who.role,
            sid=who.sign_in or None,
            sid_at=(who.begun_at or None) if who.sign_in else None,
            # One that no login made stays as old as it is: it is void with those of its time.
            iat=int(now) if who.sign_in else (who.begun_at // 1000 or None),
            profiles_kept=who.profiles_kept or None,
        )
        return self._signed(claims)


def _identity(claims: Claims, token: str) -> Identity:
    """Who is meant. Raises InvalidToken for ids that cannot be used."""
    # A service whose subjects are its own has a claim for our names, and means that.
    subject = claims.sub if claims.operator_id is UNSET else claims.operator_id
    if subject is UNSET:
        raise InvalidToken
    operator_id = _id(subject)
    team = _id(claims.team) if claims.team is not None else None
    try:
        role = role_of(claims.role, team)
    except ValueError:
        raise InvalidToken from None
    sign_in = claims.sid if is_sign_in(claims.sid) else ""
    return Identity(
        operator_id=operator_id,
        account=account_of(operator_id, team),
        email=claims.email,
        expires_at=int(claims.exp),
        token_hash=hashlib.sha256(token.encode()).hexdigest()[:32],
        profiles=(
            frozenset(_id(profile) for profile in claims.profiles)
            if claims.profiles is not None
            else None
        ),
        role=role,
        team=team,
        sign_in=sign_in,
        begun_at=_whole(claims.sid_at) if sign_in else _whole(claims.iat) * 1000,
        profiles_kept=bool(sign_in) and claims.profiles_kept is True,
    )


def _id(value: str | int) -> str:
    text = str(value)
    if not 1 <= len(text) <= ID_MAX or not text.isprintable():
        raise InvalidToken
    return text


def _whole(value: object) -> int:
    """A number of a claim; 0 for what is none."""
    fits = isinstance(value, int | float) and 0 <= value <= NUMBER_MAX
    return int(value) if fits and isinstance(value, int | float) else 0


def new_sign_in() -> str:
    """The name of a login."""
    return f"as1.{secrets.token_urlsafe(16)}"


def is_sign_in(sid: object) -> bool:
    """Whether a ``sid`` claim is a login of ours: other services have theirs in the same claim."""
    return isinstance(sid, str) and _SIGN_IN.fullmatch(sid) is not None
