"""/docs: the HTTP calls and the events, to read and to try."""

import asyncio
from pathlib import Path

from aiohttp import web

from alphasync.web.compressed import GzipCache
from alphasync.web.console import files_of
from alphasync.web.pages import file_answer

CALLS = "index.html"
EVENTS = "events.html"
ENDINGS = frozenset({".css", ".html", ".js", ".json"})
CACHE = "public, max-age=300"
"""Seconds. A server of another version has other files at these addresses."""


class DocsPage:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, bytes] | None = None
        self._reading = asyncio.Lock()
        self._cache = GzipCache()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/docs", self.calls),
            web.get("/docs/events", self.events),
            web.get("/docs/{path:.+}", self.file),
        ]

    async def calls(self, request: web.Request) -> web.Response:
        return await self._answer(request, CALLS)

    async def events(self, request: web.Request) -> web.Response:
        return await self._answer(request, EVENTS)

    async def file(self, request: web.Request) -> web.Response:
        return await self._answer(request, request.match_info["path"])

    async def _answer(self, request: web.Request, name: str) -> web.Response:
        content = (await self._read()).get(name)
        return await file_answer(request, name, content, CACHE, self._cache)

    async def _read(self) -> dict[str, bytes]:
        """Once, when somebody asks: 2 MB that most servers are never asked for."""
        async with self._reading:
            if self._files is None:
                self._files = await asyncio.to_thread(files_of, self._folder, ENDINGS)
            return self._files
