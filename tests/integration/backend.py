"""A gateway whose every answer a test chooses, byte by byte, and that writes down what arrives."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import web

from alphasync.gateway.sandbox import RunningSandbox
from alphasync.membership.holdings import Holding
from alphasync.store import keys
from tests.harness import Cluster

OPERATOR = {"operatorId": "demo", "token": "upstream"}
PROFILES = [{"id": "1", "name": "Ana", "external_id": "p"}]


@dataclass(frozen=True)
class Arrived:
    """One message as it arrived."""

    recipient: str
    key: str
    at: float
    headers: dict[str, str]


@dataclass
class Backend:
    """``pages``: the recipients' listing by cursor (None: the first), as values or as bytes.

    ``listing`` and ``answer`` replace what a listing and a message are answered with; an answer of
    None is the usual one.
    """

    pages: dict[str | None, Any] = field(default_factory=dict)
    honours: bool = True
    listing: Callable[[str | None, int], web.Response | None] = lambda _cursor, _number: None
    answer: Callable[[str, int], web.Response | None] = lambda _recipient, _number: None
    """By recipient, and how many messages for them came before."""
    hang: str | None = None
    """Messages to this recipient are not answered."""
    hang_listing: bool = False
    login: Any = field(default_factory=lambda: OPERATOR)
    profiles: Any = field(default_factory=lambda: PROFILES)
    attachments: Any = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)
    """Cursors, in order."""
    arrived: list[Arrived] = field(default_factory=list)
    """Every message, whatever it was answered."""
    url: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Nothing hangs any longer."""

    @property
    def messaged(self) -> Counter[str]:
        """How often each recipient was messaged: once per key where keys are honoured."""
        return Counter(recipient for recipient, _ in {(a.recipient, a.key) for a in self.arrived})

    @property
    def tried(self) -> list[str]:
        return [a.recipient for a in self.arrived]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        what = request.path.rpartition("/")[2]
        if what == "recipients":
            cursor = request.query.get("cursor")
            self.asked.append(cursor)
            if self.hang_listing:
                await self.ended.wait()
            given = self.listing(cursor, self.asked.count(cursor))
            response = given if given is not None else answered(self.pages[cursor])
            if self.honours:
                response.headers["Idempotency-Keys"] = "honoured"
            return response
        if what == "messages":
            body = await request.json()
            recipient = body["recipientId"]
            before = self.tried.count(recipient)
            self.arrived.append(
                Arrived(
                    recipient,
                    request.headers["Idempotency-Key"],
                    asyncio.get_running_loop().time(),
                    dict(request.headers),
                )
            )
            if recipient == self.hang:
                await self.ended.wait()
            given = self.answer(recipient, before)
            return given if given is not None else answered({"id": 1})
        return answered(getattr(self, what))


def answered(value: Any, status: int = 200, **headers: str) -> web.Response:
    """An answer: bytes as they are, a response as it is, all else as JSON."""
    if isinstance(value, web.Response):
        return value
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return web.Response(body=body, status=status, content_type="application/json", headers=named)


def page(*recipients: Any, next: Any = None) -> dict[str, Any]:
    """A page; a recipient given as text is a good record with this id."""
    records = [{"id": r, "name": f"Name {r}"} if isinstance(r, str) else r for r in recipients]
    return {"recipients": records, "next": next}


@contextlib.asynccontextmanager
async def serving(backend: Backend) -> AsyncIterator[Backend]:
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", backend.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    backend.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield backend
    finally:
        backend.ended.set()
        await runner.cleanup()


@contextlib.asynccontextmanager
async def fronted(
    redis_url: str, backend: Backend, servers: int = 1, **settings: Any
) -> AsyncIterator[Cluster]:
    """Servers before this gateway."""
    async with serving(backend):
        running = Cluster(redis_url, cast(RunningSandbox, backend))
        try:
            for _ in range(servers):
                await running.add_server(**settings)
            yield running
        finally:
            await running.close()


async def runner_lost(running: Cluster, profile: str) -> Holding:
    """End the runner of a chat without a word; what a server adopts to go on with the run."""
    server = running.servers[0]
    run = keys.of_account("o:demo").run("chat", profile)
    run_id = await server.store.scripts.field(run, "run_id") or ""
    (task,) = (t for t in asyncio.all_tasks() if t.get_name() == f"run {run_id}")
    task.cancel()
    await asyncio.wait([task])
    return Holding("run", server.membership.name.current, "o:demo", profile, "chat", run_id)
