"""A server whose clock is an hour off: only what its tokens are worth depends on it."""

import time

import pytest
import socketio

from tests.faults.an_hour_ahead import AHEAD
from tests.faults.harness import completed, nobody_twice_nobody_lost, site
from tests.faults.returning import unbroken
from tests.harness import Device, wait_until
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

TIMES = ("timestamp", "startedAt", "completedAt", "stoppedAt")
TOLERANCE = 60_000
"""Milliseconds between the test's clock and Redis'."""


def assert_times_are_right(device: Device) -> None:
    now = time.time() * 1000
    for name, data in device.events:
        for field in TIMES:
            if field in data:
                assert abs(data[field] - now) < TOLERANCE, f"{name}.{field}"


async def test_locks_leases_and_orders_do_not_mind() -> None:
    async with site(1, people=people(p=40, q=3), send_interval=0.25) as running:
        wrong = await running.add_server(("-m", "tests.faults.an_hour_ahead"))
        right = running.servers[0]
        # Proof that it is off: half an hour is over there.
        half_an_hour = running.tokens.mint("demo", lifetime=AHEAD / 2).token
        await running.device(0, token=half_an_hour)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await running.device(1, token=half_an_hour)

        a = await running.returning(wrong.url, right.url)
        b = await running.returning(right.url)
        assert (await a.start("p"))["ok"]
        refused = await b.start("p")
        assert (refused["code"], refused["lockOwner"]) == ("locked", a.id)
        assert (await b.start("q"))["ok"]
        await a.wait_for("processingComplete", profileId="q")

        # A lease of the one is neither over at once nor for ever in the eyes of the other.
        await b.wait_for("processingProgress", 15, profileId="p")
        for log in (right.log, wrong.log):
            assert "taking over" not in log
            assert "lease lost" not in log
        wrong.kill()
        await b.wait_for("processingTakenOver", profileId="p")
        await completed(b, 2)
        assert not b.named("processingInterrupted")
        for device in (a, b):
            assert unbroken(device.events) == 1
            assert_times_are_right(device)
        await nobody_twice_nobody_lost(running, b, "p", 40, uncertain=1)


async def test_the_one_with_the_wrong_clock_takes_over_in_time() -> None:
    async with site(1, people=people(p=200), send_interval=0.25) as running:
        await running.add_server(("-m", "tests.faults.an_hour_ahead"))
        right = running.servers[0]
        a = await running.device(0)
        b = await running.device(1)
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress", 3)
        right.kill()
        # After the lease, and then the grace: neither an hour early nor an hour late.
        await b.wait_for("deviceReconnecting")
        await wait_until(lambda: b.named("processingInterrupted"), 60.0, "told")
        assert b.named("processingTakenOver"), "the grace had not passed yet"
        assert (await b.start("p"))["ok"]
        assert_times_are_right(b)
