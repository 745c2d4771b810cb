"""The sandbox's switches, as the gateway client sees them; its page and its end."""

import asyncio

import aiohttp
import pytest

from alphasync.gateway.http import HttpGateway
from alphasync.gateway.port import (
    AlreadySent,
    NotAuthorised,
    NotSent,
    RateLimited,
    RecipientRefused,
    RunRefused,
    Sent,
    Unknown,
)
from alphasync.gateway.sandbox import RunningSandbox, start_sandbox
from tests.harness import PATIENCE, wait_until
from tests.integration.sandbox.talking import (
    FIRST,
    PROFILE,
    SECOND,
    chat,
    deliveries,
    switch,
)


async def test_refused_recipients(gateway: HttpGateway, web: aiohttp.ClientSession) -> None:
    await switch(web, refuse=[FIRST])
    assert isinstance(await gateway.send(None, PROFILE, chat(FIRST), "a"), RecipientRefused)
    assert await gateway.send(None, PROFILE, chat(SECOND), "b") == Sent()
    assert [entry["recipientId"] for entry in await deliveries(web)] == [SECOND]
    await switch(web, refuse=1)
    assert isinstance(await gateway.send(None, PROFILE, chat(SECOND), "c"), RecipientRefused)


async def test_rate_limit(gateway: HttpGateway, web: aiohttp.ClientSession) -> None:
    await switch(web, rateLimit={"everyNth": 2, "retryAfter": 0.25})
    results = [await gateway.send(None, PROFILE, chat(), str(number)) for number in range(4)]
    assert results == [Sent(), RateLimited(0.25), Sent(), RateLimited(0.25)]
    assert len(await deliveries(web)) == 2


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("status", "kind"), [(500, Unknown), (503, NotSent)])
async def test_errors(
    gateway: HttpGateway, web: aiohttp.ClientSession, after: bool, status: int, kind: type
) -> None:
    await switch(web, errors={"everyNth": 2, "status": status, "afterRecording": after})
    assert await gateway.send(None, PROFILE, chat(FIRST), "a") == Sent()
    assert type(await gateway.send(None, PROFILE, chat(SECOND), "b")) is kind
    expected = [FIRST, SECOND] if after else [FIRST]
    assert [entry["recipientId"] for entry in await deliveries(web)] == expected


@pytest.mark.parametrize("after", [False, True])
async def test_a_dropped_connection_is_unknown_and_its_key_makes_a_retry_safe(
    gateway: HttpGateway, web: aiohttp.ClientSession, after: bool
) -> None:
    await switch(web, drop={"everyNth": 2, "afterRecording": after})
    assert await gateway.send(None, PROFILE, chat(FIRST), "a") == Sent()
    assert isinstance(await gateway.send(None, PROFILE, chat(SECOND), "b"), Unknown)
    # One arrival: nothing below this client repeated the send by itself.
    assert len(await deliveries(web)) == (2 if after else 1)
    assert await gateway.send(None, PROFILE, chat(SECOND), "b") == Sent()
    assert [entry["recipientId"] for entry in await deliveries(web)] == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (307, RunRefused),
        (302, Unknown),
        (400, RunRefused),
        (401, NotAuthorised),
        (403, RunRefused),
        (404, RecipientRefused),
        (409, AlreadySent),
        (410, RecipientRefused),
        (429, RateLimited),
        (501, NotSent),
        (599, Unknown),
    ],
)
async def test_one_status_for_every_message(
    gateway: HttpGateway, web: aiohttp.ClientSession, status: int, kind: type
) -> None:
    await switch(web, status=status)
    assert type(await gateway.send(None, PROFILE, chat(), "a")) is kind
    assert await deliveries(web) == []
    assert await gateway.profiles(None)


async def test_latency_beyond_the_timeout_is_unknown_and_arrives_all_the_same(
    sandbox: RunningSandbox, web: aiohttp.ClientSession
) -> None:
    hasty = HttpGateway(sandbox.url, timeout=1.0)  # with what a busy machine takes to connect
    try:
        await switch(web, latency=3.0)
        assert await hasty.send(None, PROFILE, chat(), "a") == Unknown(
            "The gateway did not answer in time"
        )
        assert await deliveries(web) == []

        async def arrived() -> bool:
            return len(await deliveries(web)) == 1

        await wait_until(arrived)
    finally:
        await hasty.aclose()


async def test_setting_and_reading_the_switches(web: aiohttp.ClientSession) -> None:
    async with web.put("/faults", json={"latency": 0.5, "seed": 2}) as response:
        assert response.status == 200
    await switch(web, idempotency=False)
    async with web.get("/faults") as response:
        assert await response.json() == {
            "latency": 0.5,
            "refuse": [],
            "rateLimit": None,
            "errors": None,
            "drop": None,
            "status": None,
            "idempotency": False,
            "repeat": "replay",
            "seed": 2,
        }
    for method in ("PUT", "PATCH"):
        async with web.request(method, "/faults", json={"latenzy": 1}) as response:
            assert response.status == 400
            assert "latenzy" in (await response.json())["message"]
    async with web.put("/faults", json={}) as response:
        assert (await response.json())["seed"] == 0


async def test_errors_are_json_with_a_message(web: aiohttp.ClientSession) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("PATCH", "/login", 405)):
        async with web.request(method, path) as response:
            assert response.status == status
            assert isinstance((await response.json())["message"], str)


async def test_the_page_is_strict(web: aiohttp.ClientSession) -> None:
    for path, kind in (
        ("/", "text/html"),
        ("/page.css", "text/css"),
        ("/page.js", "text/javascript"),
    ):
        async with web.get(path) as response:
            assert response.status == 200
            assert response.content_type == kind
            assert "default-src 'none'" in response.headers["Content-Security-Policy"]
            text = await response.text()
            assert "://" not in text
            assert "innerHTML" not in text


async def test_a_taken_port_is_an_os_error(sandbox: RunningSandbox) -> None:
    with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
        await start_sandbox("127.0.0.1", sandbox.port)


async def test_closing_does_not_wait_for_latency() -> None:
    running = await start_sandbox("127.0.0.1", 0)
    gateway = HttpGateway(running.url)
    async with aiohttp.ClientSession(running.url) as web:
        await switch(web, latency=60)
        waiting = asyncio.create_task(gateway.send(None, PROFILE, chat(), "k"))

        async def answers() -> bool:
            async with web.get("/faults") as response:
                return response.status == 200 and not waiting.done()

        await wait_until(answers)
    async with asyncio.timeout(PATIENCE):
        await running.close()
        assert isinstance(await waiting, Unknown | NotSent)
    await gateway.aclose()
