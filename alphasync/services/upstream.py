"""Operators' tokens for the gateway: kept here, encrypted, and never shown to a browser.

Each login has its own, with the profiles that it is for: another login of the same operator may be
for others. ``alphaDateToken`` names a login without being it, and so does the claim ``sid``.
"""

import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Collection
from typing import Literal, NamedTuple, TypeVar

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from alphasync.domain.identity import Identity
from alphasync.errors import SignInAgain
from alphasync.gateway.port import TokenRefused
from alphasync.services import tokens
from alphasync.services.audit import by
from alphasync.services.sealing import cipher_of, opens
from alphasync.store import key_groups, keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.login_calls import (
    signin_newest,
    signin_open,
    signin_prolong,
    signin_read,
    signin_reseal,
)

T = TypeVar("T")

ENDED_LOGIN_GRACE = 3600.0
"""Seconds that a run may still use a login after its end, as when another server takes it over."""
LOGINS_LOOKED_AT_MAX = 10
"""Newest logins of an operator among which another one is looked for."""
HANDLE_MAX = 2048
"""Characters."""


class UpstreamTimes(msgspec.Struct, frozen=True):
    """In seconds."""

    lifetime: float = 9 * 3600
    """Of a login that is not prolonged: that of its token."""
    lasts: float = 30 * 86400
    """Of one that is, from its making on."""


class SignIn(msgspec.Struct, frozen=True):
    """What a login got from the gateway. ``profiles`` None: all that the gateway has for it."""

    account: str
    sid: str
    """'' for one that was made before logins were kept apart."""
    operator_id: str
    token: str
    """'' for a service token that was made with a token that was signed elsewhere: the service's
    own stands for it."""
    profiles: frozenset[str] | None

    def may_see(self, profile_id: str) -> bool:
        return self.profiles is None or profile_id in self.profiles


class Origin(msgspec.Struct, frozen=True):
    """Who logged in, and from where: personal data, kept as long as the login, and encrypted, for
    ``AUDIT_TTL`` with each entry of the record that was made with it. There it is the same sealed
    text, with the e-mail address, which the record does not show, and under the key of its time."""

    email: str = ""
    address: str = ""
    """What counts as one client."""
    agent: str = ""
    """The browser and system."""


UNKNOWN = Origin()


class Opened(msgspec.Struct, frozen=True):
    sid: str
    lives: float
    """Seconds."""
    handle: str
    at: int
    """ms since the Unix epoch, by Redis' clock."""
    too_many: list[str]
    """The operator's oldest logins that are more than are kept: these are to be ended."""


class Prolonged(NamedTuple):
    """A login that was to live on. ``more``: whether it has more time by that: one whose end has
    come near has not."""

    lives: float
    """Seconds."""
    more: bool


class Candidate(msgspec.Struct, frozen=True):
    """Another login that may be used in the place of one whose token is refused."""

    key: str
    token: str

    @property
    def sid(self) -> str:
        return self.key.rpartition(":")[2]


class _Named(msgspec.Struct, frozen=True, array_like=True):
    """What a handle says."""

    account: str
    sid: str


class _FormerOwner(msgspec.Struct, frozen=True):
    """Whose a handle is that an earlier version made."""

    account: str
    operator_id: str


class Upstream:
    """``secrets``: what encrypts first, and behind it what may have encrypted what is kept.
    ``most``: logins of one operator that are kept."""

    def __init__(
        self,
        scripts: Scripts,
        pipeline: Pipeline,
        secrets: tuple[str, ...],
        times: UpstreamTimes,
        most: int = 200,
    ) -> None:
        self._scripts = scripts
        self._pipeline = pipeline
        self._times = times
        self._most = most
        self._newest, *older = _ciphers(secrets, b"alphasync upstream tokens")
        self._fernet = MultiFernet([self._newest, *older])
        self._has_older = bool(older)
        self._handles = MultiFernet(_ciphers(secrets, b"alphasync handles"))

    async def open(
        self,
        account: str,
        operator_id: str,
        token: str,
        profiles: Collection[str] | None,
        origin: Origin = UNKNOWN,
    ) -> Opened:
        """Keep what a login got."""
        sid = tokens.new_sign_in()
        answer = await self._scripts.call(
            signin_open(
                key_groups.of_sign_in(account, operator_id, sid),
                operator=operator_id,
                token=self._fernet.encrypt(token.encode()),
                limited="" if profiles is None else "1",
                profiles=lines(profiles or ()),
                origin=self.sealed(origin),
                lifetime=_ms(self._times.lifetime),
                lasts=_ms(self._times.lasts),
                linger=_ms(ENDED_LOGIN_GRACE),
                most=self._most,
                by=by(operator_id, sid),
            )
        )
        named = msgspec.msgpack.encode(_Named(account, sid))
        return Opened(
            sid=sid,
            lives=answer.number(1) / 1000,
            handle=self._handles.encrypt(named).decode(),
            at=answer.number(2),
            too_many=answer.texts(3),
        )

    def sealed(self, origin: Origin) -> bytes:
        """Encrypted, as it is kept."""
        return self._fernet.encrypt(msgspec.msgpack.encode(origin))

    def origin(self, encrypted: bytes) -> Origin:
        """What is on record of where a login came from; UNKNOWN for one of an earlier version, or
        of another secret."""
        try:
            return msgspec.msgpack.decode(self._fernet.decrypt(encrypted), type=Origin)
        except (InvalidToken, msgspec.MsgspecError):
            return UNKNOWN

    async def named(self, handle: str) -> SignIn:
        """The login of a handle. Raises SignInAgain when it has ended, InvalidToken for none."""
        try:
            raw = self._handles.decrypt(handle[:HANDLE_MAX].encode())
        except (InvalidToken, UnicodeEncodeError):
            return await self._former(handle)
        named = msgspec.msgpack.decode(raw, type=_Named)
        return await self._read(named.account, named.sid)

    async def of(self, account: str, sid: str) -> SignIn:
        """The login of a token. Raises SignInAgain when it has ended."""
        return await self._read(account, sid)

    async def of_plan(self, account: str, sid: str) -> SignIn:
        """The login of a plan, also where its operator has signed out since. Raises SignInAgain."""
        return await self._read(account, sid, "plan")

    async def ask(self, sign_in: SignIn, profile: str, call: Callable[[str], Awaitable[T]]) -> T:
        """Ask the gateway with the login's token; where it takes that no more, once with the newest
        of the same operator that is for as much. Raises SignInAgain, and what ``call`` does.

        ``profile``: the one that is asked about, or ''.
        """
        try:
            return await call(sign_in.token)
        except TokenRefused:
            other = await self.newest(
                sign_in.account, sign_in.operator_id, sign_in.sid, profile, ()
            )
            if other is None:
                raise SignInAgain from None
        try:
            return await call(other.token)
        except TokenRefused:
            raise SignInAgain from None

    async def completed(self, who: Identity) -> Identity:
        """With the profiles that its token could not carry. Raises SignInAgain."""
        if not who.profiles_kept:
            return who
        sign_in = await self._read(who.account, who.sign_in)
        return msgspec.structs.replace(who, profiles=sign_in.profiles, profiles_kept=False)

    async def prolong(self, who: Identity) -> Prolonged:
        """Let the login of a token live on. Raises SignInAgain."""
        name = keys.of_account(who.account).signin(who.sign_in)
        answer = await self._scripts.call(
            signin_prolong(
                key_groups.SignInKeys(name),
                lifetime=_ms(self._times.lifetime),
                linger=_ms(ENDED_LOGIN_GRACE),
            )
        )
        if answer.outcome == "GONE":
            raise SignInAgain
        await self.keep_readable(who.account, who.sign_in)
        return Prolonged(lives=answer.number(1) / 1000, more=answer.number(2) == 1)

    async def keep_readable(self, account: str, sid: str) -> None:
        """What lives on must outlive an older key: while there is one, have what is kept of a login
        encrypted with the newest."""
        if self._has_older:
            with contextlib.suppress(SignInAgain):
                await self._read(account, sid)

    async def for_run(self, account: str, operator_id: str, sid: str) -> str | None:
        """The token for a run that a login started, '' for the service's own; None when it has
        gone. Without ``sid`` that of an earlier version's login, if there was one."""
        if not sid:
            return await self._former_token(account, operator_id)
        try:
            return (await self._read(account, sid, "run")).token
        except SignInAgain:
            return None

    async def newest(
        self, account: str, operator_id: str, sid: str, profile: str, tried: Collection[str]
    ) -> Candidate | None:
        """The operator's newest login that is for this profile, or with '' for all of ``sid``'s;
        none of those that were tried."""
        names = keys.of_account(account)
        skipped = "".join(f"{key}\n" for key in (names.signin(sid), *tried))
        answer = await self._scripts.call(
            signin_newest(
                key_groups.of_sign_in(account, operator_id, sid),
                profile=profile,
                tried=skipped,
                most=LOGINS_LOOKED_AT_MAX,
            )
        )
        if answer.outcome == "NONE":
            return None
        token = self._decrypted(answer.text(2).encode())
        return Candidate(answer.text(1), token) if token is not None else None

    async def _read(
        self, account: str, sid: str, used_by: Literal["operator", "plan", "run"] = "operator"
    ) -> SignIn:
        name = key_groups.SignInKeys(keys.of_account(account).signin(sid))
        answer = await self._scripts.call(signin_read(name, used_by=used_by))
        kept = b"" if answer.outcome == "GONE" else answer.text(2).encode()
        none = answer.outcome == "OK" and not kept
        token = "" if none else self._decrypted(kept)
        if token is None:
            raise SignInAgain
        if kept and self._has_older and not opens(self._newest, kept):
            await self._reseal(name, kept, token)
        return SignIn(
            account=account,
            sid=sid,
            operator_id=answer.text(1),
            token=token,
            profiles=profiles_in(answer.text(4)) if answer.text(3) else None,
        )

    async def _reseal(self, name: key_groups.SignInKeys, was: bytes, token: str) -> None:
        """Encrypt what is kept of a login with the newest key."""
        kept = await self._pipeline.submit("HGET", name.signin, "origin")
        origin = self.origin(kept if isinstance(kept, bytes) else b"")
        await self._scripts.call(
            signin_reseal(
                name,
                was=was,
                token=self._newest.encrypt(token.encode()),
                origin=b"" if origin == UNKNOWN else self.sealed(origin),
            )
        )

    def _decrypted(self, encrypted: bytes) -> str | None:
        """None for what was encrypted with a key that has been dropped since."""
        try:
            return self._fernet.decrypt(encrypted).decode()
        except InvalidToken:
            return None

    # What an earlier version kept: it runs out by itself.

    async def _former(self, handle: str) -> SignIn:
        raw = await self._pipeline.submit("GET", keys.handle(_digest(handle)))
        if not isinstance(raw, bytes):
            raise tokens.InvalidToken("Sign in to see this")
        owner = msgspec.msgpack.decode(raw, type=_FormerOwner)
        token = await self._former_token(owner.account, owner.operator_id)
        if token is None:
            raise SignInAgain
        return SignIn(owner.account, "", owner.operator_id, token, None)

    async def _former_token(self, account: str, operator_id: str) -> str | None:
        raw = await self._pipeline.submit("GET", keys.of_account(account).upstream(operator_id))
        return self._decrypted(raw) if isinstance(raw, bytes) else None


def _ciphers(secrets: tuple[str, ...], purpose: bytes) -> list[Fernet]:
    return [cipher_of(secret, purpose) for secret in secrets]


def lines(profiles: Collection[str]) -> str:
    """Each between line feeds, so that one is found whole; an id has none in it."""
    return "\n".join(("", *sorted(profiles), ""))


def profiles_in(text: str) -> frozenset[str]:
    """What was written so."""
    return frozenset(text.strip("\n").split("\n")) - {""}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _digest(secret: str) -> str:
    """Names a secret without being it: a look into Redis shows nothing that can be used."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
