"""Somebody who signs tokens elsewhere, and says by https with what."""

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from tests.faults.test_redis_tls import self_signed

Answer = tuple[int, str, dict[str, str]]
"""Status, text and headers."""


class KeyServer:
    """``keys``: by name, those in its set; ``answer``: what it says instead."""

    def __init__(self, *names: str) -> None:
        self.url = ""
        self.ca_file = Path()
        self.keys: dict[str, Ed25519PrivateKey] = {}
        self.asked = 0
        self.answer: Answer | None = None
        self.speaks = asyncio.Event()
        self.speaks.set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        self.keys[name] = Ed25519PrivateKey.generate()

    def text(self) -> str:
        found = [
            {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": name}
            for name, key in self.keys.items()
        ]
        return json.dumps({"keys": found})

    def token(self, name: str, kid: str = "", **said: Any) -> str:
        """Signed with this key, which may be called by another name."""
        claims = {"sub": "demo", "exp": int(time.time()) + 600, **said}
        return jwt.encode(claims, self.keys[name], "EdDSA", headers={"kid": kid or name})

    def settings(self) -> dict[str, Any]:
        return {"jwt_jwks": self.url, "jwt_jwks_ca_file": self.ca_file}

    async def handle(self, _: web.Request) -> web.Response:
        self.asked += 1
        await self.speaks.wait()
        status, text, headers = self.answer or (200, self.text(), {})
        return web.Response(status=status, text=text, headers=headers)

    async def elsewhere(self, _: web.Request) -> web.Response:
        """Where a redirect may lead."""
        return web.Response(text=self.text())


@contextlib.asynccontextmanager
async def key_server(folder: Path, *names: str) -> AsyncIterator[KeyServer]:
    private, certificate = self_signed(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, private)
    there = KeyServer(*names)
    app = web.Application()
    app.router.add_get("/jwks.json", there.handle)
    app.router.add_get("/elsewhere", there.elsewhere)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    there.url = f"https://127.0.0.1:{runner.addresses[0][1]}/jwks.json"
    there.ca_file = certificate
    try:
        yield there
    finally:
        there.speaks.set()
        await runner.cleanup()
