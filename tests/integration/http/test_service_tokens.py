"""Service tokens over HTTP: made, shown once, listed and revoked."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.harness import Cluster, cluster, wait_until
from tests.integration.http.asking import answer, login
from tests.integration.support import check


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def make(web: aiohttp.ClientSession, token: str, **wanted: Any) -> tuple[int, Any]:
    given = {"name": "billing", "role": "operator", **wanted}
    status, body, _ = await answer(web, "POST", "/api/tokens", json=given, headers=bearer(token))
    return status, body


async def listed(web: aiohttp.ClientSession, token: str) -> list[dict[str, Any]]:
    status, body, _ = await answer(web, "GET", "/api/tokens", headers=bearer(token))
    assert status == 200, body
    return list(body["tokens"])


async def test_it_is_shown_once_and_listed_without_its_secret(web: aiohttp.ClientSession) -> None:
    token = (await login(web))["token"]
    status, made = await make(web, token, profiles=["1002", "1001"], lifetime=3600)
    assert status == 200, made
    assert re.fullmatch(r"ast_[a-z2-7]+_[0-9a-f]{16}_[0-9a-f]{64}", made["token"])
    assert made["expiresAt"] == made["madeAt"] + 3_600_000
    [found] = await listed(web, token)
    check(
        found,
        id=made["id"],
        name="billing",
        role="operator",
        profiles=["1001", "1002"],
        operatorId="demo",
        madeAt=made["madeAt"],
        usedAt=None,
        expiresAt=made["expiresAt"],
    )
    assert made["token"].rpartition("_")[2] not in str(found)


async def test_it_is_for_what_its_role_and_profiles_allow(web: aiohttp.ClientSession) -> None:
    token = (await login(web))["token"]
    export = "/api/do-not-contact/export"
    _, viewer = await make(web, token, role="viewer", profiles=["1001"])
    async with web.get(export, headers=bearer(viewer["token"])) as response:
        assert response.status == 200
    imported = "/api/do-not-contact/import"
    csv = {"data": "r1\n", "headers": {**bearer(viewer["token"]), "Content-Type": "text/csv"}}
    status, body, _ = await answer(web, "POST", imported, **csv)
    assert (status, body["code"]) == (403, "not_allowed")
    for profile, code in (("1001", 200), ("1002", 404)):
        path = f"/api/profiles/{profile}/blocklist/export?type=chat"
        async with web.get(path, headers=bearer(viewer["token"])) as response:
            assert response.status == code
    assert (await listed(web, token))[0]["usedAt"] is not None


async def test_what_is_for_people_takes_none(web: aiohttp.ClientSession) -> None:
    _, made = await make(web, (await login(web))["token"], role="admin")
    for method, path in (
        ("GET", "/api/tokens"),
        ("POST", "/api/tokens"),
        ("DELETE", f"/api/tokens/{made['id']}"),
        ("GET", "/api/sessions"),
        ("DELETE", "/api/sessions"),
        ("DELETE", "/api/sessions/current"),
        ("POST", "/api/auth/logout"),
        ("GET", "/api/audit"),
    ):
        status, body, _ = await answer(web, method, path, headers=bearer(made["token"]))
        assert (status, body["code"]) == (403, "not_for_service_tokens"), path
    status, body, _ = await answer(web, "POST", "/api/auth/refresh", headers=bearer(made["token"]))
    assert (status, body["code"]) == (401, "invalid_token")


async def test_no_socket_takes_one(web: aiohttp.ClientSession, one_server: Cluster) -> None:
    _, made = await make(web, (await login(web))["token"])
    with pytest.raises(Exception, match="One or more namespaces failed to connect"):
        await one_server.device(token=made["token"])


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"name": ""}, "name"),
        ({"name": " \u200b"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"role": "owner"}, "role"),
        ({"profiles": []}, "profiles"),
        ({"profiles": ["a\nb"]}, "profiles"),
        ({"profiles": ["1"] * 101}, "profiles"),
        ({"lifetime": 59}, "lifetime"),
        ({"lifetime": 2**40}, "lifetime"),
        ({"lifetime": "60"}, "lifetime"),
        ({"more": 1}, "more"),
    ],
)
async def test_a_wrong_one_is_refused(
    web: aiohttp.ClientSession, one_server: Cluster, wrong: dict[str, Any], names: str
) -> None:
    status, body = await make(web, one_server.token(), **wrong)
    assert (status, body["code"]) == (400, "invalid_payload")
    assert names in body["message"]


async def test_it_says_who_made_it_on_the_record(web: aiohttp.ClientSession) -> None:
    token = (await login(web))["token"]
    _, made = await make(web, token)
    status, _, _ = await answer(web, "DELETE", f"/api/tokens/{made['id']}", headers=bearer(token))
    assert status == 200
    _, body, _ = await answer(web, "GET", "/api/audit", headers=bearer(token))
    revoked, begun = body["entries"][:2]
    for entry, action in ((begun, "token_made"), (revoked, "token_revoked")):
        check(entry, action=action, operatorId="demo", target="demo", detail="billing")
        assert entry["targetDeviceId"] == f"api:{made['id']}"


async def test_there_are_no_more_than_the_setting_says(redis_url: str) -> None:
    async with (
        cluster(redis_url, service_tokens_max=1) as servers,
        aiohttp.ClientSession(servers.urls[0]) as web,
    ):
        token = servers.token()
        assert (await make(web, token))[0] == 200
        status, body = await make(web, token)
        assert (status, body["code"]) == (409, "too_many_service_tokens")


@pytest.fixture
async def two(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, servers=2) as servers:
        yield servers


async def test_a_revoked_one_is_refused_by_every_server_at_once(two: Cluster) -> None:
    async with aiohttp.ClientSession(two.urls[0]) as one, aiohttp.ClientSession(two.urls[1]) as web:
        token = two.token()
        _, made = await make(one, token)
        async with web.get("/api/do-not-contact/export", headers=bearer(made["token"])) as response:
            assert response.status == 200
        path = f"/api/tokens/{made['id']}"
        assert (await answer(one, "DELETE", path, headers=bearer(token)))[0] == 200
        status, body, _ = await answer(
            web, "GET", "/api/do-not-contact/export", headers=bearer(made["token"])
        )
        assert (status, body["code"]) == (401, "invalid_token")
        status, body, _ = await answer(one, "DELETE", path, headers=bearer(token))
        assert (status, body["code"]) == (404, "unknown_service_token")


@pytest.mark.parametrize(
    ("path", "type_", "sent"),
    [
        ("/api/commands/addDoNotContact", "application/json", (b'{"recipientId"', b':"r1"}')),
        ("/api/do-not-contact/import", "text/csv", (b"r", b"1\n")),
    ],
)
async def test_what_it_sends_on_after_it_was_revoked_is_not_taken(
    web: aiohttp.ClientSession, path: str, type_: str, sent: tuple[bytes, bytes]
) -> None:
    token = (await login(web))["token"]
    _, made = await make(web, token)
    revoked = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield sent[0]
        await revoked.wait()
        yield sent[1]

    async def is_known() -> bool:
        return (await listed(web, token))[0]["usedAt"] is not None

    headers = {**bearer(made["token"]), "Content-Type": type_}
    sending = asyncio.create_task(answer(web, "POST", path, data=slowly(), headers=headers))
    await wait_until(is_known, what="the server knows whose call it is")
    where = f"/api/tokens/{made['id']}"
    assert (await answer(web, "DELETE", where, headers=bearer(token)))[0] == 200
    revoked.set()
    status, body, _ = await sending
    assert (status, body["code"]) == (401, "invalid_token")


async def test_the_end_of_its_makers_session_is_not_its_end(web: aiohttp.ClientSession) -> None:
    token = (await login(web))["token"]
    _, made = await make(web, token)
    path = "/api/sessions?thisOne=true"
    assert (await answer(web, "DELETE", path, headers=bearer(token)))[0] == 200
    status, body, _ = await answer(web, "GET", "/api/tokens", headers=bearer(token))
    assert (status, body["code"]) == (401, "signed_out")
    async with web.get("/api/do-not-contact/export", headers=bearer(made["token"])) as response:
        assert response.status == 200
