"""Webhooks: other software is told how runs end, in order, and by one server."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import aiohttp
import pytest

from alphasync.domain.identity import Identity
from alphasync.domain.roles import Role
from alphasync.gateway.sandbox.faults import Drop, Faults
from alphasync.services.logins import Logins
from alphasync.services.tokens import Tokens
from alphasync.services.webhook_message import signature
from alphasync.store import key_groups
from alphasync.store.connect import make_client
from tests.harness import PATIENCE, Cluster, cluster, wait_until
from tests.webhooks import Webhook, webhook

PATH = "/api/webhooks"
LEASE_IN_TEST = 3
"""Seconds."""


@pytest.fixture
async def hook() -> AsyncIterator[Webhook]:
    async with webhook() as running:
        yield running


@pytest.fixture
async def servers(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, servers=2, webhook_private=True) as running:
        yield running


async def ask(
    servers: Cluster, method: str, path: str, token: str, body: Any = None, server: int = -1
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    url = servers.urls[server] + path
    async with aiohttp.request(method, url, headers=headers, json=body) as answer:
        return answer.status, await answer.json()


async def made(servers: Cluster, token: str, url: str, **more: Any) -> dict[str, Any]:
    status, body = await ask(servers, "POST", PATH, token, {"url": url, **more})
    assert status == 200, body
    return body


async def attempts(servers: Cluster, token: str, id_: str) -> list[dict[str, Any]]:
    status, body = await ask(servers, "GET", f"{PATH}/{id_}/attempts", token)
    assert status == 200, body
    found: list[dict[str, Any]] = body["attempts"]
    return found


async def stopped(servers: Cluster, profile: str = "1001", **more: Any) -> str:
    """A run that was stopped."""
    device = await servers.device(0, **more)
    begun = await device.start(profile, message="Hello, dear reader", continuous={"pause": 60.0})
    assert begun["ok"], begun
    about = {"profileId": profile, "type": "chat"}
    assert (await device.call("stopProcessing", about))["ok"]
    await device.close()
    return str(begun["runId"])


def admin(servers: Cluster, **more: Any) -> str:
    return servers.token("demo", role=Role.ADMIN, **more)


async def test_what_ends_is_told_in_order_signed_and_once(servers: Cluster, hook: Webhook) -> None:
    token = admin(servers)
    one = await made(servers, token, f"{hook.url}/x")
    assert one["secret"].startswith("whsec_")
    runs = [await stopped(servers) for _ in range(3)]
    device = await servers.device(1)
    last = await device.start("1001", message="Hello, dear reader")
    await device.wait_for("processingComplete")
    await wait_until(lambda: len(hook.told()) == 4, what="all is told")
    told = hook.told()
    assert [said["data"]["runId"] for said in told] == [*runs, last["runId"]]
    assert hook.kinds() == [*["run.stopped"] * 3, "run.completed"]
    data = told[-1]["data"]
    assert (data["profileId"], data["type"], data["outcome"]) == ("1001", "chat", "completed")
    assert data["sent"] == data["total"] > 0
    assert (data["operatorId"], data["deviceId"]) == ("demo", device.id)
    assert "Hello" not in str(told), "what is sent to people is nobody else's business"
    for headers, (_, _, body) in zip(hook.headers(), hook.got, strict=True):
        at = int(headers["webhook-timestamp"])
        expected = signature(one["secret"], headers["webhook-id"], at, body)
        assert headers["webhook-signature"] == expected
    assert len({headers["webhook-id"] for headers in hook.headers()}) == 4
    noted = await attempts(servers, token, one["id"])
    assert [(each["outcome"], each["code"], each["attempt"]) for each in noted] == [
        ("told", 200, 1)
    ] * 4
    assert noted[0]["answer"].startswith("fine fine")
    assert noted[0]["webhookId"] == hook.headers()[-1]["webhook-id"]
    other = await made(servers, token, f"{hook.url}/y")
    listed = (await ask(servers, "GET", PATH, token))[1]["webhooks"]
    assert {each["id"]: each["lastAttempt"] for each in listed} == {
        one["id"]: noted[0],
        other["id"]: None,
    }


async def test_what_fails_is_tried_again_and_the_rest_waits_for_it(
    servers: Cluster, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.services.webhook_sender.WAITS", (0.01,))
    monkeypatch.setattr("alphasync.services.webhook_sender.LOOK_INTERVAL", 0.05)
    token = admin(servers)
    hook.answers["x"] = [500, 302, 200]
    one = await made(servers, token, f"{hook.url}/x")
    runs = [await stopped(servers), await stopped(servers)]
    # Servers that were told to look seldom look when the next run ends, too.
    await wait_until(lambda: len(hook.told()) == 4, what="all is told")
    told = [said["data"]["runId"] for said in hook.told()]
    assert told == [runs[0], runs[0], runs[0], runs[1]]
    assert len({headers["webhook-id"] for headers in hook.headers()[:3]}) == 1
    noted = (await attempts(servers, token, one["id"]))[::-1]
    assert [(each["outcome"], each["code"], each["attempt"]) for each in noted] == [
        ("failed", 500, 1),
        ("failed", 302, 2),
        ("told", 200, 3),
        ("told", 200, 1),
    ]
    assert not [to for to, _, _ in hook.got if to == "elsewhere"]


async def test_one_that_is_gone_is_told_nothing_until_it_is_switched_on(
    servers: Cluster, hook: Webhook
) -> None:
    token = admin(servers)
    hook.answers["x"] = [410, 200]
    one = await made(servers, token, f"{hook.url}/x")
    await stopped(servers)

    async def state() -> str:
        [listed] = (await ask(servers, "GET", PATH, token))[1]["webhooks"]
        return str(listed["state"])

    async def is_gone() -> bool:
        return await state() == "gone"

    await wait_until(is_gone)
    await stopped(servers)
    assert len(hook.got) == 1
    path = f"{PATH}/{one['id']}"
    assert (await ask(servers, "PATCH", path, token, {"enabled": True}))[0] == 200
    await wait_until(lambda: len(hook.got) == 3, what="what waited")
    assert await state() == "on"
    assert (await ask(servers, "PATCH", path, token, {"enabled": False}))[0] == 200
    assert await state() == "off"


async def test_another_server_goes_on_where_one_was_lost(
    servers: Cluster, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.services.webhook_sender.LEASE", 1.0)
    monkeypatch.setattr("alphasync.services.webhook_sender.LOOK_INTERVAL", 0.1)
    await made(servers, admin(servers), f"{hook.url}/x")
    hook.open.clear()
    runs = [await stopped(servers) for _ in range(2)]
    await wait_until(lambda: hook.got, what="the first is on its way")
    await servers.servers[0].webhook_sender.close()
    hook.open.set()
    await wait_until(lambda: len(hook.got) == 3, what="all is told")
    assert [said["data"]["runId"] for said in hook.told()] == [runs[0], *runs]
    assert hook.headers()[0]["webhook-id"] == hook.headers()[1]["webhook-id"]


async def test_who_waits_for_room_is_told_by_nobody_else(
    redis_url: str, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.services.webhook_sender.SENDING_MAX", 1)
    monkeypatch.setattr("alphasync.services.webhook_sender.LEASE", LEASE_IN_TEST)
    monkeypatch.setattr("alphasync.services.webhook_sender.ATTEMPT_TIMEOUT", PATIENCE)
    async with cluster(redis_url, webhook_private=True) as servers:
        hook.open.clear()
        for operator, name in (("other", "slow"), ("demo", "x")):
            token = servers.token(operator, role=Role.ADMIN)
            one = await made(servers, token, f"{hook.url}/{name}")
            await ask(servers, "POST", f"{PATH}/{one['id']}/ping", token)
            if operator == "other":
                await wait_until(lambda: hook.kinds("slow"), what="it takes all the room")
        client = make_client(redis_url)
        left = [LEASE_IN_TEST * 1000]

        async def is_renewed() -> bool:
            left.append(await client.pttl(key_groups.of_webhook("o:demo").sender))
            return left[-1] > left[-2]

        await wait_until(is_renewed, what="the lease is renewed while there is no room")
        await client.aclose()
        hook.open.set()
        await wait_until(lambda: hook.kinds() == ["ping"])


async def test_a_key_may_change_and_the_secret_stays(redis_url: str, hook: Webhook) -> None:
    older, newer, newest = ("k" * 31 + digit for digit in "123")
    secret, pinged = "", 0
    for keys in (older, f"{newer},{older}", f"{newest},{newer}"):
        async with cluster(redis_url, webhook_private=True, jwt_secret=keys) as servers:
            minting = Tokens((keys.partition(",")[0],), 3600)
            token = minting.mint("demo", role=Role.ADMIN).token
            if not secret:
                secret = (await made(servers, token, f"{hook.url}/x"))["secret"]
            [listed] = (await ask(servers, "GET", PATH, token))[1]["webhooks"]
            await ask(servers, "POST", f"{PATH}/{listed['id']}/ping", token)
            pinged += 1
            await wait_until(partial(hook.has, pinged))
    for headers, (_, _, body) in zip(hook.headers(), hook.got, strict=True):
        at = int(headers["webhook-timestamp"])
        assert headers["webhook-signature"] == signature(secret, headers["webhook-id"], at, body)


async def test_a_trial_and_once_more(servers: Cluster, hook: Webhook) -> None:
    token = admin(servers)
    one = await made(servers, token, f"{hook.url}/x", events=["run.interrupted"])
    other = await made(servers, token, f"{hook.url}/y", events=["run.stopped"])
    path = f"{PATH}/{one['id']}"
    assert (await ask(servers, "POST", f"{path}/ping", token))[0] == 200
    await wait_until(lambda: hook.kinds() == ["ping"])
    await stopped(servers)
    await wait_until(lambda: hook.kinds("y") == ["run.stopped"])
    [noted] = await attempts(servers, token, other["id"])
    again = f"{PATH}/{other['id']}/attempts/{noted['id']}/again"
    assert (await ask(servers, "POST", again, token))[0] == 200
    await wait_until(lambda: hook.kinds("y") == ["run.stopped"] * 2)
    first, second = hook.headers("y")
    assert first["webhook-id"] == second["webhook-id"]
    assert hook.told("y")[0] == hook.told("y")[1]
    assert hook.kinds() == ["ping"], "what it has not asked for"
    unknown = again.replace(noted["id"], "1-1")
    assert (await ask(servers, "POST", unknown, token))[1]["code"] == "unknown_delivery"
    elsewhere = again.replace(other["id"], one["id"])
    assert (await ask(servers, "POST", elsewhere, token))[1]["code"] == "unknown_delivery"


async def test_what_waits_for_a_person_is_told(redis_url: str, hook: Webhook) -> None:
    faults = Faults(drop=Drop(every_nth=4, after_recording=True), idempotency=False)
    async with cluster(redis_url, faults=faults, webhook_private=True) as servers:
        await made(servers, admin(servers), f"{hook.url}/x", events=["run.needs_attention"])
        device = await servers.device(0)
        await device.start("1001", message="Hello, dear reader")
        await wait_until(lambda: hook.kinds() == ["run.needs_attention"])
    data = hook.told()[0]["data"]
    assert (data["why"], data["outcome"]) == ("uncertain", "completed")
    assert data["uncertain"] > 0


async def test_an_account_has_some_and_of_its_own_profiles(servers: Cluster, hook: Webhook) -> None:
    token = admin(servers)
    limited = admin(servers, profiles=["1002"])
    mine = await made(servers, limited, f"{hook.url}/x")
    await stopped(servers, "1001")
    await stopped(servers, "1002")
    await wait_until(lambda: len(hook.told()) == 1)
    assert hook.told()[0]["data"]["profileId"] == "1002"
    for _ in range(4):
        await made(servers, token, f"{hook.url}/y")
    status, body = await ask(servers, "POST", PATH, token, {"url": f"{hook.url}/y"})
    assert (status, body["code"]) == (409, "too_many_webhooks")
    [listed] = (await ask(servers, "GET", PATH, limited))[1]["webhooks"]
    assert (listed["id"], listed["profiles"]) == (mine["id"], ["1002"])
    whole = (await ask(servers, "GET", PATH, token))[1]["webhooks"]
    assert len(whole) == 5
    other = next(each["id"] for each in whole if each["profiles"] is None)
    for method, path, sent in (
        ("DELETE", f"{PATH}/{other}", None),
        ("PATCH", f"{PATH}/{other}", {"enabled": False}),
        ("POST", f"{PATH}/{other}/ping", None),
        ("GET", f"{PATH}/{other}/attempts", None),
    ):
        status, body = await ask(servers, method, path, limited, sent)
        assert (status, body["code"]) == (404, "unknown_webhook"), method
    assert (await ask(servers, "DELETE", f"{PATH}/{mine['id']}", limited))[0] == 200


async def test_only_admins_who_are_people(servers: Cluster) -> None:
    manager = servers.token("demo", role=Role.MANAGER)
    status, body = await ask(servers, "GET", PATH, manager)
    assert (status, body["code"]) == (403, "not_allowed")
    backend = {"name": "a backend", "role": "admin"}
    service = (await ask(servers, "POST", "/api/tokens", admin(servers), backend))[1]["token"]
    status, body = await ask(servers, "GET", PATH, service)
    assert (status, body["code"]) == (403, "not_for_service_tokens")


async def test_who_was_signed_out_while_their_call_came_changes_nothing(
    servers: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = {"email": "admin@example.com", "password": "demo"}
    login = f"{servers.urls[0]}/api/auth/login"
    async with aiohttp.request("POST", login, json=credentials) as answer:
        token = (await answer.json())["token"]
    one = await made(servers, token, "https://secret.invalid/")
    identify, known, ended = Logins.identify, asyncio.Event(), asyncio.Event()

    async def noticed(self: Logins, *given: Any, **more: Any) -> Identity:
        found = await identify(self, *given, **more)
        known.set()
        return found

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"enabled"'
        await ended.wait()
        yield b": false}"

    async def switch() -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        url = f"{servers.urls[0]}{PATH}/{one['id']}"
        async with aiohttp.request("PATCH", url, headers=headers, data=slowly()) as answer:
            return answer.status, await answer.json()

    monkeypatch.setattr(Logins, "identify", noticed)
    switching = asyncio.create_task(switch())
    await known.wait()
    path = "/api/sessions?thisOne=true"
    assert (await ask(servers, "DELETE", path, token))[0] == 200
    ended.set()
    status, body = await switching
    assert (status, body["code"]) == (401, "signed_out")
    async with aiohttp.request("POST", login, json=credentials) as answer:
        token = (await answer.json())["token"]
    [listed] = (await ask(servers, "GET", PATH, token))[1]["webhooks"]
    assert listed["state"] == "on"


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/x", "http://example.com/x", "https://a.internal/x", "x", "https://"),
        *("https://[::1]@/x", "https://example.com\n/x", "https://example.com/a b"),
    ],
)
async def test_none_is_within_our_network(one_server: Cluster, url: str) -> None:
    token = one_server.token("demo", role=Role.ADMIN)
    status, body = await ask(one_server, "POST", PATH, token, {"url": url})
    assert (status, body["code"]) == (400, "invalid_payload")
