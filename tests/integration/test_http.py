"""Signing in, profiles and attachments over HTTP; who may call from where."""

import functools
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import jwt
import pytest

from alphasync.gateway.sandbox.tokens import issue_token
from alphasync.store.connect import make_client
from tests.harness import SECRET, Cluster, cluster
from tests.integration.support import Payload, check

pytestmark = pytest.mark.any_redis

ALLOWED = ["http://localhost:3000", "http://localhost:5173"]
FOREIGN = [
    "null",
    "https://evil.example",
    "http://localhost:3000.evil.example",
    "http://evil.example/http://localhost:3000",
    "http://localhost:30000",
    "http://localhost:300",
    "http://localhost",
    "https://localhost:3000",
    "http://localhost:3000/",
    "http://localhost:3000@evil.example",
    "http://sub.localhost:3000",
    "http://notlocalhost:3000",
    "HTTP://LOCALHOST:3000",
    "http://127.0.0.1:3000",
    "http://localhost:3000, https://evil.example",
    "*",
    "file://",
    "chrome-extension://abcdefgh",
]
DEMO = {"email": "demo@example.com", "password": "demo"}
HANDLE = "X-Alpha-Date-Token"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def web(one_replica: Cluster) -> AsyncIterator[aiohttp.ClientSession]:
    """A plain HTTP client of the replica."""
    async with aiohttp.ClientSession(one_replica.urls[0]) as session:
        yield session


async def answer(
    web: aiohttp.ClientSession, method: str, path: str, **options: Any
) -> tuple[int, Any, str]:
    """Status, body and the body's text."""
    async with web.request(method, path, **options) as response:
        text = await response.text()
        assert response.content_type == "application/json", (response.status, text)
        return response.status, json.loads(text), text


async def login(web: aiohttp.ClientSession) -> Payload:
    status, body, _ = await answer(web, "POST", "/api/auth/login", json=DEMO)
    assert status == 200
    assert isinstance(body, dict)
    return body


async def test_login_has_all_fields(one_replica: Cluster, web: aiohttp.ClientSession) -> None:
    body = await login(web)
    check(
        body,
        status=True,
        token=str,
        operatorId="demo",
        alphaDateToken=str,
        email="demo@example.com",
        profiles=["1001", "1002", "1003", "1004", "1005"],
    )
    claims = jwt.decode(body["token"], SECRET, algorithms=["HS256"])
    assert claims["operatorId"] == "demo"
    assert claims["email"] == "demo@example.com"
    assert 3500 <= claims["exp"] - claims["iat"] <= 9 * 3600
    assert "profiles" not in claims, "the operator may see them all"
    device = await one_replica.device(token=body["token"])
    assert (await device.start())["ok"]
    await device.wait_for("processingComplete")


BAD_LOGINS = {
    "no body": b"",
    "no JSON": b"email=demo",
    "a list": b"[]",
    "a text": b'"demo"',
    "nothing": b"{}",
    "no e-mail": b'{"password":"demo"}',
    "no password": b'{"email":"demo@example.com"}',
    "empty e-mail": b'{"email":"","password":"demo"}',
    "empty password": b'{"email":"demo@example.com","password":""}',
    "null": b'{"email":null,"password":null}',
    "numbers": b'{"email":1,"password":2}',
    "not UTF-8": b'{"email":"\xff","password":"x"}',
    "too long": b'{"email":"' + b"x" * 400 + b'","password":"x"}',
    "much too long": b'{"email":"' + b"x" * 100_000 + b'","password":"x"}',
    "deep": b"[" * 10_000,
}


@pytest.mark.parametrize("name", BAD_LOGINS)
async def test_a_login_that_is_none(web: aiohttp.ClientSession, name: str) -> None:
    status, body, _ = await answer(
        web, "POST", "/api/auth/login", data=BAD_LOGINS[name], headers=JSON
    )
    assert status == 400
    check(body, status=False, message=str, code="invalid_payload")
    assert body["message"]


@pytest.mark.parametrize(
    "credentials",
    [
        {"email": "demo@example.com", "password": "wrong"},
        {"email": "nobody@example.com", "password": "demo"},
        {"email": "DEMO@EXAMPLE.COM' OR 1=1", "password": "demo"},
    ],
)
async def test_wrong_credentials(web: aiohttp.ClientSession, credentials: Payload) -> None:
    status, body, text = await answer(web, "POST", "/api/auth/login", json=credentials)
    assert status == 401
    check(body, status=False, message=str, code="bad_credentials", retryable=False)
    assert "token" not in text.lower()


async def test_too_many_tries(one_replica: Cluster, web: aiohttp.ClientSession) -> None:
    wrong = {**DEMO, "password": "wrong"}
    tries = [await answer(web, "POST", "/api/auth/login", json=wrong) for _ in range(10)]
    assert {status for status, _, _ in tries} == {401}
    for credentials in (wrong, DEMO, {**DEMO, "email": "Demo@Example.com"}):
        async with web.post("/api/auth/login", json=credentials) as response:
            assert response.status == 429
            assert 1 <= int(response.headers["Retry-After"]) <= 300
            body = await response.json()
            check(body, status=False, message=str, code="too_many_requests", retryable=True)
    other = {"email": "other@example.com", "password": "x"}
    assert (await answer(web, "POST", "/api/auth/login", json=other))[0] == 401


@pytest.mark.parametrize("credentials", [DEMO, {**DEMO, "email": " ＤEMO@example.com "}])
async def test_tries_of_one_network_count_together(redis_url: str, credentials: Payload) -> None:
    """Of IPv6 everybody has a /64 to call from."""
    wrong = {**credentials, "password": "wrong"}
    async with (
        cluster(redis_url, trusted_proxies=["127.0.0.1"]) as running,
        aiohttp.ClientSession(running.urls[0]) as web,
    ):
        for number in range(10):
            headers = {"X-Forwarded-For": f"2001:db8::{number}"}
            status, _, _ = await answer(web, "POST", "/api/auth/login", json=wrong, headers=headers)
            assert status == 401
        for address, expected in (("2001:db8::77:88", 429), ("2001:db8:0:1::1", 401)):
            headers = {"X-Forwarded-For": address}
            status, _, _ = await answer(web, "POST", "/api/auth/login", json=wrong, headers=headers)
            assert status == expected


async def test_a_gateway_that_is_down_uses_up_no_tries(redis_url: str) -> None:
    async with cluster(redis_url) as running, aiohttp.ClientSession(running.urls[0]) as web:
        replica = running.replicas[0]
        there, replica.gateway._base = replica.gateway._base, "http://127.0.0.1:1"
        for _ in range(15):
            status, body, _ = await answer(web, "POST", "/api/auth/login", json=DEMO)
            assert (status, body["code"]) == (502, "gateway_unavailable")
        replica.gateway._base = there
        await login(web)


async def test_right_ones_are_not_counted(web: aiohttp.ClientSession) -> None:
    for _ in range(15):
        await login(web)


async def test_tries_are_counted_across_replicas(redis_url: str) -> None:
    async with cluster(redis_url, replicas=2) as running:
        statuses = []
        for number in range(11):
            url = f"{running.urls[number % 2]}/api/auth/login"
            async with (
                aiohttp.ClientSession() as session,
                session.post(url, json={**DEMO, "password": "wrong"}) as response,
            ):
                statuses.append(response.status)
        assert statuses == [401] * 10 + [429]


async def test_refresh_gives_a_fresh_token(
    one_replica: Cluster, web: aiohttp.ClientSession
) -> None:
    old = one_replica.tokens.mint("demo", profiles=["1001"], team="t", role="r", lifetime=50)
    headers = {"Authorization": f"Bearer {old}"}
    status, body, _ = await answer(web, "POST", "/api/auth/refresh", headers=headers)
    assert status == 200
    check(body, status=True, token=str, operatorId="demo")
    before = jwt.decode(old, SECRET, algorithms=["HS256"])
    after = jwt.decode(body["token"], SECRET, algorithms=["HS256"])
    assert after["exp"] == before["exp"], "nobody here can say that it may be longer"
    assert after["jti"] != before["jti"]
    volatile = {"exp", "iat", "jti"}
    assert {k: v for k, v in after.items() if k not in volatile} == {
        k: v for k, v in before.items() if k not in volatile
    }, "the limits stay"
    await one_replica.device(token=body["token"])


async def test_refresh_of_what_is_no_token(
    one_replica: Cluster, web: aiohttp.ClientSession
) -> None:
    expired = one_replica.tokens.mint("demo", lifetime=-1)
    forged = jwt.encode({"operatorId": "demo", "exp": 9999999999}, "x" * 40, algorithm="HS256")
    unsigned = jwt.encode({"operatorId": "demo", "exp": 9999999999}, "", algorithm="none")
    for header in (
        None,
        "",
        "Basic x",
        "Bearer",
        "Bearer ",
        *map(
            "Bearer {}".format,
            (
                "x",
                expired,
                forged,
                unsigned,
                one_replica.token()[:-2],
            ),
        ),
    ):
        headers = {} if header is None else {"Authorization": header}
        status, body, _ = await answer(web, "POST", "/api/auth/refresh", headers=headers)
        assert status == 401, header
        check(body, status=False, message=str)


async def test_profiles_need_the_handle_only(web: aiohttp.ClientSession) -> None:
    handle = (await login(web))["alphaDateToken"]
    status, body, _ = await answer(web, "GET", "/api/profiles", headers={HANDLE: handle})
    assert status == 200
    assert [profile["external_id"] for profile in body] == ["1001", "1002", "1003", "1004", "1005"]
    for profile in body:
        check(
            profile,
            id=str,
            name=str,
            external_id=str,
            photo_link=str,
            age=int,
            gender=str,
            country_name=str,
            status=str,
        )


async def test_attachments_need_the_handle_only(web: aiohttp.ClientSession) -> None:
    handle = (await login(web))["alphaDateToken"]
    path = "/api/profiles/1001/attachments"
    status, body, _ = await answer(web, "GET", path, headers={HANDLE: handle})
    assert status == 200
    assert set(body) == {"images", "videos", "audios"}
    for kind, items in body.items():
        assert items
        for item in items:
            check(
                item,
                id=str,
                external_id=str,
                content_type=kind.removesuffix("s"),
                link=str,
                filename=str,
                thumb_link=str,
            )


@pytest.mark.parametrize("profile", ["nowhere", "..", "%2e%2e", "a%2Fb", "1001%00", "%F0%9F%91%8B"])
async def test_attachments_of_a_profile_that_is_not_there(
    web: aiohttp.ClientSession, profile: str
) -> None:
    handle = (await login(web))["alphaDateToken"]
    async with web.get(
        f"/api/profiles/{profile}/attachments", headers={HANDLE: handle}
    ) as response:
        assert response.status == 404


@pytest.mark.parametrize("path", ["/api/profiles", "/api/profiles/1001/attachments"])
async def test_without_a_good_handle(
    one_replica: Cluster, web: aiohttp.ClientSession, path: str
) -> None:
    signed_in = await login(web)
    token, handle = signed_in["token"], signed_in["alphaDateToken"]
    for headers in (
        {},
        {HANDLE: ""},
        {HANDLE: "x"},
        {HANDLE: "x" * 5000},
        {HANDLE: token},
        {HANDLE: issue_token("demo")},
        {HANDLE: handle[:-4]},
        {HANDLE: handle[:60] + ("A" if handle[60] != "A" else "B") + handle[61:]},
        {HANDLE: "gAAAA" + "x" * 95},
        {HANDLE: "ä\u00a0ö"},
        {"Authorization": f"Bearer {token}"},
    ):
        status, body, _ = await answer(web, "GET", path, headers=headers)
        assert status == 401, headers
        check(body, status=False, message=str)


async def test_the_handle_works_on_every_replica(redis_url: str) -> None:
    async with cluster(redis_url, replicas=2) as running, aiohttp.ClientSession() as session:
        async with session.post(f"{running.urls[0]}/api/auth/login", json=DEMO) as response:
            handle = (await response.json())["alphaDateToken"]
        async with session.get(
            f"{running.urls[1]}/api/profiles", headers={HANDLE: handle}
        ) as response:
            assert response.status == 200


async def test_a_handle_of_another_secret_is_of_no_use(redis_url: str) -> None:
    async with cluster(redis_url) as running, aiohttp.ClientSession() as session:
        async with session.post(f"{running.urls[0]}/api/auth/login", json=DEMO) as response:
            handle = (await response.json())["alphaDateToken"]
        other = await running.add_replica(jwt_secret="another secret, also long enough for it")
        async with session.get(f"{other}/api/profiles", headers={HANDLE: handle}) as response:
            assert response.status == 401


async def test_the_upstream_token_stays_here(
    one_replica: Cluster, web: aiohttp.ClientSession
) -> None:
    secret = issue_token("demo")
    _, signed_in, text = await answer(web, "POST", "/api/auth/login", json=DEMO)
    seen = [text]
    headers = {HANDLE: signed_in["alphaDateToken"], "Authorization": f"Bearer {signed_in['token']}"}
    for method, path in (
        ("GET", "/api/profiles"),
        ("GET", "/api/profiles/1001/attachments"),
        ("POST", "/api/auth/refresh"),
    ):
        async with web.request(method, path, headers=headers) as response:
            assert response.status == 200
            seen += [await response.text(), str(response.headers)]
    device = await one_replica.device(token=signed_in["token"])
    await device.start()
    await device.wait_for("processingComplete")
    seen.append(str(device.events))
    claims = jwt.decode(signed_in["token"], options={"verify_signature": False})
    seen.append(str(claims))
    for text in seen:
        assert secret not in text

    client = make_client(one_replica.redis_url)
    try:
        dump = await everything_in(client)
    finally:
        await client.aclose()
    assert any(":signin:" in key for key in dump)
    whole = json.dumps(dump)
    for hidden in (secret, secret.partition(".")[2], signed_in["alphaDateToken"], DEMO["email"]):
        assert hidden not in whole, "in Redis in the clear"
    assert signed_in["token"] not in whole


async def everything_in(client: Any) -> dict[str, str]:
    """All keys with what they hold, as text."""
    readers = {
        "string": client.get,
        "hash": client.hgetall,
        "zset": functools.partial(client.zrange, start=0, end=-1),
        "stream": client.xrange,
        "set": client.smembers,
        "list": functools.partial(client.lrange, start=0, end=-1),
    }
    found = {}
    async for key in client.scan_iter(count=1000):
        kind = (await client.type(key)).decode()
        found[key.decode()] = str(await readers[kind](key))
    return found


PATHS = [
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/refresh"),
    ("GET", "/api/profiles"),
    ("GET", "/api/profiles/1001/attachments"),
]


@pytest.mark.parametrize("origin", ALLOWED)
async def test_allowed_origins_over_http(web: aiohttp.ClientSession, origin: str) -> None:
    for method, path in PATHS:
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type,x-alpha-date-token,authorization",
        }
        async with web.options(path, headers=asked) as response:
            assert response.status in (200, 204)
            headers = response.headers
            assert headers.getall("Access-Control-Allow-Origin") == [origin]
            assert headers.getall("Access-Control-Allow-Credentials") == ["true"]
            assert method in headers["Access-Control-Allow-Methods"]
            allowed = headers["Access-Control-Allow-Headers"].lower()
            for name in ("content-type", "x-alpha-date-token", "authorization"):
                assert name in allowed
        async with web.request(method, path, headers={"Origin": origin}) as response:
            assert response.status in (401, 415), "an error is readable too"
            assert response.headers.getall("Access-Control-Allow-Origin") == [origin]
            assert response.headers.getall("Access-Control-Allow-Credentials") == ["true"]
            assert "origin" in response.headers["Vary"].lower()


@pytest.mark.parametrize("origin", FOREIGN)
async def test_foreign_origins_over_http(web: aiohttp.ClientSession, origin: str) -> None:
    for method, path in PATHS:
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        for verb in ("OPTIONS", method):
            async with web.request(verb, path, headers=asked) as response:
                assert not [h for h in response.headers if h.startswith("Access-Control-")]


@pytest.mark.parametrize("origin", ALLOWED)
async def test_allowed_origins_on_sockets(one_replica: Cluster, origin: str) -> None:
    path = "/socket.io/?EIO=4&transport="
    async with aiohttp.ClientSession(one_replica.urls[0]) as session:
        headers = {"Origin": origin}
        async with session.get(f"{path}polling", headers=headers) as response:
            assert response.status == 200
            sid = json.loads((await response.text())[1:])["sid"]
            assert response.headers.getall("Access-Control-Allow-Origin") == [origin]
            assert response.headers.getall("Access-Control-Allow-Credentials") == ["true"]
        async with session.post(f"{path}polling&sid={sid}", data="1", headers=headers) as response:
            assert response.headers.getall("Access-Control-Allow-Origin") == [origin]
        async with session.ws_connect(f"{path}websocket", origin=origin) as ws:
            assert (await ws.receive_str()).startswith("0{")


@pytest.mark.parametrize("origin", FOREIGN)
async def test_foreign_origins_on_sockets(one_replica: Cluster, origin: str) -> None:
    path = "/socket.io/?EIO=4&transport="
    async with aiohttp.ClientSession(one_replica.urls[0]) as session:
        for query in ("polling", "polling&sid=x"):
            for verb in ("GET", "POST"):
                async with session.request(
                    verb, path + query, headers={"Origin": origin}
                ) as response:
                    assert response.status == 400
                    assert "Access-Control-Allow-Origin" not in response.headers
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{path}websocket", origin=origin)
        assert refused.value.status == 400
    assert not one_replica.replicas[0].realtime.server.eio.sockets


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_login_of_another_kind_is_refused(web: aiohttp.ClientSession, kind: str) -> None:
    body, headers = json.dumps(DEMO), {"Content-Type": kind}
    status, refused, _ = await answer(web, "POST", "/api/auth/login", data=body, headers=headers)
    assert status == 415
    check(refused, status=False, message=str, code="unsupported_media_type", retryable=False)


async def test_every_answer_of_the_api_is_guarded(web: aiohttp.ClientSession) -> None:
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/config", {}),
        ("POST", "/api/auth/login", {"json": DEMO}),
        ("POST", "/api/auth/login", {"json": {}}),
        ("POST", "/api/auth/login", {"data": "x"}),
        ("POST", "/api/auth/refresh", {}),
        ("GET", "/api/profiles", {}),
        ("GET", "/api/nowhere", {}),
        ("PUT", "/api/auth/login", {}),
        ("OPTIONS", "/api/auth/login", {}),
    ]
    for origin in ({}, {"Origin": ALLOWED[0]}, {"Origin": FOREIGN[1]}):
        for method, path, options in requests:
            async with web.request(method, path, headers=origin, **options) as response:
                said = response.headers
                assert said["X-Content-Type-Options"] == "nosniff", (method, path)
                assert said["Cache-Control"] == "no-store", (method, path)
                assert said.getall("Vary") == ["Origin"], (method, path)
                assert said.get("Server", "alphasync") == "alphasync"
    for query in ("", "&sid=x"):
        for origin in ({}, {"Origin": FOREIGN[1]}):
            target = f"/socket.io/?EIO=4&transport=polling{query}"
            async with web.get(target, headers=origin) as response:
                assert "Origin" in response.headers.getall("Vary")
                assert response.headers.get("Server", "alphasync") == "alphasync"


async def test_its_own_origin_may_use_sockets(one_replica: Cluster) -> None:
    own = one_replica.urls[0]
    async with (
        aiohttp.ClientSession(own) as session,
        session.ws_connect("/socket.io/?EIO=4&transport=websocket", origin=own) as ws,
    ):
        assert (await ws.receive_str()).startswith("0{")


async def test_origins_are_a_setting(redis_url: str) -> None:
    origin = "https://app.example.com"
    async with (
        cluster(redis_url, cors_origins=[origin]) as running,
        aiohttp.ClientSession(running.urls[0]) as session,
    ):
        for asked, allowed in ((origin, True), (ALLOWED[0], False)):
            async with session.get("/api/profiles", headers={"Origin": asked}) as response:
                assert ("Access-Control-Allow-Origin" in response.headers) == allowed
            async with session.get(
                "/socket.io/?EIO=4&transport=polling", headers={"Origin": asked}
            ) as response:
                assert (response.status == 200) == allowed


async def test_a_gateway_that_is_away_is_said_to_be(one_replica: Cluster) -> None:
    await one_replica.sandbox.close()
    async with aiohttp.ClientSession(one_replica.urls[0]) as session:
        status, body, _ = await answer(session, "POST", "/api/auth/login", json=DEMO)
    assert status == 502
    check(body, status=False, message=str, code="gateway_unavailable", retryable=True)
