"""A run on record, step by step: what became of the last recipient, and who is the next."""

import asyncio
import itertools

import msgspec

from alphasync import telemetry
from alphasync.domain.runs import Counters
from alphasync.services.progress import NOTHING, Outcome, Owner, Progress, Settled, Step
from alphasync.services.runs import Ticket
from alphasync.store.redis.attempts import backoff
from alphasync.store.retries import until_redis_answers

TRIES_UNNOTICED = 2
"""Times that a step is asked for until devices are told: a moment's delay is nobody's concern."""
TRIES_PER_NOTE = 5
"""Times that it is asked for between two lines of text that tell them: some seconds."""
PAUSED_LOOK_INTERVAL = 1.0
"""Seconds between two looks whether a paused run was resumed. They keep its lock, too."""


class HandedOver(Exception):
    """This server shuts down: the run stands between two recipients, for another to go on."""


class Steps:
    """The steps of one runner. ``number``: that of the last one on record: one with a number that
    was there before is taken for the same."""

    def __init__(
        self, progress: Progress, ticket: Ticket, draining: asyncio.Event, number: int = 0
    ) -> None:
        self.ticket = ticket
        """Follows whose the run is."""
        self.counters = Counters()
        """How far the run is, without ``unreported``: for when its record is lost."""
        self._unreported = NOTHING
        self._progress = progress
        self._draining = draining
        self._number = number
        self.answered = number
        """The number of the last step that is on record, as far as it is known here."""
        self.withheld = False
        """Whether the recipient in flight would not be claimed now, by the last look: the run was
        paused since, or they were put on the do-not-contact list."""

    @property
    def unreported(self) -> Settled:
        """The recipient whose outcome is known here and not yet on record; or NOTHING."""
        return self._unreported

    def settle(self, settled: Settled) -> None:
        """Note what became of the last recipient: the next step puts it on record."""
        self._unreported = settled

    async def claim(self, recipient: str, name: str, cursor: str) -> str | None:
        """Put on record what became of the last recipient, and claim the next, in one step.

        Gives the time of the claim, or None when they were messaged in the meantime, or put on the
        do-not-contact list. Returns when
        no failover of Redis can lose the step, and the run is not paused. Raises NoLongerRunner,
        and HandedOver when that takes until this server shuts down.
        """
        while (step := await self._step(recipient, name, cursor)).paused:
            await self.hold()
        if step.not_to_contact:
            await self.note(f"{name} is on the do-not-contact list", None)
        return step.claimed_at

    async def report(self) -> None:
        """The same without a claim."""
        await self._step()

    async def hold(self) -> None:
        """Return when the run is not paused. Raises NoLongerRunner, and HandedOver when this server
        shuts down before."""
        told = False
        with telemetry.held("pause"):
            while await self.touch():
                if self._draining.is_set():
                    raise HandedOver
                if not told:
                    await self.note("Paused", None)
                    told = True
                await asyncio.sleep(PAUSED_LOOK_INTERVAL)
        if told:
            await self.note("Going on", None)

    async def touch(self) -> bool:
        """Keep the run alive; returns whether it is paused. Raises NoLongerRunner."""
        look = await until_redis_answers(self._progress.touch, self.ticket)
        self._follow(look.owner)
        self.withheld = look.paused or look.not_to_contact
        return look.paused

    def _follow(self, owner: Owner) -> None:
        self.ticket = msgspec.structs.replace(self.ticket, **owner._asdict())

    async def _step(self, claim: str = "", name: str = "", cursor: str = "") -> Step:
        self._number += 1
        number, settled = self._number, self._unreported
        for attempt in itertools.count(1):
            step = await until_redis_answers(
                self._progress.step, self.ticket, number, settled, claim, name, cursor
            )
            self.answered = number
            if attempt == 1:
                self._count(settled.outcome if settled is not NOTHING else None)
                if claim and step.claimed_at is None and not step.paused:
                    self._count(Outcome.SKIPPED)
            self._unreported = NOTHING
            self.withheld = False
            self._follow(step.owner)
            if step.confirmed:
                return step
            if step.claimed_at is not None:
                # If this is the end of it, they go back on the list of those to be messaged.
                text = f"{name} was not messaged"
                self._unreported = Settled(claim, Outcome.RELEASED, step.claimed_at, text)
            await self._wait_for_redis_replicas(attempt)
        raise AssertionError("unreachable: it is asked for until it is confirmed")

    def _count(self, outcome: Outcome | None) -> None:
        if outcome is not None and outcome is not Outcome.RELEASED:
            more = {outcome.value: getattr(self.counters, outcome) + 1}
            self.counters = msgspec.structs.replace(self.counters, **more)

    async def note(
        self, message: str, error: str | None, waiting_for: str = "", wait: float = 0.0
    ) -> None:
        """Show a line of text, and an error, on all devices, and what the run waits for, or for how
        many seconds.

        Raises NoLongerRunner.
        """
        await until_redis_answers(
            self._progress.note, self.ticket, message, error, waiting_for, wait
        )

    async def _wait_for_redis_replicas(self, attempt: int) -> None:
        if self._draining.is_set():
            if self._unreported is not NOTHING:
                self._number += 1
                number, released = self._number, self._unreported
                # Where the claim is on record, so is its end: nothing to wait for.
                await until_redis_answers(self._progress.step, self.ticket, number, released)
            raise HandedOver
        if attempt % TRIES_PER_NOTE == TRIES_UNNOTICED:
            await self.note("Waiting for Redis: no replica answers", None)
        await asyncio.sleep(backoff(attempt))
