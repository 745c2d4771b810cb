"""Others, while somebody goes too far: they type, join and sign in, and notice nothing."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from tests.faults.beside import Beside, beside
from tests.faults.crowd import Typist, percentile, typist
from tests.faults.harness import Site
from tests.faults.returning import unbroken
from tests.harness import wait_until

TICK = 0.02
"""Seconds between two key strokes, unless the test says otherwise."""
HALF_WITHIN, MOST_WITHIN = 2.0, 8.0
"""Seconds for half of the key strokes, and for 99 in 100, to reach the other device: however busy
the machine is. The aim is 50 ms for the second, where it has nothing else to do."""
ALL_WITHIN = 300.0
"""Seconds for all of them, once there are no more."""
JOINED_WITHIN = 20.0
"""Seconds for a device of a third account; the aim is 1."""

log = logging.getLogger(__name__)


class Bystanders:
    """Two devices of an account, one of which types all the time."""

    def __init__(self, running: Site, types: Typist, sees: Typist, tick: float) -> None:
        self._running = running
        self._tick = tick
        self._types = types
        self._sees = sees
        self.over = asyncio.Event()

    @property
    def times(self) -> list[float]:
        """Seconds that each key stroke so far took to the other device."""
        return self._sees.others

    async def type(self) -> None:
        """Until it is over: cancelled in the middle of a key stroke it would count one too many."""
        while not self.over.is_set():
            await self._types.type(f"{self._types.count % 10}", 100)
            await asyncio.sleep(self._tick)

    async def pass_by(self, what: str, seconds: float) -> None:
        """Let so many seconds go by; fail when one of them is refused something, or waits long."""
        loop = asyncio.get_running_loop()
        before = len(self._sees.others)
        until = loop.time() + seconds
        joins: list[float] = []
        while loop.time() < until:
            begun = loop.time()
            token = self._running.token(f"third {what} {len(joins)}")
            async with typist(self._running.http, self._sees.url, token) as third:
                joins.append(round(loop.time() - begun, 3))
                ack = await third.start()
                assert ack["ok"], ack
                assert third.lost == []
            await asyncio.sleep(0.5)
        times = self._sees.others[before:]
        half, most, all_ = (percentile(times, share) for share in (0.5, 0.99, 1.0))
        figures = f"median {half * 1e3:.1f} ms, p99 {most * 1e3:.1f} ms, all {all_ * 1e3:.1f} ms"
        log.info("%s: %s of %d; joined in %s", what, figures, len(times), joins)
        assert half < HALF_WITHIN
        assert most < MOST_WITHIN
        assert max(joins) < JOINED_WITHIN

    async def judge(self) -> None:
        """Fail unless all that was typed was seen, in order, and nothing was refused."""
        self._refused_nothing()  # what was refused is never seen
        await wait_until(
            lambda: len(self._sees.others) == self._types.count, ALL_WITHIN, what="all of it"
        )
        assert unbroken(self._sees.events) == 1
        self._refused_nothing()

    def _refused_nothing(self) -> None:
        for device in (self._types, self._sees):
            assert device.named("error") == []
            assert device.lost == []


@contextlib.asynccontextmanager
async def bystanders(
    running: Site, server: int = 0, tick: float = TICK
) -> AsyncIterator[Bystanders]:
    """They type every ``tick`` seconds, and are judged at the end."""
    url, token = running.urls[server], running.token("bystander")
    async with (
        typist(running.http, url, token) as types,
        typist(running.http, url, token) as sees,
    ):
        both = Bystanders(running, types, sees, tick)
        typing = asyncio.create_task(both.type(), name="typing")
        try:
            yield both
        finally:
            both.over.set()
            await typing
        await both.judge()


class Troublemaker:
    """A process beside the test's, as strangers.py and noisy.py are."""

    def __init__(self, process: Beside) -> None:
        self._process = process

    async def begun(self) -> None:
        """All that it wants to have open it has had open."""
        assert await self._process.line() == "open"

    async def end(self) -> dict[str, Any]:
        """Stop it; returns what it has counted."""
        counts: dict[str, Any] = json.loads(await self._process.end())
        return counts


@contextlib.asynccontextmanager
async def troublemaker(module: str, *arguments: str) -> AsyncIterator[Troublemaker]:
    async with beside(module, *arguments) as process:
        yield Troublemaker(process)
