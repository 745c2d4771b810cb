"""What a runner reports of its run. Each report checks the fencing token in its script."""

import enum
from typing import NamedTuple, TypedDict

import msgspec

from alphasync.domain import events
from alphasync.errors import BlocklistLost, DoNotContactLost
from alphasync.protocol import packets
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.services.idempotency import DIGEST_KEYS
from alphasync.services.runs import Ticket
from alphasync.store import keys
from alphasync.store.redis.pipeline import Unconfirmed
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.declaring import Call
from alphasync.store.scripts.run_calls import (
    run_complete,
    run_interrupt,
    run_note,
    run_plan,
    run_rest,
    run_settle,
    run_step,
    run_touch,
)


class Outcome(enum.StrEnum):
    """What became of a claimed recipient; all but the last are counters of the run."""

    SENT = "sent"
    SKIPPED = "skipped"
    """Messaged before, as the gateway says."""
    FAILED = "failed"
    """Refused for good: leaves the blocklist."""
    UNCERTAIN = "uncertain"
    """Perhaps sent: stays on the blocklist."""
    RELEASED = "released"
    """Surely not sent, and not tried again by this run: leaves the blocklist, is not counted."""


class SettledArguments(TypedDict):
    """As the scripts take it that settle a recipient."""

    settled: str
    outcome: str
    claimed_at: str
    why: str


class Settled(msgspec.Struct, frozen=True):
    """A recipient that is dealt with, and the line of text that says so."""

    recipient: str
    outcome: Outcome
    claimed_at: str
    """The claim's score in the blocklist: proves that a claim is this run's."""
    message: str
    error: str | None = None

    def arguments(self) -> SettledArguments:
        return {
            "settled": self.recipient,
            "outcome": self.outcome,
            "claimed_at": self.claimed_at,
            "why": self.error or "",
        }


NOTHING = Settled(recipient="", outcome=Outcome.SENT, claimed_at="", message="")
"""Before the first claim there is nothing to settle."""


class Owner(NamedTuple):
    """Whose a run is: its device may go by another id after a crash, and another device may have
    taken it over."""

    device_id: str
    operator_id: str
    sign_in: str


class Look(msgspec.Struct, frozen=True):
    owner: Owner
    paused: bool
    """Whether it claims nobody until it is resumed."""
    not_to_contact: bool
    """Whether the recipient of the step, or the one in flight, is on the do-not-contact list."""


class Step(Look, frozen=True):
    claimed_at: str | None
    """The time of the claim; None without one."""
    confirmed: bool
    """Whether a failover of Redis cannot lose it. One that is not counts for nothing: send nothing,
    and ask again."""


class NoLongerRunner(Exception):
    """The run is no longer this runner's: stopped, interrupted or taken over. Send nothing."""


class Progress:
    def __init__(self, scripts: Scripts, bounds: AccountBounds = USUAL) -> None:
        self._scripts = scripts
        self._failed_most = bounds.failed

    async def plan(
        self,
        ticket: Ticket,
        total: int,
        skipped: int | None,
        message: str,
        *,
        honours_keys: bool,
        cycle: int | None = None,
        failed: int | None = 0,
        named: int = 0,
        error: str | None = None,
    ) -> None:
        """Put the number of recipients on record; a counter that is None stays as it is.
        ``cycle``: of a continuous run.

        ``total``: of a run that this server goes on with, whose ``skipped`` is None, how many are
        still to be claimed. ``named``: how many of those who failed are listed already.

        Raises NoLongerRunner.
        """
        await self._report(
            run_plan(
                _keys(ticket),
                run_id=ticket.run_id,
                fence=ticket.fence,
                cycle="" if cycle is None else cycle,
                total=total,
                skipped="" if skipped is None else skipped,
                failed="" if failed is None else failed,
                unnamed=(failed or 0) - named,
                honours=DIGEST_KEYS if honours_keys else "",
                message=message,
                head=_progress_head(message, error),
            )
        )

    async def step(
        self,
        ticket: Ticket,
        number: int,
        settled: Settled,
        claim: str = "",
        name: str = "",
        cursor: str = "",
    ) -> Step:
        """Settle the last recipient and claim the next, in one round trip.

        Gives the time of the claim, or None when the recipient is on the blocklist already, or on
        the do-not-contact list, or the run is paused. With no ``claim`` it only settles. ``cursor``
        names the page that the recipient is on. ``number`` makes the step repeatable: the same one
        is not done twice.
        Raises NoLongerRunner, BlocklistLost and DoNotContactLost, with nothing done.
        """
        message = settled.message or "Skipped a recipient who was messaged before"
        call = run_step(
            _keys(ticket),
            run_id=ticket.run_id,
            fence=ticket.fence,
            step=number,
            **settled.arguments(),
            failed_most=self._failed_most,
            next=claim,
            name=name,
            cursor=cursor,
            message=message,
            head=_progress_head(message, settled.error),
        )
        confirmed = True
        try:
            answer = await self._report(call, confirmed=True)
        except Unconfirmed as error:
            answer = Answer(error.reply)
            confirmed = False
        if answer.outcome == "LIST_LOST":
            raise BlocklistLost
        if answer.outcome == "NEVER_LOST":
            raise DoNotContactLost
        claimed_at = answer.text(1) if answer.outcome == "CLAIMED" else None
        return Step(
            claimed_at=claimed_at,
            owner=_owner(answer, 2),
            paused=answer.outcome == "PAUSED",
            not_to_contact=answer.outcome == "NEVER",
            confirmed=confirmed,
        )

    async def note(
        self,
        ticket: Ticket,
        message: str,
        error: str | None = None,
        waiting_for: str = "",
        wait: float = 0.0,
    ) -> None:
        """Show a line of text on all devices, and what the run waits for, or for how many seconds.
        Raises NoLongerRunner."""
        head = _progress_head(message, error, waiting_for)
        await self._report(
            run_note(
                _keys(ticket),
                run_id=ticket.run_id,
                fence=ticket.fence,
                message=message,
                waiting_for=waiting_for,
                wait=round(wait * 1000) or "",
                head=head,
            )
        )

    async def rest(
        self, ticket: Ticket, pause: float, missed: int, message: str, error: str | None
    ) -> float:
        """Let a continuous run wait for its next cycle, for ``pause`` seconds from the first time
        that this is asked for. Gives how many of them are left. ``missed``: how many times in a row
        that cycle could not begin. Raises NoLongerRunner.
        """
        answer = await self._report(
            run_rest(
                _keys(ticket),
                run_id=ticket.run_id,
                fence=ticket.fence,
                pause=round(pause * 1000),
                missed=missed,
                message=message,
                head=_progress_head(message, error),
            )
        )
        return max(0, answer.number(1) - answer.number(2)) / 1000

    async def complete(self, ticket: Ticket, settled: Settled) -> None:
        """Settle the last recipient and end the run. Raises NoLongerRunner."""
        await self._report(
            run_complete(
                _keys(ticket),
                run_id=ticket.run_id,
                fence=ticket.fence,
                **settled.arguments(),
                failed_most=self._failed_most,
                message=settled.message,
                progress_head=_progress_head(settled.message, settled.error),
                head=packets.opening(events.ProcessingComplete),
            ),
            confirmed=True,
        )

    async def interrupt(self, ticket: Ticket, settled: Settled, reason: str, code: str) -> None:
        """End a run that cannot go on. Raises NoLongerRunner."""
        interrupted = events.ProcessingInterrupted(reason=reason, code=code)
        await self._report(
            run_interrupt(
                _keys(ticket),
                run_id=ticket.run_id,
                fence=ticket.fence,
                **settled.arguments(),
                failed_most=self._failed_most,
                reason=reason,
                head=packets.head(interrupted),
            ),
            confirmed=True,
        )

    async def touch(self, ticket: Ticket) -> Look:
        """Keep the lock and the record alive; gives how the run stands. Raises NoLongerRunner."""
        call = run_touch(_keys(ticket), run_id=ticket.run_id, fence=ticket.fence)
        answer = await self._report(call)
        return Look(
            owner=_owner(answer, 1),
            paused=answer.outcome == "PAUSED",
            not_to_contact=answer.text(4) != "",
        )

    async def abandon(self, ticket: Ticket) -> bool:
        """End a run whose runner failed; its recipient in flight stays on the blocklist. False
        when it is not this runner's any more."""
        try:
            await self.interrupt(ticket, NOTHING, "Something went wrong", "internal_error")
        except NoLongerRunner:
            return False
        return True

    async def settle(self, ticket: Ticket, settled: Settled) -> None:
        """Record the answer for a recipient that was in flight when the run was ended."""
        event = events.RunSettled(message=settled.message)
        messaged = settled.outcome in (Outcome.SENT, Outcome.SKIPPED)
        resolved = events.UncertainResolved(
            profile_id=ticket.profile,
            type=ticket.type,
            device_id=ticket.device_id,
            action="leave" if messaged else "resend",
            answered=True,
        )
        await self._scripts.call(
            run_settle(
                _keys(ticket),
                run_id=ticket.run_id,
                fence=ticket.fence,
                **settled.arguments(),
                failed_most=self._failed_most,
                message=settled.message,
                head=packets.head(event),
                resolved_head=packets.head(resolved),
            )
        )

    async def _report(self, call: Call, *, confirmed: bool = False) -> Answer:
        """``confirmed``: for a claim, or what became of one. Raises NoLongerRunner."""
        try:
            answer = await self._scripts.call(call, confirmed=confirmed)
        except Unconfirmed as error:
            if Answer(error.reply).outcome == "SUPERSEDED":
                raise NoLongerRunner from error
            raise
        if answer.outcome == "SUPERSEDED":
            raise NoLongerRunner
        return answer


def _keys(ticket: Ticket) -> keys.ProfileKeys:
    return keys.of_profile(ticket.account, ticket.type, ticket.profile)


def _owner(answer: Answer, position: int) -> Owner:
    return Owner(*(answer.text(place) for place in range(position, position + 3)))


def _progress_head(message: str, error: str | None = None, waiting_for: str = "") -> str:
    progress = events.Progress(message=message)
    if error is not None:
        progress = msgspec.structs.replace(progress, error=error)
    if waiting_for:
        progress = msgspec.structs.replace(progress, waiting_for=waiting_for)
    return packets.progress_head(events.ProcessingProgress(progress=progress))
