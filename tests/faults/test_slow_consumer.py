"""A client that stops reading while the others of its account go on typing."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import patient
from tests.faults.crowd import Slow, Typist, drafts, limited, percentile, slow, typist
from tests.faults.harness import Site, site
from tests.faults.returning import unbroken
from tests.faults.soak import measure
from tests.harness import wait_until

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc"),
]

SETTINGS: dict[str, Any] = {
    "valkey": (),
    "program": patient.PROGRAM,
    "event_rate": 100_000,
    "event_burst": 100_000,
    "event_rate_per_account": 100_000,
    "event_rate_per_address": 100_000,
    "ping_interval": "60s",
    "drafts_per_account": 10_000,
}
"""The typists are no flood, and it is not a ping that is to find the client that does not read."""
RATE = 1000
"""Key strokes per second that are tried; a busy machine makes it fewer."""
HANDFUL = 10
"""Key strokes at once."""
SIZE = 2_000
"""Bytes of a draft."""
CUT_WITHIN = 5 * RATE
"""Key strokes: what goes out in five seconds."""
CALM = 2 * RATE
"""Key strokes: what goes out in two."""
BUFFER_MAX = 1_000_000 + 64 * 1024
"""Bytes that may wait for one client, with those that are on their way already."""
SLACK = 3_000_000
"""Bytes by which a server's memory moves by itself."""
FEW, MANY = 20, 1_000_000
"""Drafts that are typed in turns: small enough together to wait for anybody, or ever new ones."""
LARGE = 3_000
"""Drafts whose snapshot is larger than what may wait and what kernels take."""
TRY_AGAIN = 1013
"""WebSocket close code."""

log = logging.getLogger(__name__)


class Crowd:
    """Two devices that type, and a third one beside the slow one that reads as it comes."""

    def __init__(self, running: Site, typists: list[Typist], witness: Typist) -> None:
        self.running = running
        self.witness = witness
        self._typists = typists
        self._numbers = itertools.count()
        self._calm = 0
        """How many key strokes came before it counted."""
        self._memory_before = self._memory = 0

    @property
    def count(self) -> int:
        """Key strokes so far."""
        return sum(who.count for who in self._typists)

    @property
    def typed(self) -> dict[str, str]:
        """The latest text of each draft."""
        return {profile: text for who in self._typists for profile, text in who.typed.items()}

    @property
    def revision(self) -> int:
        """Of the last event that the witness has seen."""
        revision: int = self.witness.events[-1][1]["revision"]
        return revision

    async def cuts(self) -> int:
        """How often the slow one's server has cut a client that did not read."""
        return await limited(self.running.http, self.running.urls[0], "slow_consumer")

    async def type(self, count: int, among: int) -> None:
        """Type so often, to so many drafts in turns."""
        for number in itertools.islice(self._numbers, count):
            # A draft is one typist's alone: what two type at once has no latest text.
            await self._typists[number % 2].type(f"{number % among} of {among}", SIZE)
            if number % HANDFUL == 0:
                self._memory = max(self._memory, self._measure())
                await asyncio.sleep(HANDFUL / RATE)

    async def seen(self) -> None:
        """Return when the witness has got every key stroke, each once."""
        await wait_until(lambda: len(self.witness.others) >= self.count, what="all key strokes")
        assert unbroken(self.witness.events) == 1

    def begin(self) -> None:
        """From here on it counts what memory and time it takes."""
        self._calm = len(self.witness.others)
        self._memory_before = self._memory = self._measure()

    def judge(self) -> None:
        """Fail when the slow one's server has taken more memory for it than it may."""
        grown = self._memory - self._memory_before
        others = self.witness.others
        calm, now = (
            percentile(part, 0.99) for part in (others[: self._calm], others[self._calm :])
        )
        log.info("%.1f MB more; p99 %.1f ms, before %.1f ms", grown / 1e6, now * 1e3, calm * 1e3)
        assert grown <= BUFFER_MAX + SLACK

    def _measure(self) -> int:
        return measure(self.running.servers[0].pid)[0]


@contextlib.asynccontextmanager
async def stalled() -> AsyncIterator[tuple[Crowd, Slow]]:
    """A crowd that has typed for a while, and a client that does not read from now on."""
    async with site(2, **SETTINGS) as running, contextlib.AsyncExitStack() as stack:
        here, elsewhere = running.urls
        witness, *typists = [
            await stack.enter_async_context(typist(running.http, url, running.token()))
            for url in (here, elsewhere, elsewhere)
        ]
        crowd = Crowd(running, typists, witness)
        await crowd.type(CALM, FEW)
        await crowd.seen()
        not_reading = await stack.enter_async_context(slow(here, running.token()))
        crowd.begin()
        yield crowd, not_reading


async def test_drafts_that_replace_one_another_are_conflated() -> None:
    async with stalled() as (crowd, device):
        await crowd.type(CUT_WITHIN, FEW)
        await crowd.seen()
        crowd.judge()
        await device.read_until(lambda: device.revision == crowd.revision)
        assert drafts(device.events) == crowd.typed
        assert len(device.events) < CUT_WITHIN, "that many do not fit"
        # And it goes on as if nothing had been.
        read = len(device.events)
        async with asyncio.TaskGroup() as both:
            both.create_task(crowd.type(CALM, FEW))
            both.create_task(device.read_until(lambda: len(device.events) == read + CALM))
        await crowd.seen()
        assert device.revision == crowd.revision
        assert drafts(device.events) == crowd.typed
        assert await crowd.cuts() == 0


async def test_what_cannot_be_conflated_cuts_and_it_comes_back() -> None:
    async with stalled() as (crowd, device), contextlib.AsyncExitStack() as stack:
        begun = crowd.count
        while not await crowd.cuts():
            assert crowd.count < begun + CUT_WITHIN, "nobody cuts it"
            await crowd.type(2 * HANDFUL, MANY)
        crowd.judge()
        running = crowd.running
        async with asyncio.TaskGroup() as both:
            both.create_task(crowd.type(CALM, FEW))
            assert await device.read_out() == TRY_AGAIN
            returning = typist(running.http, running.urls[0], running.token(), device.offer)
            back = await stack.enter_async_context(returning)
        await crowd.seen()
        # Its answer is behind everything that has been sent to the device.
        assert (await back.call("heartbeat"))["ok"]
        registered = back.last("deviceRegistered")
        assert (registered["resumed"], registered["deviceId"]) == (True, device.offer["deviceId"])
        assert drafts([*device.events, *back.events]) == crowd.typed
        assert (back.lost, await crowd.cuts()) == ([], 1)


@pytest.mark.parametrize("polls", [False, True], ids=["websocket", "polling"])
async def test_a_large_state_reaches_a_client_that_reads(polls: bool) -> None:
    """It may be larger than what may wait: whoever was cut for it would be again, for ever."""
    async with site(1, **SETTINGS) as running, contextlib.AsyncExitStack() as stack:
        url, token = running.urls[0], running.token()
        writer = await stack.enter_async_context(typist(running.http, url, token))
        for number in range(LARGE):
            await writer.type(str(number), SIZE)
            if number % HANDFUL == 0:
                await writer.call("heartbeat")  # a device that hears nothing for long leaves
        ack = await writer.call("heartbeat")
        assert ack["ok"], ack
        if polls:
            polling = await running.device(transports=["polling"])
            await wait_until(lambda: len(polling.events) > LARGE + 1, what="the state")
            events = polling.events
        else:
            reading = await stack.enter_async_context(slow(url, token))
            await reading.read_until(lambda: len(reading.events) > LARGE + 1)
            events = reading.events
        assert drafts(events) == writer.typed
        assert await limited(running.http, url, "slow_consumer") == 0
