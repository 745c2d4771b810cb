"""What all servers on one Redis must agree on: a look at the others when a server registers."""

import hashlib
import hmac

import msgspec
import structlog

from alphasync.membership.holdings import NOTES_TTL
from alphasync.store import keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.server_calls import terms_tell

FINGERPRINT = b"alphasync: which secret is it"
FINGERPRINT_DIGITS = 16

log = structlog.get_logger(__name__)


class Terms(msgspec.Struct, frozen=True):
    """By the names of the settings. The secret as a keyed digest, which tells nothing of it."""

    JWT_SECRET: str
    LOCK_TTL: float
    RUN_TTL: float
    DRAFT_TTL: float
    DEVICE_TTL: float
    BLOCKLIST_TTL: float

    def differing(self, other: "Terms") -> list[str]:
        """The settings that are not the same."""
        return [
            name for name in self.__struct_fields__ if getattr(self, name) != getattr(other, name)
        ]


def terms_of(secret: str, lifetimes: Lifetimes) -> Terms:
    digest = hmac.new(secret.encode(), FINGERPRINT, hashlib.sha256).hexdigest()
    return Terms(
        JWT_SECRET=digest[:FINGERPRINT_DIGITS],
        LOCK_TTL=lifetimes.lock,
        RUN_TTL=lifetimes.run,
        DRAFT_TTL=lifetimes.draft,
        DEVICE_TTL=lifetimes.device,
        BLOCKLIST_TTL=lifetimes.sent,
    )


class Agreement:
    def __init__(self, scripts: Scripts, terms: Terms) -> None:
        self._scripts = scripts
        self._terms = terms
        self._said: set[str] = set()

    async def tell(self, server: str) -> list[str]:
        """Say this server's terms, and warn of the settings in which live ones differ: while a
        secret or a lifetime is changed server by server they do. Returns those settings."""
        answer = await self._scripts.call(
            terms_tell(
                keys.TermKeys(keys.LEASES, keys.TERMS),
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
