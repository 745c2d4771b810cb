"""What every answer says to browsers, whoever makes it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from multidict import CIMultiDictProxy

from alphasync.gateway.sandbox import start_sandbox
from alphasync.gateway.sandbox.server import create_app
from alphasync.intake import Bounds
from tests.harness import Cluster, cluster
from tests.integration.served import BRIEF, LONG, served

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "ODD")
KINDS_OF_REQUEST: dict[str, dict[str, str]] = {
    "plain": {},
    "of another origin": {"Origin": "https://evil.example"},
    "of an allowed origin": {"Origin": "http://localhost:3000"},
    "with a wrong token": {"Authorization": "Bearer x", "X-Alpha-Date-Token": "x"},
    "encoded": {"Content-Encoding": "gzip"},
    "with an expectation": {"Expect": "a miracle"},
}
STRICT = "default-src 'none'; frame-ancestors 'none'"
OF_A_PAGE = {
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
SOCKETS = "/socket.io/?EIO=4&transport=polling"
POLL_HEADERS_MAX = 320
"""Bytes. They go with every poll."""


def faults(headers: CIMultiDictProxy[str], path: str) -> Iterator[str]:
    """What is wrong with an answer's headers."""
    if headers.getall("X-Content-Type-Options", []) != ["nosniff"]:
        yield "no nosniff"
    (policy,) = headers.getall("Content-Security-Policy", [""])
    rules = policy.split("; ")
    if not {"default-src 'none'", "frame-ancestors 'none'"} <= set(rules) or "unsafe" in policy:
        yield f"policy {policy!r}"
    if "Set-Cookie" in headers:
        yield "a cookie"
    if headers.get("Server", "alphasync") != "alphasync" or "X-Powered-By" in headers:
        yield "names its versions"
    if path.startswith("/api/"):
        if headers.get("Content-Security-Policy") != STRICT:
            yield "an answer of the API may load something"
        if headers.get("Cache-Control") != "no-store":
            yield "may be kept"
        if headers.get("Cross-Origin-Resource-Policy") != "same-origin":
            yield "may be loaded from elsewhere"


def paths_of(app: web.Application) -> set[str]:
    canonical = {resource.canonical for resource in app.router.resources()}
    return {path.replace("{", "").replace("}", "") for path in canonical}


async def walked(url: str, paths: set[str]) -> list[str]:
    """All that is wrong with the answers of these paths, to every kind of request."""
    found = []
    async with aiohttp.ClientSession(url) as http:
        for path in sorted(paths):
            for method in METHODS:
                for kind, headers in KINDS_OF_REQUEST.items():
                    async with http.request(method, path, headers=headers) as response:
                        found += [
                            f"{method} {path} {kind}: {response.status}, {fault}"
                            for fault in faults(response.headers, path)
                        ]
    return found


@pytest.fixture
async def unhindered(redis_url: str) -> AsyncIterator[Cluster]:
    """A server of which one address may ask some thousand times."""
    async with cluster(redis_url, request_rate_per_address=1e5) as running:
        yield running


@pytest.mark.slow
async def test_every_answer_of_every_route(unhindered: Cluster) -> None:
    app = unhindered.servers[0].clients.web_app
    paths = paths_of(app) | {"/nowhere", "/api/nowhere", "/static/x/y.js", "//", "/%00", SOCKETS}
    sid = f"{SOCKETS}&sid=x"
    assert {"/", "/api/auth/login", "/healthz", "/metrics"} < paths
    assert await walked(unhindered.urls[0], {*paths, sid, "/socket.io/?EIO=3"}) == []


async def test_every_answer_of_the_sandbox() -> None:
    sandbox = await start_sandbox("127.0.0.1", 0)
    try:
        assert await walked(sandbox.url, {*paths_of(create_app()), "/nowhere"}) == []
    finally:
        await sandbox.close()


@pytest.mark.parametrize("path", ["/", "/favicon.ico"])
async def test_a_page_says_more(one_server: Cluster, path: str) -> None:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        for url in (one_server.urls[0], one_server.sandbox.url):
            response = await stack.enter_async_context(http.get(url + path))
            # The sandbox has no picture of its own.
            if url == one_server.urls[0] or response.status == 200:
                assert response.status == 200
                assert {name: response.headers[name] for name in OF_A_PAGE} == OF_A_PAGE
                assert "camera=()" in response.headers["Permissions-Policy"]
                assert "script-src 'self'" in response.headers["Content-Security-Policy"]


async def test_other_origins_may_load_the_clients_script(one_server: Cluster) -> None:
    async with (
        aiohttp.ClientSession(one_server.urls[0]) as http,
        http.get("/socket.io/socket.io.js") as response,
    ):
        assert response.headers.getall("Cross-Origin-Resource-Policy") == ["cross-origin"]


async def test_a_poll_says_what_matters_and_no_more(one_server: Cluster) -> None:
    async with (
        aiohttp.ClientSession(one_server.urls[0]) as http,
        http.get(SOCKETS) as response,
    ):
        assert response.status == 200
        head = sum(len(name) + len(value) + 4 for name, value in response.raw_headers)
        assert head < POLL_HEADERS_MAX, response.headers


NO_REQUEST = {
    "no HTTP": b"\x16\x03\x01\r\n\r\n",
    "a defect": b"GET /broken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "no such path": b"GET /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "too many lines": b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000,
    "half a head": b"GET / HTTP/1.1\r\nHost",
    "half a body": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
}


@pytest.mark.parametrize("name", NO_REQUEST)
async def test_what_never_came_to_the_application(name: str) -> None:
    bounds: Bounds = BRIEF if name.startswith("half") else LONG
    async with served(bounds) as running:
        head = (await running.answer(NO_REQUEST[name])).partition(b"\r\n\r\n")[0]
    assert b"nosniff" in head
    assert f"Content-Security-Policy: {STRICT}".encode() in head


async def test_who_is_turned_away() -> None:
    ask = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served(LONG, most=1) as running:
        _, writer = await running.say(ask)
        while not running.capacity.requests:
            await running.answer(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = (await running.answer(ask)).partition(b"\r\n\r\n")[0]
        assert head.startswith(b"HTTP/1.1 503")
        assert b"nosniff" in head
        assert STRICT.encode() in head
        running.release.set()
        writer.close()
