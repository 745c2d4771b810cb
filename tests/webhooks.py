"""A webhook of the tests' own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp import web

from tests.receiver import receiver


class Webhook:
    """Takes what it is told under ``/NAME``. ``answers``: what it says from now on, by name; the
    last one for good."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.open = asyncio.Event()
        """Answers nothing while it is not set."""
        self.open.set()
        self.answers: dict[str, list[int]] = {}

    def has(self, count: int) -> bool:
        return len(self.got) >= count

    def told(self, name: str = "x") -> list[dict[str, Any]]:
        return [msgspec.json.decode(body) for to, _, body in self.got if to == name]

    def kinds(self, name: str = "x") -> list[str]:
        return [said["type"] for said in self.told(name)]

    def headers(self, name: str = "x") -> list[dict[str, str]]:
        return [headers for to, headers, _ in self.got if to == name]

    async def take(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.got.append((name, dict(request.headers), await request.read()))
        await self.open.wait()
        answers = self.answers.get(name, [200])
        status = answers[0] if len(answers) == 1 else answers.pop(0)
        return web.Response(status=status, text="fine\n" * 100, headers={"Location": "/elsewhere"})


@contextlib.asynccontextmanager
async def webhook() -> AsyncIterator[Webhook]:
    made = Webhook()
    async with receiver(made.take) as made.url:
        try:
            yield made
        finally:
            made.open.set()  # what is not answered is waited for
