"""What all servers on one Redis must agree on: a look at the others when a server registers."""

import hashlib
import hmac

import msgspec
import structlog

from alphasync.membership.holdings import NOTES_TTL
from alphasync.store import key_groups, keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.server_calls import terms_tell

FINGERPRINT = b"alphasync: which secret is it"
FINGERPRINT_DIGITS = 16

log = structlog.get_logger(__name__)


class Terms(msgspec.Struct, frozen=True):
    """By the names of the settings. A key as a keyed digest, which tells nothing of it."""

    JWT_SECRET: str
    """The key that signs."""
    LOCK_TTL: float
    RUN_TTL: float
    DRAFT_TTL: float
    DEVICE_TTL: float
    BLOCKLIST_TTL: float
    OLDER_KEYS: tuple[str, ...] = ()
    """The other keys of JWT_SECRET. Not in what an earlier version says, which has none."""
    JWT_AUDIENCE: tuple[str, ...] = ()
    JWT_ISSUER: tuple[str, ...] = ()

    def differing(self, other: "Terms") -> list[str]:
        """The settings that do not go together. Of keys it is enough that each of the two servers
        takes what the other signs: else none could be changed server by server."""
        found = [] if self._takes(other) and other._takes(self) else ["JWT_SECRET"]
        alike = set(self.__struct_fields__) - {"JWT_SECRET", "OLDER_KEYS"}
        return found + [n for n in alike if getattr(self, n) != getattr(other, n)]

    def _takes(self, other: "Terms") -> bool:
        return other.JWT_SECRET in (self.JWT_SECRET, *self.OLDER_KEYS)


def terms_of(
    secrets: tuple[str, ...],
    lifetimes: Lifetimes,
    audience: tuple[str, ...] = (),
    issuer: tuple[str, ...] = (),
) -> Terms:
    signs, *older = map(_fingerprint, secrets)
    return Terms(
        JWT_SECRET=signs,
        OLDER_KEYS=tuple(older),
        JWT_AUDIENCE=audience,
        JWT_ISSUER=issuer,
        LOCK_TTL=lifetimes.lock,
        RUN_TTL=lifetimes.run,
        DRAFT_TTL=lifetimes.draft,
        DEVICE_TTL=lifetimes.device,
        BLOCKLIST_TTL=lifetimes.sent,
    )


def _fingerprint(secret: str) -> str:
    return hmac.new(secret.encode(), FINGERPRINT, hashlib.sha256).hexdigest()[:FINGERPRINT_DIGITS]


class Agreement:
    def __init__(self, scripts: Scripts, terms: Terms) -> None:
        self._scripts = scripts
        self._terms = terms
        self._said: set[str] = set()

    async def tell(self, server: str) -> list[str]:
        """Say this server's terms, and warn of the settings in which live ones differ: while a
        lifetime is changed server by server they do. Returns those settings."""
        answer = await self._scripts.call(
            terms_tell(
                key_groups.TermKeys(keys.LEASES, keys.TERMS),
                server=server,
                own=msgspec.json.encode(self._terms),
                keep=NOTES_TTL * 1000,
            )
        )
        differing: set[str] = set()
        for raw in answer.texts(2):
            try:
                other = msgspec.json.decode(raw, type=Terms)
            except msgspec.DecodeError:  # of another version, which agrees on other things
                continue
            differing.update(self._terms.differing(other))
        if differing and differing != self._said:
            log.warning(
                "another server on this Redis has other settings: set them alike on all",
                settings=sorted(differing),
            )
        self._said = differing
        return sorted(differing)
