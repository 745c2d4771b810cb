"""One device that sends far more than it may, again and again, while the others of its account go
on."""

import asyncio
import contextlib
import json
import logging
from typing import Any

import pytest

from tests.faults import patient
from tests.faults.crowd import Typist, limits, median_of_all, typist
from tests.faults.harness import site
from tests.harness import PATIENCE, wait_until
from tests.integration.support import RawSocket, raw

pytestmark = [pytest.mark.faults, pytest.mark.slow]

RATE = 5_000
"""Events per second."""
TICK = 0.01
"""Seconds between two handfuls of them, and between two key strokes of another device."""
BURST, AGAIN = 1_000, 200
"""Events that a device may send at once, and per second for long: the settings' defaults."""
VISITS = 5
"""How often it comes and does it."""
OTHERS_WITHIN = 5.0
"""Seconds from most key strokes of another device to a third one, on a machine however busy."""

log = logging.getLogger(__name__)


async def flood(socket: RawSocket, profile: str) -> int:
    """Type until the server has enough of it; returns how many events that took."""
    count = 0
    async with asyncio.timeout(PATIENCE):
        while not socket.closed:
            for _ in range(int(RATE * TICK)):
                draft = {"profileId": profile, "type": "chat", "message": f"text {count}"}
                await socket.send(f"42{count}{json.dumps(['updateMessage', draft])}")
                count += 1
            await asyncio.sleep(TICK)
    return count


async def type_on(device: Typist, done: asyncio.Event) -> None:
    while not done.is_set():
        await device.type("other", 100)
        await asyncio.sleep(TICK)


def acks(socket: RawSocket) -> dict[int, dict[str, Any]]:
    """The acknowledgements, by the number of the event."""
    frames = [frame[2:].partition("[") for frame in socket.frames if frame.startswith("43")]
    found = {int(number): json.loads(f"[{rest}")[0] for number, _, rest in frames}
    assert len(found) == len(frames), "one for each event"
    return found


def errors(socket: RawSocket) -> list[dict[str, Any]]:
    events = [json.loads(frame[2:]) for frame in socket.frames if frame.startswith("42")]
    return [data for name, data in events if name == "error"]


async def judge(socket: RawSocket, profile: str, witness: Typist, burst: int) -> int:
    """Fail unless a burst was carried out, and of the rest what it was told; returns how many were.

    The answers to what was under way when it was cut are lost with the connection.
    """
    told = acks(socket)
    taken = {number for number, ack in told.items() if ack["ok"]}
    refused = {number: ack for number, ack in told.items() if not ack["ok"]}
    assert refused or not burst, "who comes again may be cut at once"
    assert not set(refused) & set(range(burst)), "a burst is no flood"
    refusals = errors(socket)
    assert len(refusals) == len(refused)
    for answer in (*refused.values(), *refusals):
        assert (answer["code"], answer["retryable"]) == ("too_many_requests", True)
        assert answer["message"]
    assert {error["event"] for error in refusals} <= {"updateMessage"}

    def seen() -> list[int]:
        updates = witness.named("messageUpdated")
        return [int(d["message"].split()[1]) for d in updates if d["profileId"] == profile]

    carried_out = taken | set(range(burst))
    await wait_until(lambda: carried_out <= set(seen()), what="what it was told is done")
    assert seen() == sorted(set(seen()))
    assert not set(seen()) & set(refused)
    return len(seen())


async def test_a_flood_is_refused_and_then_cut() -> None:
    async with (
        site(1, valkey=(), program=patient.PROGRAM) as running,
        contextlib.AsyncExitStack() as stack,
    ):
        url, token = running.urls[0], running.token()
        other, witness = [
            await stack.enter_async_context(typist(running.http, url, token)) for _ in range(2)
        ]
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        begun, carried_out = loop.time(), 0
        offer: dict[str, str] = {}
        codes: list[int | None] = []
        typing = asyncio.create_task(type_on(other, over), name="typing")
        try:
            for visit in range(VISITS):
                profile = f"flood {visit}"
                async with raw(url) as flooding:
                    await flooding.register(token, **offer)
                    registered = json.loads((await flooding.frame('42["deviceReg'))[2:])[1]
                    offer = {name: registered[name] for name in ("deviceId", "resumeToken")}
                    sent = await flood(flooding, profile)
                log.info("%d sent, %d answered", sent, len(acks(flooding)))
                codes.append(flooding.close_code)
                burst = 0 if visit else BURST
                carried_out += await judge(flooding, profile, witness, burst)
            took = loop.time() - begun
            log.info("%d carried out in %.1f s", carried_out, took)
            assert carried_out <= BURST + AGAIN * took, "whoever comes again has no more"
        finally:
            over.set()
            await typing
        assert await median_of_all(other, witness) < OTHERS_WITHIN
        told = await limits(running.http, url)
        assert told["event_rate"] == VISITS, (told, codes)
        assert told["slow_consumer"] == 0
        # Whoever has done that may come back, and is served as anybody is.
        async with typist(running.http, url, token) as back:
            assert (await back.call("stopAllProcessing"))["ok"]
