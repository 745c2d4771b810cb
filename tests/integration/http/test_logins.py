"""Signing in over HTTP: what a login gives, what is none, how many tries there are."""

import json

import aiohttp
import jwt
import pytest

from alphasync.domain.roles import Role
from tests.harness import SECRET, Cluster, cluster
from tests.integration.http.asking import DEMO, JSON, answer, login
from tests.integration.support import Payload, check

pytestmark = pytest.mark.any_redis


async def test_login_has_all_fields(one_server: Cluster, web: aiohttp.ClientSession) -> None:
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
    device = await one_server.device(token=body["token"])
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


async def test_too_many_tries(one_server: Cluster, web: aiohttp.ClientSession) -> None:
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
        server = running.servers[0]
        there, server.gateway._base = server.gateway._base, "http://127.0.0.1:1"
        for _ in range(15):
            status, body, _ = await answer(web, "POST", "/api/auth/login", json=DEMO)
            assert (status, body["code"]) == (502, "gateway_unavailable")
        server.gateway._base = there
        await login(web)


async def test_right_ones_are_not_counted(web: aiohttp.ClientSession) -> None:
    for _ in range(15):
        await login(web)


async def test_tries_are_counted_across_servers(redis_url: str) -> None:
    async with cluster(redis_url, servers=2) as running:
        statuses = []
        for number in range(11):
            url = f"{running.urls[number % 2]}/api/auth/login"
            async with (
                aiohttp.ClientSession() as session,
                session.post(url, json={**DEMO, "password": "wrong"}) as response,
            ):
                statuses.append(response.status)
        assert statuses == [401] * 10 + [429]


async def test_refresh_gives_a_fresh_token(one_server: Cluster, web: aiohttp.ClientSession) -> None:
    old = one_server.tokens.mint(
        "demo", profiles=["1001"], team="t", role=Role.VIEWER, lifetime=50
    ).token
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
    await one_server.device(token=body["token"])


async def test_refresh_of_what_is_no_token(one_server: Cluster, web: aiohttp.ClientSession) -> None:
    expired = one_server.tokens.mint("demo", lifetime=-1).token
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
                one_server.token()[:-2],
            ),
        ),
    ):
        headers = {} if header is None else {"Authorization": header}
        status, body, _ = await answer(web, "POST", "/api/auth/refresh", headers=headers)
        assert status == 401, header
        check(body, status=False, message=str)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_login_of_another_kind_is_refused(web: aiohttp.ClientSession, kind: str) -> None:
    body, headers = json.dumps(DEMO), {"Content-Type": kind}
    status, refused, _ = await answer(web, "POST", "/api/auth/login", data=body, headers=headers)
    assert status == 415
    check(refused, status=False, message=str, code="unsupported_media_type", retryable=False)


async def test_a_gateway_that_is_away_is_said_to_be(one_server: Cluster) -> None:
    await one_server.sandbox.close()
    async with aiohttp.ClientSession(one_server.urls[0]) as session:
        status, body, _ = await answer(session, "POST", "/api/auth/login", json=DEMO)
    assert status == 502
    check(body, status=False, message=str, code="gateway_unavailable", retryable=True)
