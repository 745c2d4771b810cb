"""Whom a start would message, and what the run on record sends."""

import asyncio
from typing import Any

import pytest

from alphasync.store import keys
from alphasync.store.connect import make_client
from tests.harness import Cluster, Device, wait_until
from tests.integration.backend import Backend, answered, fronted, page
from tests.integration.runs.counting import CHAT, SLOW
from tests.integration.support import MAIL, check, switch

PICTURE = {"title": "Sea", "link": "https://media.example/1.jpg", "message_type": "SENT_IMAGE"}
OF_P = {"profileId": "p", "type": "chat"}
TWELVE = [f"r{number}" for number in range(12)]


async def preview(device: Device, profile: str = "p") -> dict[str, Any]:
    return await device.call("previewRun", {"profileId": profile, "type": "chat"})


@pytest.mark.any_redis
async def test_it_counts_whom_the_run_then_messages(servers: Cluster) -> None:
    a, b = await servers.pair()
    before = await b.call("previewRun", CHAT)
    check(before, ok=True, recipients=10, toMessage=10, messagedBefore=0, uncertain=0, unusable=0)
    assert before["doNotContact"] == 0
    assert len(set(before["names"])) == 10
    assert (await a.start())["ok"]
    await b.wait_for("processingComplete")
    check(await b.call("previewRun", CHAT), recipients=10, toMessage=0, messagedBefore=10, names=[])
    assert (await a.call("clearBlocklist", CHAT))["ok"]
    assert await b.call("previewRun", CHAT) == before


async def test_each_recipient_is_in_one_of_its_parts(redis_url: str) -> None:
    nameless = {"id": "nameless"}
    pages = {
        None: page(*TWELVE, {"name": "No id"}, next="2"),
        "2": page("r11", nameless, {"id": ""}),  # one of them on both pages
    }
    names = keys.of_account("o:demo")
    redis = make_client(redis_url)
    async with fronted(redis_url, Backend(pages)) as servers:
        device = await servers.device()
        await redis.zadd(names.sent("chat", "p"), dict.fromkeys(["r0", "r1", "r3", "x"], 2**53))
        await redis.hset(names.uncertain("chat", "p"), mapping={"r1": "One", "r0": "Zero"})
        await redis.zadd(names.never, {"r0": 1, "r11": 1, "x": 1})
        found = await preview(device)
        parts = {
            "toMessage": 9,
            "messagedBefore": 1,
            "doNotContact": 2,
            "uncertain": 1,
            "unusable": 2,
        }
        check(found, recipients=15, **parts)
        assert sum(parts.values()) == 15
        assert found["names"] == [f"Name r{number}" for number in (2, *range(4, 11))] + ["nameless"]
        await redis.zadd(names.sent("chat", "p"), dict.fromkeys(TWELVE, 2**53))
        assert (await preview(device))["names"] == ["nameless"]
        assert not device.told()[1:], "nobody is told of anything"
    await redis.aclose()


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (lambda: answered({"message": "no, no"}, 403), "gateway_refused", False),
        (lambda: answered({}, 401), "sign_in_again", False),
        (lambda: answered({}, 404), "unknown_profile", False),
        (lambda: answered({}, 500), "gateway_unavailable", True),
        (lambda: answered({}, 429, Retry_After="60"), "too_many_requests", True),
        (lambda: answered(b"<html>"), "gateway_unavailable", True),
        (lambda: answered(page("a", next="1")), "endless_listing", False),
        (lambda: answered(page(*TWELVE, "more")), "too_many_recipients", False),
    ],
)
async def test_what_the_gateway_refuses_is_said(
    redis_url: str, answer: Any, code: str, retryable: bool
) -> None:
    backend = Backend(listing=lambda _cursor, _number: answer())
    async with fronted(redis_url, backend, recipients_max=12, preview_timeout=10) as servers:
        device = await servers.device()
        refused = await preview(device)
        check(refused, ok=False, code=code, retryable=retryable)
        if code == "too_many_requests":
            check(refused, retryAfter=60)
            assert len(backend.asked) == 1
        assert (await device.call("heartbeat"))["ok"]


async def test_a_gateway_that_asks_to_wait_a_little_is_waited_for(redis_url: str) -> None:
    def slow_down(_cursor: str | None, number: int) -> Any:
        return answered({}, 429, Retry_After="0") if number == 1 else None

    backend = Backend({None: page("a", next="2"), "2": page("b")}, listing=slow_down)
    async with fronted(redis_url, backend) as servers:
        check(await preview(await servers.device()), ok=True, toMessage=2)
        assert backend.asked == [None, None, "2", "2"]


async def test_one_that_takes_too_long_ends_and_a_start_does_not_wait_for_it(
    redis_url: str,
) -> None:
    hanging = Backend(hang_listing=True)
    async with fronted(redis_url, hanging, preview_timeout=2.0) as servers:
        device = await servers.device()
        asking = asyncio.create_task(preview(device))
        await wait_until(lambda: hanging.asked)
        assert (await device.start("p"))["ok"]
        assert not asking.done()
        check(await asking, ok=False, code="gateway_unavailable", retryable=True)


async def test_so_many_at_a_time_of_an_account_and_of_a_server(redis_url: str) -> None:
    backend = Backend({None: page("a")}, hang_listing=True)
    bounds = {"previews_per_account": 2, "previews_max": 3, "preview_timeout": 60}
    async with fronted(redis_url, backend, **bounds) as servers:
        first, again = await servers.pair()
        other = await servers.device(token=servers.token("other"))
        under_way = [asyncio.create_task(preview(device)) for device in (first, again)]
        await wait_until(lambda: len(backend.asked) == 2)
        check(await preview(first), ok=False, code="too_many_previews", retryable=True)
        under_way.append(asyncio.create_task(preview(other)))
        await wait_until(lambda: len(backend.asked) == 3)
        third = await servers.device(token=servers.token("third"))
        check(await preview(third), ok=False, code="too_many_previews")
        for task in under_way:
            task.cancel()
        assert len(backend.asked) == 3


async def test_there_is_room_again_once_one_has_ended(redis_url: str) -> None:
    backend = Backend(listing=lambda _cursor, _number: answered({}, 500))
    async with fronted(redis_url, backend, previews_per_account=1, previews_max=1) as servers:
        device = await servers.device()
        for _ in range(3):
            check(await preview(device), code="gateway_unavailable")
        backend.listing = lambda _cursor, _number: answered(page("a"))
        for _ in range(3):
            check(await preview(device), ok=True, toMessage=1)


@pytest.mark.any_redis
async def test_of_a_run_with_options_it_is_read_too(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    about = {"profileId": "1004", "type": "mail"}
    paced = {"message": MAIL, "attachments": [PICTURE], "messageInterval": 2}
    assert (await a.call("startProcessing", {**about, **paced}))["ok"]
    check(await b.call("readRun", about), ok=True, message=MAIL, attachments=[PICTURE])


async def test_what_the_run_on_record_sends_is_read_from_any_device(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    about = {"profileId": "1004", "type": "mail"}
    check(await b.call("readRun", about), ok=False, code="not_running")
    started = await a.start(**about, message=MAIL, attachments=[PICTURE])
    assert (await b.call("updateMessage", {**about, "message": "Another text"}))["ok"]
    sends = {
        "runId": started["runId"],
        "startedAt": started["startedAt"],
        "message": MAIL,
        "attachments": [PICTURE],
    }
    check(await b.call("readRun", about), ok=True, **sends)
    assert (await b.call("stopProcessing", about))["ok"]
    check(await b.call("readRun", about), ok=True, **sends)
    assert (await a.start("1004"))["ok"]
    chat = await b.call("readRun", {"profileId": "1004", "type": "chat"})
    check(chat, ok=True, message="Hello there", attachments=[])
