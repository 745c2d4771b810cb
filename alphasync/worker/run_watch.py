"""Looking after a run while something is waited for: kept alive, and given up when not ours."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from alphasync.services.devices import SIGNED_OUT
from alphasync.services.runs import Ticket
from alphasync.worker.access import Access, NobodySignedIn
from alphasync.worker.steps import HandedOver, Steps
from alphasync.worker.tools import Tools

LOOK_INTERVAL = 1.0
"""Seconds of waiting between two looks whether the run is still ours: a stop gives the recipient in
flight back to the next run that soon."""

T = TypeVar("T")


class Ended(Exception):
    """The run cannot go on: text for people, and a stable code."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class RunWatch:
    """The ``waiting.WatchedRun`` of a processor. Raises Ended, too, when nobody signs in again."""

    def __init__(self, tools: Tools, steps: Steps) -> None:
        self._tools = tools
        self._steps = steps
        self._access = Access(
            tools.upstream, tools.service_token, tools.sign_in_timeout, steps.ticket
        )

    @property
    def token(self) -> str | None:
        return self._access.token

    @property
    def ticket(self) -> Ticket:
        return self._steps.ticket

    @property
    def withheld(self) -> bool:
        return self._steps.withheld

    async def open(self) -> None:
        """Find the gateway's token of the run."""
        try:
            await self._access.open(self)
        except NobodySignedIn:
            raise Ended(SIGNED_OUT, "sign_in_again") from None

    async def renew(self, error: str) -> bool:
        try:
            return await self._access.renew(self, error)
        except NobodySignedIn:
            raise Ended(SIGNED_OUT, "sign_in_again") from None

    async def ready(self) -> None:
        """Return when this server may send: its lease holds, and if it did not, the run is ours.
        The token is that of whose the run is by now."""
        lease = self._tools.lease
        while not lease.valid:
            await lease.held()
            await self._touch()
        if self._access.follow(self._steps.ticket):
            await self.open()

    async def note(
        self, message: str, error: str | None, waiting_for: str = "", wait: float = 0.0
    ) -> None:
        await self._steps.note(message, error, waiting_for, wait)

    async def wait(self, seconds: float) -> None:
        """Let time pass, with a look now and then whether the run is still ours: a claim that waits
        for its send is given back at once."""
        while seconds >= LOOK_INTERVAL:
            await asyncio.sleep(LOOK_INTERVAL)
            seconds -= LOOK_INTERVAL
            await self.look()
        if seconds > 0:
            await asyncio.sleep(seconds)

    async def look(self) -> None:
        """Keep the run alive, if it is ours to go on with."""
        await self._touch()
        if self._tools.draining.is_set():
            raise HandedOver

    async def reading(self, call: Coroutine[Any, Any, T]) -> T:
        """Await a call that only reads, with a look now and then whether the run is still ours."""
        task = asyncio.create_task(call, name=f"reading for run {self._steps.ticket.run_id}")
        try:
            while not (await asyncio.wait([task], timeout=LOOK_INTERVAL))[0]:
                await self.look()
        finally:
            task.cancel()
            await asyncio.wait([task])
        return task.result()

    async def _touch(self) -> None:
        await self._steps.touch()
