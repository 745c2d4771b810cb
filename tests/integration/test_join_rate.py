"""How many joins an account and an address may ask for, and what is asked of Redis for them."""

import asyncio
import contextlib
import json
from typing import Any

import pytest

from alphasync.realtime.joins import Joins
from alphasync.realtime.turns import JOINING_MAX
from alphasync.services.devices import Devices, Joined
from tests.harness import Cluster, cluster, wait_until
from tests.integration.support import raw


async def registered(running: Cluster, token: str) -> tuple[str, float]:
    """What a connection is told: its first event's name or its error's code, and after how long."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with raw(running.urls[0]) as socket:
        await socket.send(f"40{json.dumps({'token': token})}")
        name, data = json.loads((await socket.frame("42["))[2:])
        took = loop.time() - begun
        if name == "error":
            await wait_until(lambda: socket.closed, what="closed")
            assert data["retryable"]
            return data["code"], took
        return name, took


@pytest.mark.parametrize("limit", ["", "_per_address"], ids=["account", "address"])
async def test_joins_over_the_rate_wait_and_too_many_are_refused(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr("alphasync.realtime.turns.TURN_TIMEOUT", 1.0)
    settings: dict[str, Any] = {f"join_rate{limit}": 2.0, f"join_burst{limit}": 3}
    async with cluster(redis_url, **settings) as running:
        token = running.token()
        tokens = [running.token(f"o{n}") if limit else token for n in range(8)]
        told = await asyncio.gather(*(registered(running, token) for token in tokens))
        names = sorted(name for name, _ in told)
        assert names == ["deviceRegistered"] * 5 + ["too_many_joins"] * 3
        waited = sorted(took for name, took in told if name == "deviceRegistered")
        assert waited[3] >= 0.4
        assert waited[4] >= 0.9
        if not limit:  # another account joins at once
            assert (await registered(running, running.token("other")))[0] == "deviceRegistered"


async def test_who_has_left_before_its_turn_is_not_put_on_record(redis_url: str) -> None:
    async with cluster(redis_url, join_rate=1.0, join_burst=1) as running:
        token = running.token()
        await running.device(token=token)
        async with contextlib.AsyncExitStack() as stack:
            for leaving in range(4):
                socket = await stack.enter_async_context(raw(running.urls[0]))
                await socket.send(f"40{json.dumps({'token': token})}")
                await socket.frame("40")
                if leaving % 2:
                    await socket.send("41")
        sessions = running.servers[0].realtime.sessions
        await wait_until(lambda: len(sessions) == 1, what="all the others have gone")
        client = running.servers[0].store.client
        records = [key async for key in client.scan_iter("as:{o:demo}:device:*", count=1000)]
        assert len(records) == 1


async def test_few_joins_of_an_account_are_under_way_at_a_time(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that go while they wait for a place ask Redis for nothing."""
    join, under_way, most, asked = Devices.join, set[object](), 0, 0
    going_on = asyncio.Event()

    async def counted(self: Devices, who: object, session: str, *rest: object) -> Joined:
        nonlocal most, asked
        asked += 1
        under_way.add(session)
        most = max(most, len(under_way))
        try:
            await going_on.wait()
            return await join(self, who, session, *rest)  # type: ignore[arg-type]
        finally:
            under_way.discard(session)

    monkeypatch.setattr(Devices, "join", counted)
    async with cluster(redis_url) as running, contextlib.AsyncExitStack() as stack:
        token = running.token()
        sockets = [
            await stack.enter_async_context(raw(running.urls[0])) for _ in range(JOINING_MAX + 6)
        ]
        for socket in sockets:
            await socket.send(f"40{json.dumps({'token': token})}")
            await socket.frame("40")
        await wait_until(lambda: len(under_way) == JOINING_MAX, what="the first ones are under way")
        for socket in sockets[-4:]:
            await socket.send("41")
        sessions = running.servers[0].realtime.sessions
        await wait_until(lambda: len(sessions) == JOINING_MAX + 2, what="four have gone")
        going_on.set()
        for socket in sockets[:-4]:
            await socket.frame('42["deviceRegistered"')
        assert (most, asked) == (JOINING_MAX, JOINING_MAX + 2)


async def test_a_join_that_fails_leaves_its_place_to_the_next(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = Joins._register

    async def failing(self: Joins, session: object) -> Joined:
        if failures:
            raise failures.pop()
        return await join(self, session)  # type: ignore[arg-type]

    failures: list[Exception] = [RuntimeError("odd")] * (JOINING_MAX + 1)
    monkeypatch.setattr(Joins, "_register", failing)
    async with cluster(redis_url) as running:
        token = running.token()
        for _ in range(JOINING_MAX + 1):
            assert (await registered_or_closed(running, token)) == "internal_error"
        await running.device(token=token)


async def registered_or_closed(running: Cluster, token: str) -> str:
    async with raw(running.urls[0]) as socket:
        await socket.send(f"40{json.dumps({'token': token})}")
        name, data = json.loads((await socket.frame("42["))[2:])
        assert name == "error"
        return str(data["code"])
