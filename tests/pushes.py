"""A push service of the tests' own, and browsers that read what comes through it."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alphasync.services.push_message import CURVE, POINT, SALT, _derive, _raw, encode
from tests.receiver import receiver


class Browser:
    """The keys of one subscription."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(CURVE)
        self._secret = os.urandom(16)
        self.p256dh = encode(_raw(self._key.public_key()))
        self.auth = encode(self._secret)

    def read(self, message: bytes) -> bytes:
        """The text of a message. Raises InvalidTag for one of another browser."""
        salt, rest = message[:SALT], message[SALT + 5 :]
        theirs, record = rest[:POINT], rest[POINT:]
        sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs)
        info = b"WebPush: info\0" + _raw(self._key.public_key()) + theirs
        material = _derive(self._key.exchange(ec.ECDH(), sender), self._secret, info, 32)
        key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
        return AESGCM(key).decrypt(nonce, record, None).removesuffix(b"\2")


class PushService:
    """Takes messages under ``/NAME``, and keeps them with their headers. ``answers``: what it says
    to each from now on, the last one for good; ``speaks``: it says nothing to those of ``silent``
    until that is set."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers = [201]
        self.silent: set[str] = set()
        self.speaks = asyncio.Event()

    def messages(self, name: str, browser: Browser) -> list[dict[str, Any]]:
        """What a browser was told under its name."""
        sent = [body for to, _, body in self.got if to == name]
        return [msgspec.json.decode(browser.read(body)) for body in sent]

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.match_info["name"], dict(request.headers), await request.read()))
        if request.match_info["name"] in self.silent:
            await self.speaks.wait()
        status = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        return web.Response(status=status, headers={"Location": "/elsewhere"})


@contextlib.asynccontextmanager
async def push_service() -> AsyncIterator[PushService]:
    service = PushService()
    async with receiver(service.take) as service.url:
        try:
            yield service
        finally:
            service.speaks.set()
