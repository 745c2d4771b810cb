"""Health, metrics and the console's files."""

import mimetypes
from collections.abc import Callable
from pathlib import Path

from aiohttp import hdrs, web
from prometheus_client.exposition import CONTENT_TYPE_LATEST

import alphasync
from alphasync import telemetry
from alphasync.store.connect import Store
from alphasync.store.rights import Trials
from alphasync.web.answers import ok

CLIENT_BUNDLE = "vendor/socket.io.min.js"
SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: https: http:",  # pictures come from wherever the gateway keeps them
        "connect-src 'self' ws: wss:",  # Safari does not count ws: as 'self'
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
SERVED = frozenset({".css", ".html", ".js", ".svg", ".png", ".ico", ".map", ".webmanifest"})
"""Endings of the files that are given out: the folder holds others in a work tree."""


def console_folder() -> Path:
    """Where the console is: in the installed package, or beside it in a work tree."""
    package = Path(alphasync.__file__).parent
    installed = package / "_static"
    return installed if installed.is_dir() else package.parent / "static"


class Pages:
    def __init__(self, store: Store, ready: Callable[[], str | None], *, sandbox: bool) -> None:
        """``ready`` says why this replica is not ready, or None."""
        self._trials = Trials(store)
        self._ready = ready
        self._sandbox = sandbox
        self._folder = console_folder().resolve()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.index),
            web.get("/favicon.ico", self.favicon),
            web.get("/static/{path:.+}", self.file),
            web.get("/socket.io/socket.io.js", self.client_bundle),
            web.get("/api/config", self.config),
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.metrics),
        ]

    async def index(self, _: web.Request) -> web.StreamResponse:
        return self._send("index.html")

    async def favicon(self, _: web.Request) -> web.StreamResponse:
        return self._send("favicon.svg")

    async def client_bundle(self, _: web.Request) -> web.StreamResponse:
        return self._send(CLIENT_BUNDLE)

    async def file(self, request: web.Request) -> web.StreamResponse:
        return self._send(request.match_info["path"])

    def _send(self, name: str) -> web.StreamResponse:
        try:
            path = (self._folder / name).resolve()
            inside = path.is_relative_to(self._folder) and path.is_file()
        except (ValueError, OSError):  # a NUL, a name too long
            raise web.HTTPNotFound from None
        if not inside or path.suffix not in SERVED:
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {**HEADERS, hdrs.CONTENT_TYPE: kind}
        return web.FileResponse(path, headers=headers)

    async def config(self, _: web.Request) -> web.Response:
        """What the console has to know before anybody has signed in."""
        return ok({"sandbox": self._sandbox})

    async def alive(self, _: web.Request) -> web.Response:
        """The process answers."""
        return ok({"status": "ok"})

    async def ready(self, _: web.Request) -> web.Response:
        """Whether a load balancer may send clients here: 200 or 503 with the reason."""
        reason = self._ready()
        if reason is None:
            trouble = await self._trials.trouble()
            reason = f"Redis: {trouble}" if trouble else None
        if reason is not None:
            return ok({"status": "unavailable", "message": reason}, 503)
        return ok({"status": "ready"})

    async def metrics(self, _: web.Request) -> web.Response:
        headers = {"Content-Type": CONTENT_TYPE_LATEST}
        return web.Response(body=telemetry.exposition(), headers=headers)
