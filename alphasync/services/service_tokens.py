"""Service tokens: by them a backend does what its role allows, without anybody signed in.

Each is a login of its own. It has what the gateway gave to the login that it was made with, and
lasts whatever becomes of that one. Redis has a hash of its secret; it names its account, so that
one look into that account's keys finds it, and whoever makes one up gets no further.
"""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import unquote

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.domain.roles import Role, is_above
from alphasync.errors import (
    NotAllowed,
    SignedOut,
    TooManyServiceTokens,
    UnknownProfile,
    UnknownServiceToken,
)
from alphasync.protocol import packets
from alphasync.services.audit import acting
from alphasync.services.tokens import InvalidToken
from alphasync.services.upstream import ENDED_LOGIN_GRACE, Origin, Upstream, lines, profiles_in
from alphasync.store import key_groups, keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.token_calls import token_make, token_revoke, token_use

BEGINNING = "ast_"
"""Of every one: who finds it in a file or a log knows what it is."""
ID_BEGINNING = "ast."
"""Of the id of every one, by which it is told from other logins."""
USE_NOTED_INTERVAL = 60.0
"""Seconds after which it is noted again that one is in use: each call would write otherwise."""
NEVER = 2**53
"""Seconds: when one ends that has no end."""
REVOKED = "The service token that it was started with was revoked"
"""Why a run is interrupted, for people."""
_FORM = re.compile(r"ast_([a-z2-7]+)_([0-9a-f]{16})_([0-9a-f]{64})")


class Made(NamedTuple):
    token: str
    """To be shown once: nobody can make it out again."""
    id: str
    at: int
    """ms since the Unix epoch, by Redis' clock."""
    ends: int | None
    """The same; None for one that has no end."""


class Listed(NamedTuple):
    """Times in ms since the Unix epoch, by Redis' clock."""

    id: str
    name: str
    role: Role
    profiles: list[str] | None
    """None for all of the account."""
    operator_id: str
    """Who made it."""
    made_at: int
    used_at: int | None
    """When it was used last, within a minute or so."""
    ends: int | None

    def is_within(self, profiles: frozenset[str] | None) -> bool:
        """Whether it is for none but these."""
        if profiles is None:
            return True
        return self.profiles is not None and profiles.issuperset(self.profiles)


class _Parts(NamedTuple):
    account: str
    id: str
    secret: str
    """A hash."""


class ServiceTokens:
    """``most``: of one account; ``lasts``: seconds for which it is known that one was revoked."""

    def __init__(
        self, scripts: Scripts, pipeline: Pipeline, upstream: Upstream, most: int, lasts: float
    ) -> None:
        self._scripts = scripts
        self._pipeline = pipeline
        self._upstream = upstream
        self._most = most
        self._lasts = round(lasts * 1000)

    async def make(
        self,
        who: Identity,
        name: str,
        role: Role,
        profiles: Collection[str] | None,
        lifetime: int | None,
        address: str,
    ) -> Made:
        """Make one that acts for this operator. ``profiles`` None: all that they may use;
        ``lifetime``: seconds, None for until it is revoked; ``address``: from where it is made.

        Raises NotAllowed, UnknownProfile, TooManyServiceTokens and SignedOut.
        """
        if is_above(role, who.role):
            raise NotAllowed("A service token has no role above that of who makes it")
        if profiles is None:
            profiles = who.profiles
        elif not all(map(who.may_see, profiles)):
            raise UnknownProfile
        digits, secret = secrets.token_hex(8), secrets.token_hex(32)
        id_, names = ID_BEGINNING + digits, keys.of_account(who.account)
        answer = await self._scripts.call(
            token_make(
                key_groups.NewTokenKeys(
                    signin=names.signin(id_),
                    tokens=names.tokens,
                    maker=names.signin(who.sign_in),
                    sign_in=who.sign_in,
                    signed_out=names.signed_out(who.operator_id),
                    record=names.record,
                    devices=names.devices,
                ),
                begun_at=who.begun_at,
                id=id_,
                secret=_hash(secret),
                operator=who.operator_id,
                role=role,
                name=name,
                limited="" if profiles is None else "1",
                profiles=lines(profiles or ()),
                origin=self._upstream.sealed(Origin(who.email or "", address)),
                lifetime="" if lifetime is None else lifetime * 1000,
                linger=round(ENDED_LOGIN_GRACE * 1000),
                most=self._most,
                by=acting(who),
            )
        )
        if answer.outcome == "FULL":
            raise TooManyServiceTokens
        if answer.outcome == "SIGNED_OUT":
            raise SignedOut
        token = f"{BEGINNING}{_written(who.account)}_{digits}_{secret}"
        return Made(token, id_, answer.number(1), _time(answer.text(2)))

    async def listed(self, who: Identity) -> list[Listed]:
        """Newest first, those that are for no profile that is not theirs. There are few."""
        names = keys.of_account(who.account)
        found = Answer([await self._pipeline.submit("ZREVRANGE", names.tokens, 0, -1)]).texts(0)
        records = await self._scripts.hashes([names.signin(id_) for id_ in found])
        listed = [
            Listed(
                id=id_,
                name=record["name"],
                role=Role(record["role"]),
                profiles=sorted(profiles_in(record["profiles"])) if record["limited"] else None,
                operator_id=record["operator"],
                made_at=int(record["opened"]),
                used_at=_time(record["seen"]),
                ends=_time(record["ends"]),
            )
            for id_, record in zip(found, records, strict=True)
            if record  # one that has run out is listed until the next one is made
        ]
        return [each for each in listed if each.is_within(who.profiles)]

    async def revoke(self, who: Identity, id_: str) -> None:
        """No server takes it from now on, and the runs that it has started are interrupted. Raises
        UnknownServiceToken, also for one that is for profiles that are not theirs."""
        names = keys.of_account(who.account)
        found = [each for each in await self.listed(who) if each.id == id_]
        if not found:
            raise UnknownServiceToken
        operator_id = found[0].operator_id
        interrupted = events.ProcessingInterrupted(reason=REVOKED, code=SignedOut.code)
        call = token_revoke(
            key_groups.RevokedKeys(
                channel=names.channel,
                meta=names.meta,
                log=names.log,
                runs=names.runs,
                signin=names.signin(id_),
                tokens=names.tokens,
                signed_out=names.signed_out(operator_id),
                record=names.record,
                devices=names.devices,
            ),
            id=id_,
            lasts=self._lasts,
            reason=interrupted.reason,
            interrupted_head=packets.head(interrupted),
            by=acting(who),
        )
        answer = await self._scripts.call(call)
        if answer.outcome == "UNKNOWN":
            raise UnknownServiceToken
        while answer.outcome == "MORE":
            # UNKNOWN from now on: somebody else has revoked it as well, to the end.
            answer = await self._scripts.call(call)

    async def identify(self, token: str) -> Identity:
        """Who one is. Raises InvalidToken, whatever is wrong with it, and StoreUnavailable."""
        parts = _parts(token)
        name = key_groups.SignInKeys(keys.of_account(parts.account).signin(parts.id))
        answer = await self._scripts.call(
            token_use(name, secret=parts.secret, noted_every=round(USE_NOTED_INTERVAL * 1000))
        )
        if answer.outcome == "UNKNOWN":
            raise InvalidToken
        await self._upstream.keep_readable(parts.account, parts.id)
        ends = _time(answer.text(6))
        kind, _, owner = parts.account.partition(":")
        return Identity(
            operator_id=answer.text(1),
            account=parts.account,
            email=None,
            expires_at=NEVER if ends is None else ends // 1000,
            token_hash=_hash(token)[:32],
            profiles=profiles_in(answer.text(4)) if answer.text(3) else None,
            role=Role(answer.text(2)),
            team=unquote(owner) if kind == "t" else None,
            sign_in=parts.id,
            begun_at=answer.number(5),
        )


def is_service_token(token: str) -> bool:
    """Whether it is meant as one; whether it is any is said by ``ServiceTokens.identify``."""
    return token.startswith(BEGINNING)


def is_of_service_token(sign_in: str) -> bool:
    """Whether the login of a run or a plan is one."""
    return sign_in.startswith(ID_BEGINNING)


def _parts(token: str) -> _Parts:
    """Raises InvalidToken."""
    found = _FORM.fullmatch(token)
    if found is None:
        raise InvalidToken
    account, digits, secret = found.groups()
    try:
        name = base64.b32decode(account.upper() + "=" * (-len(account) % 8)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise InvalidToken from None
    # One name is written in one way, and holds nothing that ends a hash tag.
    if _written(name) != account or not re.fullmatch(r"[ot]:[A-Za-z0-9_.~%-]+", name):
        raise InvalidToken
    return _Parts(name, ID_BEGINNING + digits, _hash(secret))


def _written(account: str) -> str:
    return base64.b32encode(account.encode()).decode().rstrip("=").lower()


def _hash(secret: str) -> str:
    """Of 32 random bytes, which nobody finds by trying: no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _time(text: str) -> int | None:
    return int(text) if text else None
