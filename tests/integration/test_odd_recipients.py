"""A listing as real ones are: somebody odd on a page, and pages that fail or do not end."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.harness import Cluster, wait_until
from tests.integration.backend import Backend, answered, fronted, page

COMMAND = {"profileId": "p", "type": "chat"}
GOOD = [{"id": f"g{n}", "name": f"Good {n}"} for n in range(4)]
ODD: list[Any] = [
    {"id": "", "name": "Empty"},
    {"id": None, "name": "Null"},
    {"name": "Without"},
    {"id": "x" * 513, "name": "Long"},
    {"id": False, "name": "False"},
    "no object",
    17,
    None,
    [],
]


@pytest.mark.parametrize("odd", ODD, ids=lambda value: json.dumps(value)[:30])
async def test_an_odd_one_fails_alone_wherever_it_stands(redis_url: str, odd: Any) -> None:
    pages = {
        None: {"recipients": [GOOD[0], odd, GOOD[1]], "next": "two"},
        "two": {"recipients": [odd, GOOD[2], GOOD[3], odd]},
    }
    backend = Backend(pages=pages)
    async with fronted(redis_url, backend) as running:
        device, other = await running.pair()
        await device.start("p")
        stats = (await other.wait_for("processingComplete"))["stats"]
        assert (stats["sent"], stats["failed"], stats["total"], stats["current"]) == (4, 3, 7, 7)
        assert backend.messaged == {f"g{n}": 1 for n in range(4)}
        # Named, by name or by place, at the beginning and as the run's last line.
        shown = odd["name"] if isinstance(odd, dict) else "number 2"
        lines = [p["progress"] for p in other.named("processingProgress")]
        assert shown in lines[0]["error"]
        assert lines[-1]["message"].startswith("3 could not be messaged: ")
        assert shown in lines[-1]["message"]
        late = await running.device()
        state = await late.wait_for("processingStateSync")
        assert "3 could not be messaged" in state["message"]


async def test_very_many_odd_ones_are_counted_and_a_few_named(redis_url: str) -> None:
    records = [{"name": "N" * 100_000}, *[{"id": ""}] * 5_000, GOOD[0]]
    backend = Backend(pages={None: page(*records)})
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert (stats["sent"], stats["failed"]) == (1, 5_001)
        last = device.named("processingProgress")[-1]["progress"]["message"]
        assert last.endswith(" and 4996 more")
        assert len(last) < 1_000


READABLE: dict[str, Any] = {
    "name a number": page({"id": "1", "name": 5}),
    "id with a point": page({"id": 1.0, "name": "A"}),
    "next false": page({"id": "1", "name": "A"}, next=False),
    "byte order mark": b'\xef\xbb\xbf{"recipients": [{"id": "1"}], "next": null}',
    "latin": b'{"recipients": [{"id": "1", "name": "Jos\xe9"}], "next": null}',
    "half an emoji": b'{"recipients": [{"id": "1", "name": "\\ud83d"}], "next": null}',
    "megabytes of name": page({"id": "1", "name": "x" * 3_000_000}),
    "more fields": page({"id": "1", "tags": [{}], "x": {"y": None}}),
}


@pytest.mark.parametrize("what", READABLE)
async def test_what_can_be_read_is(redis_url: str, what: str) -> None:
    backend = Backend(pages={None: READABLE[what]})
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert (stats["sent"], stats["failed"]) == (1, 0)
        assert backend.messaged == {"1": 1}
        assert len(json.dumps(device.events)) < 20_000


async def api(running: Cluster, path: str, **options: Any) -> tuple[int, Any, dict[str, str]]:
    async with aiohttp.ClientSession(running.urls[0]) as session:
        method = "POST" if "json" in options else "GET"
        async with session.request(method, path, **options) as response:
            return response.status, await response.json(), dict(response.headers)


async def login(running: Cluster) -> tuple[int, Any, dict[str, str]]:
    credentials = {"email": "a@b.example", "password": "x"}
    return await api(running, "/api/auth/login", json=credentials)


async def test_odd_profiles_keep_nobody_from_signing_in(redis_url: str) -> None:
    profiles = [
        {"id": 1, "name": 5, "external_id": "p", "photo_link": False},
        {"id": "2", "name": "Long", "external_id": "x" * 129},
        {"id": "a\u00a0b", "name": "Space", "external_id": ""},
        {"id": None, "name": None},
        "no object",
        {"id": "6", "name": "N" * 1_000_000, "external_id": "six"},
    ]
    backend = Backend(pages={None: page("1")}, profiles=profiles)
    async with fronted(redis_url, backend) as running:
        status, body, _ = await login(running)
        assert (status, body["profiles"]) == (200, ["p", "2", "six"])
        status, offered, _ = await api(
            running, "/api/profiles", headers={"X-Alpha-Date-Token": body["alphaDateToken"]}
        )
        assert [item["external_id"] for item in offered] == ["p", "2", "six"]
        assert len(offered[2]["name"]) == 256
        device = await running.device(token=body["token"])
        for item in offered:
            assert (await device.start(item["external_id"]))["ok"], "what is offered can be used"


@pytest.mark.parametrize("asked", ["7", "date"])
async def test_a_wait_that_the_gateway_asks_for_is_passed_on_to_the_client(
    redis_url: str, asked: str
) -> None:
    backend = Backend()
    now = {"Date": "Sat, 01 Mar 2025 12:00:00 GMT"}
    wait = {"Retry-After": "Sat, 01 Mar 2025 12:00:07 GMT" if asked == "date" else asked}
    async with fronted(redis_url, backend) as running:
        _, body, _ = await login(running)
        handle = {"X-Alpha-Date-Token": body["alphaDateToken"]}
        for status, code in ((429, 429), (503, 502)):
            backend.login = backend.profiles = answered({}, status, **now, **wait)
            got, _, headers = await login(running)
            assert (got, headers.get("Retry-After")) == (code, "7")
            backend.profiles = answered({}, status, **now, **wait)
            got, _, headers = await api(running, "/api/profiles", headers=handle)
            assert (got, headers.get("Retry-After")) == (code, "7")


def sixty(*_: Any) -> dict[str | None, Any]:
    names: list[str | None] = [None, *(f"c{n}" for n in range(1, 60))]
    following = [*names[1:], None]
    return {
        name: page(f"r{n}", next=after)
        for n, (name, after) in enumerate(zip(names, following, strict=True))
    }


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503, 500])
async def test_a_page_refused_in_the_middle_of_sixty_is_where_it_goes_on(
    redis_url: str, status: int
) -> None:
    backend = Backend(pages=sixty())
    refused = {"c20": 1, "c40": 3}
    backend.listing = lambda cursor, number: (
        answered({}, status, Retry_After="0.2") if number <= refused.get(cursor or "", 0) else None
    )
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert stats["sent"] == 60
        assert backend.messaged == {f"r{n}": 1 for n in range(60)}
        assert len(backend.asked) == 64
        assert backend.asked.count(None) == 1


def endless(backend: Backend, *recipients: str) -> None:
    backend.listing = lambda _cursor, _number: answered(
        page(*recipients, next=f"c{len(backend.asked)}")
    )


@pytest.mark.parametrize("recipients", [(), ("same",)])
async def test_endless_pages_end_the_run_with_a_reason(
    redis_url: str, recipients: tuple[str, ...]
) -> None:
    backend = Backend()
    endless(backend, *recipients)
    async with fronted(redis_url, backend) as running:
        device, other = await running.pair()
        await device.start("p")
        for each in (device, other):
            ended = await each.wait_for("processingInterrupted")
            assert ended["code"] == "endless_listing"
        assert len(backend.asked) < 300
        assert backend.arrived == []
        before = len(backend.asked)
        await asyncio.sleep(0.2)
        assert len(backend.asked) == before, "and nothing goes on behind it"


async def test_a_stop_ends_the_listing_and_a_second_start_adds_none(redis_url: str) -> None:
    backend = Backend()
    # Each with somebody new: nothing but a stop ends it before a hundred thousand.
    backend.listing = lambda _cursor, _number: answered(
        page(f"r{len(backend.asked)}", next=f"c{len(backend.asked)}")
    )
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        for _ in range(3):
            before = len(backend.asked)
            await device.start("p")
            await wait_until(lambda before=before: len(backend.asked) > before + 20)  # type: ignore[misc]
            assert (await device.call("stopProcessing", COMMAND))["ok"]
        firsts = backend.asked.count(None)
        await wait_until(lambda: len(running.servers[0].pool) == 0, what="no run is left")
        before = len(backend.asked)
        await asyncio.sleep(0.2)
        assert len(backend.asked) == before
        assert firsts == 3
        assert backend.arrived == []


@pytest.mark.parametrize("kind", ["endless", "hanging"])
async def test_a_shutdown_does_not_wait_for_a_listing(redis_url: str, kind: str) -> None:
    backend = Backend()
    if kind == "endless":
        backend.listing = lambda _cursor, _number: answered(
            page(f"r{len(backend.asked)}", next=f"c{len(backend.asked)}")
        )
    else:
        backend.hang_listing = True
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        await wait_until(lambda: backend.asked)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await running.servers[0].pool.drain()
        assert loop.time() - began < 10, "far below the 12 s after which runs are cut"


async def test_a_hanging_page_does_not_keep_a_stopped_run_alive(redis_url: str) -> None:
    backend = Backend(hang_listing=True)
    async with fronted(redis_url, backend, gateway_timeout=60) as running:
        device = await running.device()
        await device.start("p")
        await wait_until(lambda: backend.asked)
        assert (await device.call("stopProcessing", COMMAND))["ok"]
        await wait_until(lambda: len(running.servers[0].pool) == 0, what="no run is left")
