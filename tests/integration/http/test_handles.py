"""Profiles and attachments over HTTP need the handle of a login, and nothing else."""

import functools
import json
from typing import Any

import aiohttp
import jwt
import pytest

from alphasync.gateway.sandbox.opaque import issue_token
from alphasync.store.connect import make_client
from tests.harness import Cluster, cluster
from tests.integration.http.asking import DEMO, HANDLE, answer, login
from tests.integration.support import check

pytestmark = pytest.mark.any_redis


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
    one_server: Cluster, web: aiohttp.ClientSession, path: str
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


async def test_the_handle_works_on_every_server(redis_url: str) -> None:
    async with cluster(redis_url, servers=2) as running, aiohttp.ClientSession() as session:
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
        other = await running.add_server(jwt_secret="another secret that is long enough for it")
        async with session.get(f"{other}/api/profiles", headers={HANDLE: handle}) as response:
            assert response.status == 401


async def test_the_upstream_token_stays_here(
    one_server: Cluster, web: aiohttp.ClientSession
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
    device = await one_server.device(token=signed_in["token"])
    await device.start()
    await device.wait_for("processingComplete")
    seen.append(str(device.events))
    claims = jwt.decode(signed_in["token"], options={"verify_signature": False})
    seen.append(str(claims))
    for text in seen:
        assert secret not in text

    client = make_client(one_server.redis_url)
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
