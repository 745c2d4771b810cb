"""Headers, queries and bodies of any bytes, on every route: refused or read, and never a 500."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from alphasync.transport.proofs import CLIENT, PROOF
from tests.harness import PATIENCE, Cluster, cluster

BRACKETS = 8_000
BYTES = {
    "latin-1": b"\xe9",
    "utf-8": "é世👋".encode(),
    "no utf-8": b"\xff\xfe\x80",
    "half a character": b"\xf0\x9f\x91",
    "a token and more": b"eyJhbGciOiJIUzI1NiJ9.\xc3\xa9.\xff",
    "a tab": b"a\tb",
    "a delete": b"a\x7fb",
    "brackets": b"[" * 4_000,
}
AUTHORIZATIONS = [b"Authorization: Bearer %b", b"Authorization: %b", b"Authorization: %b x"]
HEADERS = [
    *AUTHORIZATIONS,
    b"X-Alpha-Date-Token: %b",
    b"X-Forwarded-For: %b",
    b"Forwarded: for=%b",
    b"Origin: http://%b",
    b"Cookie: io=%b",
    b"Cookie: %b=1; io=%b",
    b"If-None-Match: %b",
    b"Range: bytes=%b",
    b"Accept-Encoding: %b",
    b"Content-Type: application/json; charset=%b",
    b"Content-Type: %b",
    b"Sec-WebSocket-Extensions: permessage-deflate; %b",
    b"Sec-WebSocket-Protocol: %b",
    b"Sec-WebSocket-Key: %b",
    PROOF.encode() + b": %b",
    CLIENT.encode() + b": %b",
    b"X-Anything: %b",
]
UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
SOCKETS = [
    ("GET", "/socket.io/?EIO=4&transport=polling"),
    ("GET", "/socket.io/?EIO=4&transport=polling&sid=none"),
    ("POST", "/socket.io/?EIO=4&transport=polling&sid=none"),
    ("GET", "/socket.io/?EIO=4&transport=websocket"),
]
QUERIES = ["EIO=%ff", "EIO=4&transport=%ff%fe", "EIO=4&transport=polling&sid=%c3%a9%ff", "t=%00"]
QUERIES += ["EIO=4&transport=polling&t=%ff", "%ff=%ff", "EIO=4&transport=websocket&sid=%e9"]

pytestmark = [pytest.mark.usefixtures("no_traceback"), pytest.mark.slow]


@pytest.fixture
async def site(redis_url: str) -> AsyncIterator[Cluster]:
    # A proxy of its own: what clients say of their address is read, too.
    async with cluster(
        redis_url, trusted_proxies=["127.0.0.1"], login_tries=10_000, login_tries_per_address=10_000
    ) as running:
        yield running


def routes(app: web.Application) -> list[tuple[str, str]]:
    """Method and path of each route of the application, parts of the path filled in."""
    found = [
        (route.method, re.sub(r"\{[^}]*\}", "x", route.resource.canonical))
        for route in app.router.routes()
        if route.resource is not None
    ]
    return [("GET" if method == "*" else method, path) for method, path in found]


async def status_of(port: int, head: bytes, body: bytes = b"") -> int:
    """The status of one request; 0 for a connection that is closed without an answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head + b"\r\n\r\n" + body)
        async with asyncio.timeout(PATIENCE):
            line = await reader.readline()
    except ConnectionResetError:
        return 0
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return int(line.split()[1]) if line else 0


def request(method: str, path: str, *headers: bytes) -> bytes:
    first = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n".encode()
    more = UPGRADE if "websocket" in path else b"Connection: close\r\n"
    return first + more + b"\r\n".join(headers)


def with_body(head: bytes, body: bytes) -> bytes:
    return head + b"\r\nContent-Length: %d" % len(body)


def filled(header: bytes, value: bytes) -> bytes:
    return header.replace(b"%b", value)


def ports(site: Cluster) -> tuple[int, int]:
    """The one for clients, and the one for other servers."""
    inner = site.servers[0].membership.internal.intake
    assert inner is not None
    return int(site.urls[0].rpartition(":")[2]), int(inner.addresses[0][1])


def public(site: Cluster) -> list[tuple[str, str]]:
    return [*routes(site.servers[0].clients.web_app), *SOCKETS]


@pytest.mark.parametrize("kind", BYTES)
async def test_no_header_is_too_odd_for_any_route(site: Cluster, kind: str) -> None:
    outer, inner = ports(site)
    value = BYTES[kind]
    for port, addresses in ((outer, public(site)), (inner, inside())):
        for method, path in addresses:
            heads = [request(method, path, filled(header, value)) for header in HEADERS]
            found = await asyncio.gather(*(status_of(port, head) for head in heads))
            assert not [(h, s) for h, s in zip(HEADERS, found, strict=True) if s >= 500], path
            assert 0 not in found, (path, found)


@pytest.mark.parametrize("kind", BYTES)
async def test_no_odd_credentials_let_anybody_in(site: Cluster, kind: str) -> None:
    outer, inner = ports(site)
    value = BYTES[kind]
    asked = [("POST", "/api/auth/refresh", header) for header in AUTHORIZATIONS] + [
        ("GET", path, b"X-Alpha-Date-Token: %b")
        for path in ("/api/profiles", "/api/profiles/x/attachments")
    ]
    for method, path, header in asked:
        found = await status_of(outer, request(method, path, filled(header, value)))
        assert found in (400, 401), (path, header, found)
    for method, path in inside():
        for name in (PROOF, CLIENT):
            head = request(method, path, name.encode() + b": " + value)
            assert await status_of(inner, head) in (400, 401, 403), (method, path, name)


def inside() -> list[tuple[str, str]]:
    """What other servers ask for."""
    query = "EIO=4&transport=polling&sid=none"
    return [(method, f"/?{query}") for method in ("GET", "POST", "DELETE", "PUT")]


async def test_no_query_is_too_odd_for_any_route(site: Cluster) -> None:
    outer, inner = ports(site)
    addresses = [(method, path.partition("?")[0]) for method, path in public(site)]
    for port, all_of_them in ((outer, addresses), (inner, [("GET", "/"), ("POST", "/")])):
        for method, path in all_of_them:
            heads = [request(method, f"{path}?{query}") for query in QUERIES]
            found = await asyncio.gather(*(status_of(port, head) for head in heads))
            assert max(found) < 500, (path, found)


@pytest.mark.parametrize("odd", ["%ff", "%c3%a9", "%00", "%2e%2e%2f", "%f0%9f", "x" * 3000])
async def test_no_path_is_too_odd(site: Cluster, odd: str) -> None:
    outer, _ = ports(site)
    for path in (
        f"/{odd}",
        f"/static/{odd}/{odd}",
        f"/api/profiles/{odd}/attachments",
        f"/api/{odd}",
        f"/socket.io/{odd}",
    ):
        for method in ("GET", "POST", "OPTIONS", "PUT"):
            assert 200 <= await status_of(outer, request(method, path)) < 500, (method, path)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', '{"email":['])
@pytest.mark.parametrize("closed", [False, True])
async def test_no_body_is_too_deep_for_any_route(site: Cluster, opening: str, closed: bool) -> None:
    outer, inner = ports(site)
    closing = "".join({"[": "]", "{": "}"}[c] for c in reversed(opening) if c in "[{")
    body = (opening * BRACKETS + ("1" + closing * BRACKETS if closed else "")).encode()
    heads = [b"Content-Type: application/json", b"Content-Type: text/plain"]
    for port, addresses in ((outer, public(site)), (inner, inside())):
        for method, path in addresses:
            if method in ("GET", "HEAD"):
                continue
            for head in heads:
                sent = with_body(request(method, path, head), body)
                found = await status_of(port, sent, body)
                assert found < 500, (method, path, head)
    sent = with_body(request("POST", "/api/auth/login", heads[0]), body)
    assert await status_of(outer, sent, body) == 400
