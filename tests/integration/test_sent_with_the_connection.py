"""Commands that come together with the connection, before the device is registered."""

import asyncio
import contextlib
import json
from collections import Counter

import pytest

from alphasync.store.connect import make_client
from tests.harness import WHO_IS_HERE, Cluster, be_patient_with_redis, cluster, wait_until
from tests.integration.support import RawSocket, raw

HESITATION, AWAY = 400, 4000
"""Milliseconds that Redis does not answer while the device joins: it waits, or is told."""


async def hesitate(running: Cluster, milliseconds: int = HESITATION) -> None:
    client = make_client(running.redis_url)
    await client.client_pause(milliseconds)
    await client.aclose()


def command(number: int | str, event: str, **payload: object) -> str:
    return f"42{number}" + json.dumps([event, payload])


def typed(number: int | str, text: str) -> str:
    return command(number, "updateMessage", profileId="1001", type="chat", message=text)


def acks(socket: RawSocket) -> dict[int, dict[str, object]]:
    found = {}
    for frame in socket.frames:
        if frame.startswith("43"):
            number, _, rest = frame[2:].partition("[")
            found[int(number)] = json.loads("[" + rest)[0]
    return found


def events(socket: RawSocket) -> list[tuple[str, dict[str, object]]]:
    return [tuple(json.loads(f[2:])) for f in socket.frames if f.startswith('42["')]


async def begin(running: Cluster, socket: RawSocket, *packets: str, operator: str = "demo") -> None:
    """As socket.io-client: all that it has put aside goes out when the connection stands."""
    await socket.send("40" + json.dumps({"token": running.token(operator)}))
    await socket.frame("40")
    for packet in packets:
        await socket.send(packet)


@pytest.mark.any_redis
async def test_they_are_carried_out_in_their_order(one_server: Cluster) -> None:
    seeing = await one_server.device()
    await hesitate(one_server)
    texts = [f"text {number}" for number in range(50)]
    async with raw(one_server.urls[0]) as socket:
        await begin(one_server, socket, *map(typed, range(50), texts))
        await seeing.wait_for("messageUpdated", message=texts[-1])
        await wait_until(lambda: len(acks(socket)) == 50)
    assert [data["message"] for data in seeing.named("messageUpdated")] == texts
    assert all(ack["ok"] for ack in acks(socket).values())
    assert events(socket)[0][0] == "deviceRegistered"
    assert "error" not in dict(events(socket))


async def test_what_comes_as_the_first_are_let_go_stays_behind_them(one_server: Cluster) -> None:
    """A steady stream over the moment of the registration."""
    seeing = await one_server.device()
    texts = [f"text {number}" for number in range(600)]
    async with raw(one_server.urls[0]) as socket:
        await begin(one_server, socket)
        for text in texts:
            await socket.send(typed("", text))
            if len(text) % 3 == 0:
                await asyncio.sleep(0)
        await seeing.wait_for("messageUpdated", message=texts[-1])
    assert [data["message"] for data in seeing.named("messageUpdated")] == texts


async def test_none_is_overtaken_while_the_first_are_let_go(one_server: Cluster) -> None:
    """They wait for the registration, and not behind texts that take long."""
    seeing = await one_server.device()
    await hesitate(one_server)
    texts = [f"text {number}" for number in range(600)]
    async with raw(one_server.urls[0]) as socket:
        await begin(one_server, socket, *(typed("", text) for text in texts[:400]))
        await wait_until(lambda: events(socket))
        for text in texts[400:]:
            await socket.send(typed("", text))
        await seeing.wait_for("messageUpdated", message=texts[-1])
    assert [data["message"] for data in seeing.named("messageUpdated")] == texts


async def test_a_start_and_a_stop_behind_it(one_server: Cluster) -> None:
    seeing = await one_server.device()
    about = {"profileId": "1001", "type": "chat"}
    async with raw(one_server.urls[0]) as socket:
        start = command("", "startProcessing", **about, message="Hello")
        await begin(one_server, socket, start, command("", "stopProcessing", **about))
        await seeing.wait_for("processingStopped")
    assert seeing.names().index("processingStarted") < seeing.names().index("processingStopped")
    assert "error" not in dict(events(socket))


async def test_a_wrong_one_among_them_is_refused_alone(one_server: Cluster) -> None:
    seeing = await one_server.device()
    await hesitate(one_server)
    async with raw(one_server.urls[0]) as socket:
        await begin(
            one_server, socket, command(1, "updateMessage"), command(2, "nope"), typed(3, "good")
        )
        await seeing.wait_for("messageUpdated", message="good")
        await wait_until(lambda: len(acks(socket)) == 3)
    assert [acks(socket)[number].get("code") for number in (1, 2, 3)] == [
        "invalid_payload",
        "unknown_event",
        None,
    ]
    assert [name for name, _ in events(socket)][:1] == ["deviceRegistered"]
    assert [name for name, _ in events(socket)].count("error") == 2


async def test_no_more_of_them_wait_than_may_come_at_once(redis_url: str) -> None:
    async with cluster(redis_url, event_burst=20, event_rate=0.01) as running:
        await hesitate(running)
        async with raw(running.urls[0]) as socket:
            await begin(running, socket, *(typed(number, "x") for number in range(30)))
            await wait_until(lambda: len(acks(socket)) == 30)
            codes = [acks(socket)[number].get("code") for number in range(30)]
            assert codes == [None] * 20 + ["too_many_requests"] * 10
            await wait_until(lambda: "error" in dict(events(socket)))
        assert events(socket)[0][0] == "deviceRegistered"


async def test_no_more_memory_than_an_account_may_have(redis_url: str) -> None:
    """Of all its devices that wait; what another account sends is not refused for it."""
    async with cluster(redis_url, early_bytes_per_account=2**20, event_burst=10_000) as running:
        await hesitate(running)
        async with contextlib.AsyncExitStack() as stack:
            noisy = [await stack.enter_async_context(raw(running.urls[0])) for _ in range(2)]
            for socket in noisy:
                texts = (typed(number, "x" * 10_000) for number in range(100))
                await begin(running, socket, *texts)
            async with raw(running.urls[0]) as other:
                await begin(running, other, *map(typed, range(20), "x" * 20), operator="other")
                await wait_until(lambda: len(acks(other)) == 20)
                assert all(ack["ok"] for ack in acks(other).values())
            await wait_until(lambda: all(len(acks(socket)) == 100 for socket in noisy))
            codes = Counter(ack.get("code") for socket in noisy for ack in acks(socket).values())
            assert set(codes) == {None, "too_many_requests"}
            assert 50 < codes[None] <= 2**20 // 14_000
        await hesitate(running)
        async with raw(running.urls[0]) as socket:  # what has had its turn makes room
            await begin(running, socket, *map(typed, range(50), "y" * 50))
            await wait_until(lambda: len(acks(socket)) == 50)
            assert all(ack["ok"] for ack in acks(socket).values())


@pytest.mark.slow
@pytest.mark.parametrize("acknowledged", [True, False])
async def test_with_redis_away_they_are_refused_in_time_and_it_is_said(
    one_server: Cluster, acknowledged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_patient_with_redis(monkeypatch, 1.0)
    running, loop = one_server, asyncio.get_running_loop()
    about = {"profileId": "1001", "type": "chat"}
    async with raw(running.urls[0]) as socket:
        await hesitate(running, AWAY)
        sent_at = loop.time()
        start = command(1 if acknowledged else "", "startProcessing", **about, message="Hello")
        await begin(running, socket, start)
        if acknowledged:
            await wait_until(lambda: acks(socket))
            assert acks(socket)[1]["code"] == "store_unavailable"
            assert acks(socket)[1]["retryable"]
            assert loop.time() - sent_at < AWAY / 1000, "not as long as Redis is away"
            assert events(socket) == [], "none comes before deviceRegistered"
        await wait_until(lambda: "processingStateSync" in dict(events(socket)))
    said = [event for event in events(socket) if event[0] not in WHO_IS_HERE]
    assert [name for name, _ in said] == ["deviceRegistered", "error", "processingStateSync"]
    assert (said[1][1]["code"], said[1][1]["event"]) == ("store_unavailable", "startProcessing")
    assert said[2][1] == {**said[2][1], **about, "isProcessing": False, "status": "none"}
