"""Operators' tokens for the gateway: kept here, encrypted, and never shown to a browser."""

import base64
import hashlib
import secrets

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from alphasync.domain.identity import Identity
from alphasync.store import keys
from alphasync.store.pipeline import Pipeline
from alphasync.store.scripts import Scripts


class HandleOwner(msgspec.Struct, frozen=True):
    """Whose an ``alphaDateToken`` is."""

    account: str
    operator_id: str


class Upstream:
    def __init__(self, scripts: Scripts, pipeline: Pipeline, secret: str, lifetime: float) -> None:
        self._scripts = scripts
        self._pipeline = pipeline
        self._lifetime_ms = round(lifetime * 1000)
        derived = HKDF(SHA256(), 32, salt=None, info=b"alphasync upstream tokens")
        self._fernet = Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))

    async def keep(self, who: Identity, token: str) -> str:
        """Keep the operator's gateway token; returns an opaque handle for it."""
        handle = secrets.token_urlsafe(32)
        owner = HandleOwner(account=who.account, operator_id=who.operator_id)
        name = keys.of_account(who.account).upstream(who.operator_id)
        encrypted = self._fernet.encrypt(token.encode())
        lifetime = str(self._lifetime_ms)
        await self._pipeline.submit("SET", name, encrypted, "PX", lifetime)
        await self._pipeline.submit(
            "SET", keys.handle(_digest(handle)), msgspec.msgpack.encode(owner), "PX", lifetime
        )
        return handle

    async def owner(self, handle: str) -> HandleOwner | None:
        """Whose the handle is; None for one that is not known. One that is used stays."""
        name = keys.handle(_digest(handle))
        raw = await self._pipeline.submit("GETEX", name, "PX", str(self._lifetime_ms))
        return msgspec.msgpack.decode(raw, type=HandleOwner) if isinstance(raw, bytes) else None

    async def token(self, account: str, operator_id: str) -> str | None:
        """The operator's gateway token; None when there was no login or it has run out."""
        raw = await self._pipeline.submit("GET", keys.of_account(account).upstream(operator_id))
        if not isinstance(raw, bytes):
            return None
        try:
            return self._fernet.decrypt(raw).decode()
        except InvalidToken:
            return None  # encrypted with a secret that has been changed since

    async def prolong(self, who: Identity) -> None:
        """Keep the gateway token for as long as a token minted now."""
        name = keys.of_account(who.account).upstream(who.operator_id)
        await self._pipeline.submit("PEXPIRE", name, str(self._lifetime_ms))


def _digest(secret: str) -> str:
    """Names a secret without being it: a look into Redis shows nothing that can be used."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
