"""The cycles of a run: one, or in a continuous run one after the other until somebody stops it."""

import asyncio
import contextlib

from msgspec.structs import replace

from alphasync import telemetry
from alphasync.gateway.port import GatewayError
from alphasync.services.progress import NOTHING, Progress
from alphasync.services.recipients import Listing
from alphasync.services.takeover import Resume
from alphasync.store.retries import until_redis_answers
from alphasync.worker.run_watch import Ended
from alphasync.worker.steps import HandedOver, Steps

LOOK_INTERVAL = 2.0
"""Seconds of waiting between two looks whether the run is still ours. Devices learn of a stop at
once: it needs no runner."""
MISSED_MAX = 5
"""Times in a row that a later cycle may fail to begin; one more ends the run."""
TRIES_MAX = 3
"""Cycles in which a recipient is tried whom the gateway refuses for good each time. A server that
takes the run over counts anew."""


class ListingFailed(Ended):
    """The gateway gives no list of recipients; it may in the next cycle."""

    def __init__(self, error: GatewayError) -> None:
        super().__init__(str(error), error.code)


class Cycles:
    """``resume``: where the run stood that this server has taken over."""

    def __init__(
        self, progress: Progress, steps: Steps, draining: asyncio.Event, resume: Resume | None
    ) -> None:
        self._progress = progress
        self._steps = steps
        self._draining = draining
        self._on_record = resume.cycle if resume else 0
        self._rests = resume.rests if resume else False
        self._missed = resume.missed if resume else 0
        self._said: tuple[str, str | None] = ("", None)
        self._refused: dict[str, int] = {}

    @property
    def _pause(self) -> float | None:
        continuous = self._steps.ticket.options.continuous
        return continuous.pause if continuous else None

    @property
    def repeats(self) -> bool:
        return self._pause is not None

    @property
    def number(self) -> int:
        """The cycle that is under way or begins next, from 1 on."""
        return self._on_record if self._on_record and not self._rests else self._on_record + 1

    async def begin(self) -> None:
        """Return when the next cycle is due, which may be now. Raises NoLongerRunner, and
        HandedOver when this server shuts down before."""
        if not self._rests or self._pause is None:
            return
        if self._steps.unreported is not NOTHING:
            await self._steps.report()
        left = await until_redis_answers(
            self._progress.rest, self._steps.ticket, self._pause, self._missed, *self._said
        )
        loop = asyncio.get_running_loop()
        until = loop.time() + left
        with telemetry.held("cycle"):
            while (left := until - loop.time()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._draining.wait(), min(left, LOOK_INTERVAL))
                if self._draining.is_set():
                    raise HandedOver
                await self._steps.touch()
        await self._steps.hold()

    def planned(self) -> None:
        """The cycle is on record."""
        self._on_record, self._rests, self._missed = self.number, False, 0

    def through(self) -> None:
        """Everybody in it was dealt with: the next one is to be waited for."""
        said = f"Cycle {self.number} is through, the next one begins in {spelled(self._pause or 0)}"
        self._rests, self._said = True, (said, None)

    def missed(self, failed: ListingFailed) -> None:
        """It could not begin: the next one is to be waited for. Raises what was the matter where
        that has been so too often, or in the first."""
        self._missed += 1
        if self.number == 1 or self._missed > MISSED_MAX:
            raise failed
        said = f"The recipients cannot be listed, trying again in {spelled(self._pause or 0)}"
        self._rests, self._said = True, (said, failed.reason)

    def refused(self, recipient: str) -> None:
        """The gateway refuses a recipient for good."""
        self._refused[recipient] = self._refused.get(recipient, 0) + 1

    def tried(self, listing: Listing) -> Listing:
        """A listing without those who were refused too often: they count as failed."""
        listed = {candidate.recipient.id for candidate in listing.candidates}
        self._refused = {id_: times for id_, times in self._refused.items() if id_ in listed}
        given_up = {id_ for id_, times in self._refused.items() if times >= TRIES_MAX}
        left = [each for each in listing.candidates if each.recipient.id not in given_up]
        return replace(
            listing, candidates=left, failed=listing.failed + len(given_up), given_up=len(given_up)
        )


def spelled(seconds: float) -> str:
    """A length of time as one says it."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{round(seconds / unit)} {name}"
    return f"{round(seconds)} s"
