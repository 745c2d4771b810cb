"""Health, and the console's files."""

import mimetypes
from collections.abc import Callable

import structlog
from aiohttp import hdrs, web

from alphasync.intake import GUARDED, PAGE_GUARDED
from alphasync.store.connect import Store
from alphasync.store.rights import Trials
from alphasync.web.compressed import GzipCache, compressed
from alphasync.web.console import CLIENT_BUNDLE, GUARD, WORKER, Console
from alphasync.web.joined import INDEX
from alphasync.web.json_bodies import ok

SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        # Pictures come from wherever the gateway keeps them: no list of hosts could be right. All
        # that this leaves open is what a page can tell others by the address of a picture.
        "img-src 'self' data: https: http:",
        "connect-src 'self' ws: wss:",  # Safari does not count ws: as 'self'
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {"Content-Security-Policy": SECURITY_POLICY, **PAGE_GUARDED}
ANY_ORIGIN = {"Cross-Origin-Resource-Policy": "cross-origin"}
"""Pages of other origins may load the client's script from here by a tag, as they always could."""
WORKER_SCOPE = {"Service-Worker-Allowed": "/"}
"""The worker of a build is at the address of its files, and for the page, which has none of them
in its own."""
PAGE = "no-store"
"""A page names the files of its build; an older copy of it could name files that are nowhere."""
FOREVER = "public, max-age=31536000, immutable"
"""A file whose address names its content."""


log = structlog.get_logger(__name__)


class Pages:
    def __init__(
        self,
        store: Store,
        ready: Callable[[], str | None],
        console: Console,
        *,
        sandbox: bool,
        push_key: str,
        outspoken: bool,
    ) -> None:
        """``ready`` says why this server is not ready, or None. ``outspoken``: whether strangers
        are told all of it, with what Redis has said and where it is."""
        self._trials = Trials(store)
        self._ready = ready
        self._sandbox = sandbox
        self._push_key = push_key
        self._outspoken = outspoken
        self._objected: str | None = None
        self._console = console
        self._page = console.build.page
        self._cache = GzipCache()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.index),
            web.get("/favicon.ico", self.favicon),
            web.get(f"/static/{GUARD}", self.guard),
            web.get("/static/{build}/{path:.+}", self.file),
            web.get("/socket.io/socket.io.js", self.client_bundle),
            web.get("/api/config", self.config),
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
        ]

    async def index(self, request: web.Request) -> web.Response:
        return await self._answer(request, INDEX, self._page, PAGE)

    async def favicon(self, request: web.Request) -> web.Response:
        return await self._own(request, "favicon.svg")

    async def guard(self, request: web.Request) -> web.Response:
        return await self._own(request, GUARD)

    async def client_bundle(self, request: web.Request) -> web.Response:
        answer = await self._own(request, CLIENT_BUNDLE)
        answer.headers.update(ANY_ORIGIN)
        return answer

    async def _own(self, request: web.Request, name: str) -> web.Response:
        return await self._answer(request, name, self._console.build.files.get(name), "no-cache")

    async def file(self, request: web.Request) -> web.Response:
        """A file of this server's console, or of another one's."""
        name = request.match_info["path"]
        content = await self._console.file(request.match_info["build"], name)
        answer = await self._answer(request, name, content, FOREVER)
        if name == WORKER:
            answer.headers.update(WORKER_SCOPE)
        return answer

    async def config(self, _: web.Request) -> web.Response:
        """What the console has to know before anybody has signed in, of which build it is here: a
        page of another one is an old one, and the key for subscriptions to push."""
        return ok(
            {
                "sandbox": self._sandbox,
                "build": self._console.build.name,
                "pushKey": self._push_key,
            }
        )

    async def alive(self, _: web.Request) -> web.Response:
        """The process answers."""
        return _guarded(ok({"status": "ok"}))

    async def ready(self, _: web.Request) -> web.Response:
        """Whether a load balancer may send clients here: 200 or 503 with the reason."""
        reason = self._ready()
        if reason is None:
            trouble = await self._trials.trouble()
            reason = f"Redis: {trouble}" if trouble else None
        if reason != self._objected:
            self._objected = reason
            if reason is not None:
                log.warning("not ready", reason=reason)
            else:
                log.info("ready again")
        if reason is not None:
            said = reason if self._outspoken else reason.partition(":")[0]
            return _guarded(ok({"status": "unavailable", "message": said}, 503))
        return _guarded(ok({"status": "ready"}))

    async def _answer(
        self, request: web.Request, name: str, content: bytes | None, cache: str
    ) -> web.Response:
        return await file_answer(request, name, content, cache, self._cache)


async def file_answer(
    request: web.Request, name: str, content: bytes | None, cache: str, bodies: GzipCache
) -> web.Response:
    """A file that belongs to a page, or a 404 where there is none."""
    if content is None:
        raise web.HTTPNotFound(headers={hdrs.CACHE_CONTROL: "no-store"})
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {**HEADERS, hdrs.CONTENT_TYPE: kind, hdrs.CACHE_CONTROL: cache}
    return await compressed(request, web.Response(body=content, headers=headers), bodies.gzipped)


def _guarded(answer: web.Response) -> web.Response:
    answer.headers.update(GUARDED)
    return answer
