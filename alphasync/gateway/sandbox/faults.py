"""The switches that make the sandbox misbehave, and what they decide for a message. No I/O.

As JSON (`GET` and `PUT /faults`, and `PATCH` to change some), all optional:

    {"latency": 0.2,          seconds before a message is handled
     "refuse": ["17"],        these recipients, or (0.1) a share of all: 422
     "rateLimit": {"everyNth": 5, "retryAfter": 2},
     "errors": {"everyNth": 7, "status": 500, "afterRecording": true},
     "drop": {"everyNth": 9, "afterRecording": false},
     "status": 403,           this answer to every message
     "idempotency": false,    keys do nothing and are not declared
     "repeat": "conflict",    409 for a key that comes again, "sent" or still under way; not the
                              first answer once more
     "seed": 1}               which recipients a share means

"Every nth" counts the messages that reach the sandbox; setting the switches starts again at one.
"""

from hashlib import sha256
from typing import Annotated, Literal

import msgspec

from alphasync.nesting import decode_json

Nth = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class FaultsError(ValueError):
    """Switches that do not exist or cannot be set so; the text names the one."""


class RateLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Answer every nth message with 429 and this Retry-After."""

    every_nth: Nth
    retry_after: Seconds = 1.0


class Errors(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Answer every nth message with a 5xx, before or after the message was recorded."""

    every_nth: Nth
    status: Annotated[int, msgspec.Meta(ge=500, le=599)] = 500
    after_recording: bool = False


class Drop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Cut every nth message's connection, before or after the message was recorded."""

    every_nth: Nth
    after_recording: bool = False


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """All switches. The defaults are a gateway that works."""

    latency: Seconds = 0.0
    refuse: tuple[str, ...] | Annotated[float, msgspec.Meta(ge=0, le=1)] = ()
    rate_limit: RateLimit | None = None
    errors: Errors | None = None
    drop: Drop | None = None
    # No 2xx: it would claim a delivery that is not on the list.
    status: Annotated[int, msgspec.Meta(ge=300, le=599)] | None = None
    idempotency: bool = True
    repeat: Literal["replay", "conflict"] = "replay"
    seed: int = 0


class Verdict(msgspec.Struct, frozen=True):
    """What happens to one message. `kind` "pass": it is recorded and answered as always."""

    kind: Literal["pass", "answer", "drop"]
    status: int = 0
    after_recording: bool = False
    retry_after: float | None = None


PASS = Verdict("pass")


def parse_faults(body: bytes | str) -> Faults:
    """All switches from JSON; what is absent has its default. Raises FaultsError."""
    try:
        return decode_json(body, Faults)
    except (msgspec.DecodeError, ValueError) as error:
        raise FaultsError(str(error)) from error


def patch_faults(faults: Faults, body: bytes | str) -> Faults:
    """`faults` with the switches that `body` names replaced as a whole. Raises FaultsError."""
    try:
        changes = decode_json(body, dict[str, msgspec.Raw])
    except (msgspec.DecodeError, ValueError) as error:
        raise FaultsError(str(error)) from error
    present = msgspec.json.decode(msgspec.json.encode(faults), type=dict[str, msgspec.Raw])
    return parse_faults(msgspec.json.encode(present | changes))


class FaultCounter:
    """The switches together with the count of messages seen since they were set."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._count = 0

    @property
    def faults(self) -> Faults:
        """The switches; setting them starts the count again."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        self._count = 0

    def judge(self, recipient_id: str) -> Verdict:
        """Count one message and decide on it. Where several switches apply, the first of status,
        rateLimit, drop, errors and refuse does.
        """
        self._count += 1
        faults = self._faults
        if faults.status is not None:
            return Verdict("answer", faults.status)
        if (limit := faults.rate_limit) and self._is_nth(limit.every_nth):
            return Verdict("answer", 429, retry_after=limit.retry_after)
        if (drop := faults.drop) and self._is_nth(drop.every_nth):
            return Verdict("drop", after_recording=drop.after_recording)
        if (errors := faults.errors) and self._is_nth(errors.every_nth):
            return Verdict("answer", errors.status, after_recording=errors.after_recording)
        if refuses(faults, recipient_id):
            return Verdict("answer", 422)
        return PASS

    def _is_nth(self, every_nth: int) -> bool:
        return self._count % every_nth == 0


def refuses(faults: Faults, recipient_id: str) -> bool:
    """Whether `refuse` means this recipient: by name, or by a hash, so always the same ones."""
    if isinstance(faults.refuse, tuple):
        return recipient_id in faults.refuse
    digest = sha256(f"{faults.seed}:{recipient_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < faults.refuse
