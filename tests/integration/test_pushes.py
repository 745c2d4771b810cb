"""Being told by push how a run has ended: by one server, encrypted, and only whom it concerns."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from alphasync.errors import StoreUnavailable
from alphasync.services.pushes import Pushes
from alphasync.store import keys
from tests.harness import Cluster, Device, cluster, wait_until
from tests.pushes import Browser, PushService, push_service

DETACHED = {"detached": True}
TOO_MANY = "not all are told of a run by push"


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service() as running:
        yield running


@pytest.fixture
async def world(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, servers=2, push_private=True, push_per_account=3) as running:
        yield running


async def key_of(world: Cluster, server: int = 0) -> str:
    url = f"{world.urls[server]}/api/config"
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return str((await answer.json())["pushKey"])


async def subscribed(
    world: Cluster, device: Device, service: PushService, name: str, **changed: Any
) -> Browser:
    browser = Browser()
    told = {
        "endpoint": f"{service.url}/{name}",
        "p256dh": browser.p256dh,
        "auth": browser.auth,
        "key": await key_of(world),
        **changed,
    }
    ack = await device.call("subscribePush", told)
    assert ack == {"ok": True}, ack
    return browser


async def kept(world: Cluster, account: str = "o:demo") -> int:
    return int(await world.servers[0].store.client.hlen(keys.of_account(account).pushes))


async def test_a_run_is_told_once_though_its_console_is_closed(
    world: Cluster, service: PushService
) -> None:
    assert await key_of(world, 0) == await key_of(world, 1)
    phone, desk = await world.pair()
    browser = await subscribed(world, phone, service, "phone")
    await phone.close()
    ack = await desk.start("1001", **DETACHED)
    await desk.wait_for("processingComplete", profileId="1001")
    await wait_until(lambda: service.got, what="a message at the push service")
    [news] = service.messages("phone", browser)
    [(_, headers, body)] = service.got
    assert news == {
        "kind": "runEnded",
        "outcome": "completed",
        "profileId": "1001",
        "type": "chat",
        "startedAt": ack["startedAt"],
        "current": 10,
        "total": 10,
        "sent": 10,
        "uncertain": 0,
    }
    assert (headers["Content-Encoding"], headers["Topic"]) == ("aes128gcm", ack["runId"])
    assert headers["Authorization"].startswith("vapid t=")
    assert b"1001" not in body
    # A stop is somebody's own doing.
    await desk.start("1005", **DETACHED)
    await desk.call("stopProcessing", {"profileId": "1005", "type": "chat"})
    await desk.start("1002", **DETACHED)
    await wait_until(lambda: len(service.got) > 1, what="the next message")
    told = [one["profileId"] for one in service.messages("phone", browser)]
    assert told == ["1001", "1002"]


async def test_only_whom_it_concerns(world: Cluster, service: PushService) -> None:
    team = {"team": "red", "role": "operator"}
    mine = await world.device(token=world.token("1", **team))
    colleague = await world.device(token=world.token("2", **team))
    browser = await subscribed(world, mine, service, "mine")
    await subscribed(world, colleague, service, "colleague")
    limited = await world.device(token=world.token("1", profiles=["1002"], **team))
    await subscribed(world, limited, service, "limited")
    await mine.start("1001", **DETACHED)
    await wait_until(lambda: service.got, what="a message at the push service")
    assert [name for name, _, _ in service.got] == ["mine"]
    assert len(service.messages("mine", browser)) == 1


async def test_a_subscription_ends_with_the_push_service_the_device_and_the_bound(
    world: Cluster, service: PushService
) -> None:
    phone, desk = await world.pair()
    tablet, other = await world.device(), await world.device()
    for _ in range(2):
        await subscribed(world, phone, service, "phone")
    await subscribed(world, other, service, "other")
    await subscribed(world, tablet, service, "tablet")
    more = Browser()
    told = {"endpoint": f"{service.url}/x", "p256dh": more.p256dh, "auth": more.auth}
    full = await desk.call("subscribePush", {**told, "key": await key_of(world)})
    assert full["code"] == "too_many_subscriptions"
    for device in (tablet, other):
        await desk.call("signOutDevice", {"deviceId": device.id})
    assert await kept(world) == 1
    service.answers = [410]
    await desk.start("1001", **DETACHED)

    async def gone() -> bool:
        return await kept(world) == 0

    await wait_until(gone, what="the subscription ended")
    assert [name for name, _, _ in service.got] == ["phone"]
    service.answers = [201]
    await subscribed(world, phone, service, "phone")
    assert await phone.call("unsubscribePush", {}) == {"ok": True}
    assert await kept(world) == 0


async def test_who_is_signed_out_is_cut_though_the_subscription_cannot_be_forgotten(
    world: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(*_: object) -> None:
        raise StoreUnavailable

    phone, desk = await world.pair()
    monkeypatch.setattr(Pushes, "forget", unavailable)
    ack = await desk.call("signOutDevice", {"deviceId": phone.id})
    assert ack["code"] == "store_unavailable"
    await wait_until(lambda: phone.parted, what="it is cut")


async def test_of_a_session_that_was_ended_nothing_is_told(
    world: Cluster, service: PushService
) -> None:
    login = {"email": "demo@example.com", "password": "demo"}
    async with aiohttp.ClientSession(world.urls[0]) as http:
        tokens = []
        for _ in range(2):
            async with http.post("/api/auth/login", json=login) as answer:
                found = await answer.json()
                tokens.append(found["token"])
        phone = await world.device(token=tokens[0])
        desk = await world.device(token=tokens[1])
        await subscribed(world, phone, service, "phone")
        await subscribed(world, desk, service, "desk")
        bearer = {"Authorization": f"Bearer {tokens[0]}"}
        async with http.delete("/api/sessions/current", headers=bearer) as answer:
            assert answer.status == 200
    await desk.start("1001", **DETACHED)
    await wait_until(lambda: service.got, what="a message at the push service")

    async def one_left() -> bool:
        return await kept(world, f"o:{found['operatorId']}") == 1

    await wait_until(one_left, what="the other subscription ended")
    assert [name for name, _, _ in service.got] == ["desk"]


async def test_a_push_service_is_asked_again_but_led_nowhere(
    world: Cluster, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.services.push_services.RETRY_WAITS", (0.0, 0.0))
    phone, desk = await world.pair()
    await subscribed(world, phone, service, "phone")
    service.answers = [503, 429, 503, 302]
    await desk.start("1001", **DETACHED)
    await wait_until(lambda: len(service.got) == 3, what="three tries")
    await desk.start("1002", **DETACHED)
    await wait_until(lambda: len(service.got) == 4, what="a try of the next")
    await desk.start("1003", **DETACHED)
    await wait_until(lambda: len(service.got) == 5, what="no other before it")
    assert {name for name, _, _ in service.got} == {"phone"}


@pytest.mark.slow
async def test_who_names_a_push_service_that_is_silent_holds_up_nobody_else(
    redis_url: str, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.services.push_services.SEND_TIMEOUT", 600.0)
    monkeypatch.setattr("alphasync.services.push_services.SENDING_MAX", 2)
    monkeypatch.setattr("alphasync.services.push_lanes.AT_ONCE_MAX", 1)
    monkeypatch.setattr("alphasync.services.push_lanes.WAITING_MAX", 3)
    service.silent = {"mean"}
    async with cluster(redis_url, push_private=True) as world:
        mean, other = await world.device(), await world.device(token=world.token("other"))
        await subscribed(world, mean, service, "mean")
        await subscribed(world, other, service, "other")
        with capture_logs() as lines:
            for profile in ("1001", "1002", "1003", "1005"):
                await mean.start(profile, **DETACHED)
            await wait_until(lambda: any(TOO_MANY in line["event"] for line in lines), what="full")
        await wait_until(lambda: service.got, what="the silent one is asked")
        await other.start("1001", **DETACHED)
        await wait_until(lambda: len(service.got) == 2, what="the other one is told")
        service.speaks.set()
        await wait_until(lambda: len(service.got) == 4, what="the others that have waited")
        await mean.start("1001", **DETACHED)
        await wait_until(lambda: len(service.got) == 5, what="there is room again")
        assert [name for name, _, _ in service.got] == ["mean", "other", *["mean"] * 3]


async def test_a_new_subscription_is_not_taken_for_the_one_that_is_gone(
    world: Cluster, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, desk = await world.pair()
    await subscribed(world, phone, service, "former")
    monkeypatch.setattr("alphasync.services.push_services.RETRY_WAITS", (0.5,))
    service.answers = [503, 410, 201]
    await desk.start("1001", **DETACHED)
    await wait_until(lambda: len(service.got) == 1, what="the first try")
    await subscribed(world, phone, service, "fresh")
    await wait_until(lambda: len(service.got) == 2, what="it is gone")
    await desk.start("1002", **DETACHED)
    await wait_until(lambda: len(service.got) == 3, what="a message to the fresh one")
    assert [name for name, _, _ in service.got] == ["former", "former", "fresh"]
    assert await kept(world) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/1",
        "https://127.0.0.1/1",
        "https://\uff11\uff12\uff17.0.0.1/1",
        "https://\u246027\u30020.0\uff0e1/1",
        "https://127.1/1",
        "https://0x7f.1/1",
        "https://[::1]/1",
        "https://localhost/1",
        "https://gateway.internal/1",
        "https://169.254.169.254/1",
        "https://push.example:8443/1",
        "https://you@push.example/1",
        "https://[/1",
        "file:///etc/passwd",
        "",
    ],
)
async def test_within_our_network_no_push_service_is_looked_for(
    one_server: Cluster, endpoint: str
) -> None:
    device = await one_server.device()
    browser = Browser()
    told = {"p256dh": browser.p256dh, "auth": browser.auth, "key": await key_of(one_server)}
    refused = await device.call("subscribePush", {**told, "endpoint": endpoint})
    assert refused["code"] == "invalid_payload"
    good = await device.call("subscribePush", {**told, "endpoint": "https://push.example/1"})
    assert good == {"ok": True}
