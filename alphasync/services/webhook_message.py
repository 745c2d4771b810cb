"""What a webhook is sent, and the proof of who sends it: Standard Webhooks, version 1."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from cryptography.fernet import InvalidToken, MultiFernet

from alphasync.services.sealing import cipher_of, opens

BEGINNING = "whsec_"
"""Of every secret: who finds it in a file or a log knows what it is."""
SECRET_BYTES = 32
PING = "ping"

_INTEGERS = (
    *("started_at", "total", "sent", "skipped", "failed", "uncertain", "cycle", "past_sent"),
    *("past_failed", "past_uncertain"),
)
_NAMES = {
    "run_id": "runId",
    "profile": "profileId",
    "type": "type",
    "outcome": "outcome",
    "why": "why",
    "operator": "operatorId",
    "device": "deviceId",
    "device_name": "deviceName",
    "stopped_by": "stoppedBy",
    "plan": "planId",
    "reason": "reason",
    "code": "code",
    "started_at": "startedAt",
    "total": "total",
    "sent": "sent",
    "skipped": "skipped",
    "failed": "failed",
    "uncertain": "uncertain",
    "cycle": "cycle",
}
"""What is put down (outbox.lua) to what is told."""
_TOTALS = {"sent": "past_sent", "failed": "past_failed", "uncertain": "past_uncertain"}


class Secrets:
    """Makes the webhooks' secrets, and keeps them encrypted. ``keys``: what encrypts first, and
    behind it what may have encrypted what is kept."""

    def __init__(self, keys: Sequence[str]) -> None:
        ciphers = [cipher_of(key, b"alphasync webhooks") for key in keys]
        self._newest = ciphers[0]
        self._all = MultiFernet(ciphers)

    def make(self) -> tuple[str, bytes]:
        """One to be shown once, and as it is kept."""
        secret = BEGINNING + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
        return secret, self._newest.encrypt(secret.encode())

    def open(self, sealed: str) -> str | None:
        """None for what was encrypted by a key that is no more."""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None

    def renewed(self, sealed: str) -> bytes | None:
        """As it is to be kept from now on; None where it is kept so already."""
        if opens(self._newest, sealed.encode()):
            return None
        return self._all.rotate(sealed.encode())


def signature(secret: str, message: str, at: int, body: bytes) -> str:
    """``at``: seconds since the Unix epoch."""
    key = base64.b64decode(secret.removeprefix(BEGINNING))
    signed = f"{message}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def body_of(kind: str, at: int, data: str) -> bytes:
    """``at``: when it was put down, ms since the Unix epoch; ``data``: as it was. What is told once
    more is of its first time."""
    put_down = msgspec.json.decode(data, type=dict[str, Any])
    at = int(put_down.get("at", at))
    said = {
        "type": kind,
        "timestamp": datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds"),
        "data": {} if kind == PING else _of_run(put_down),
    }
    return msgspec.json.encode(said)


def _of_run(put_down: dict[str, Any]) -> dict[str, Any]:
    for name in _INTEGERS:
        if name in put_down:
            put_down[name] = int(put_down[name])
    told: dict[str, Any] = {
        shown: put_down[name] for name, shown in _NAMES.items() if name in put_down
    }
    told["detached"] = put_down.get("detached") == "1"
    if "cycle" in told:
        told["totals"] = {
            name: told.get(name, 0) + put_down.get(past, 0) for name, past in _TOTALS.items()
        }
    return told
