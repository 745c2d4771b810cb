"""Processing a run: from the recipients' list to the last answer."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import structlog

from alphasync import telemetry
from alphasync.errors import BlocklistLost
from alphasync.gateway import port
from alphasync.membership.lease import Lease
from alphasync.services.blocklist import Blocklist
from alphasync.services.devices import SIGNED_OUT
from alphasync.services.idempotency import former_key, idempotency_key
from alphasync.services.lost import LostRuns
from alphasync.services.progress import NOTHING, Outcome, Progress, Settled, Superseded
from alphasync.services.runs import Ticket
from alphasync.services.takeover import Resume
from alphasync.services.upstream import Upstream
from alphasync.store.retries import until_redis_answers
from alphasync.worker.access import Access, NobodySignedIn
from alphasync.worker.listing import Candidate, Lister, Listing
from alphasync.worker.sending import Delivery
from alphasync.worker.steps import HandedOver, Steps

UNCERTAIN_MAX = 3
"""Uncertain recipients in a row after which the run ends: the gateway is taken to be down, and
going on would only make more of them."""
UNSEEN_LAG = 0.25
"""Seconds. With a longer interval between sends the last recipient is settled at once, in a round
trip of its own; with a shorter one nobody sees that it waits for the next claim."""

LOOK_EVERY = 1.0
"""Seconds of waiting between two looks whether the run is still ours: a stop gives the recipient in
flight back to the next run that soon."""

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Ended(Exception):
    """The run cannot go on: text for people, and a stable code."""

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class Tools:
    """What every run needs."""

    gateway: port.Gateway
    progress: Progress
    lost: LostRuns
    blocklist: Blocklist
    upstream: Upstream
    service_token: str | None
    """Used for a run that no login through this server started."""
    sign_in_timeout: float
    """Seconds that a run waits for its operator to sign in again."""
    interval: float
    """Seconds between two sends of a run."""
    recipients_max: int
    """Recipients of one run."""
    lease: Lease
    """Without it nothing is sent."""
    draining: asyncio.Event
    """Set when this server shuts down."""


class Processor:
    """One run on its way. ``process`` returns when the run has ended, by whomever."""

    def __init__(self, tools: Tools, ticket: Ticket, resume: Resume | None = None) -> None:
        self._tools = tools
        self._steps = Steps(tools.progress, ticket, tools.draining)
        self._access = Access(
            tools.upstream, tools.service_token, tools.sign_in_timeout, self.ticket
        )
        self._resume = resume if resume and resume.last else None
        if self._resume:
            self._steps.counters = self._resume.counters

    @property
    def ticket(self) -> Ticket:
        return self._steps.ticket

    async def process(self) -> None:
        """Process the run to its end. Raises HandedOver when this server shuts down before."""
        progress = self._tools.progress
        try:
            try:
                await self._open()
                if self._resume and self._resume.inflight:
                    await self._ask_again(self._resume)
                listing = await self._list()
                await self._send_all(listing)
                await self._name_left_out(listing)
                await until_redis_answers(progress.complete, self.ticket, self._steps.unreported)
            except Ended as ended:
                await self._interrupt(ended.reason, ended.code)
            except BlocklistLost as error:
                await self._interrupt(error.message, error.code)
        except Superseded:
            await self._give_up()

    async def _interrupt(self, reason: str, code: str) -> None:
        progress = self._tools.progress
        log.info("run interrupted", run=self.ticket.run_id, reason=reason)
        await until_redis_answers(
            progress.interrupt, self.ticket, self._steps.unreported, reason, code
        )

    async def _give_up(self) -> None:
        """The run is not this runner's any more: ended, another's, or not on record at all."""
        progress, lost, steps = self._tools.progress, self._tools.lost, self._steps
        if await until_redis_answers(
            lost.tell, self.ticket, steps.unreported, steps.counters, steps.answered
        ):
            log.error("run ended: Redis has lost its record", run=self.ticket.run_id)
            return
        log.info("run ended by another", run=self.ticket.run_id)
        if steps.unreported is not NOTHING:
            await until_redis_answers(progress.settle, self.ticket, steps.unreported)

    @property
    def token(self) -> str | None:
        return self._access.token

    async def _open(self) -> None:
        try:
            await self._access.open(self)
        except NobodySignedIn:
            raise Ended(SIGNED_OUT, "sign_in_again") from None

    async def renew(self, error: str) -> bool:
        try:
            return await self._access.renew(self, error)
        except NobodySignedIn:
            raise Ended(SIGNED_OUT, "sign_in_again") from None

    async def _list(self) -> Listing:
        listing = await self._fetch()
        skipped: int | None = listing.skipped
        failed: int | None = listing.failed
        if self._resume:
            # What is counted already is on record; of this listing only those left are news.
            skipped = failed = None
            total = self._resume.counters.current + bool(self._resume.inflight)
            total += len(listing.candidates)
            text = f"{len(listing.candidates)} recipients left"
        else:
            total = listing.total
            text = f"{total} recipients, {skipped} messaged before"
            if listing.failed:
                text += f", {listing.failed} cannot be messaged"
        progress, ticket = self._tools.progress, self.ticket
        await until_redis_answers(
            progress.plan,
            ticket,
            total,
            skipped,
            text,
            failed=failed,
            error=listing.left_out or None,
            honours_keys=listing.honours_keys,
        )
        before = self._steps.counters
        self._steps.counters = msgspec.structs.replace(
            before,
            total=total,
            skipped=before.skipped if skipped is None else skipped,
            failed=before.failed if failed is None else failed,
        )
        return listing

    async def _fetch(self) -> Listing:
        tools = self._tools
        lister = Lister(tools.gateway, tools.blocklist, self.ticket, self, tools.recipients_max)
        try:
            if self._resume:
                return await lister.fetch(self._resume.cursor or None, self._resume.last)
            return await lister.fetch()
        except port.TokenRefused as error:
            raise Ended(str(error), "gateway_refused") from error
        except port.GatewayError as error:
            raise Ended(str(error), error.code) from error

    async def _name_left_out(self, listing: Listing) -> None:
        """Let the last line of the run be about those who cannot be messaged by it."""
        if listing.left_out:
            if self._steps.unreported is not NOTHING:
                await self._steps.take()
            text = f"{listing.failed} could not be messaged: {listing.left_out}"
            await self.note(text, listing.left_out)

    async def _ask_again(self, resume: Resume) -> None:
        """The recipient in flight at the takeover: the gateway honours the key of the first try."""
        key = (former_key if resume.former_keys else idempotency_key)(self.ticket, resume.inflight)
        await self._steps.take()  # the claim was another's: only now is it known to be confirmed
        candidate = Candidate(
            recipient=port.Recipient(resume.inflight, resume.inflight_name or None),
            cursor=resume.cursor,
        )
        if key is None:
            text = f"{candidate.shown} may have been messaged"
            self._steps.unreported = Settled(
                resume.inflight, Outcome.UNCERTAIN, resume.claimed_at, text
            )
        else:
            await self._deliver(
                candidate, key, resume.claimed_at, honours_keys=True, maybe_sent=True
            )
        if resume.former_keys:
            # On record before the plan says that this run's keys are of the present form.
            await self._steps.take()

    async def _send_all(self, listing: Listing) -> None:
        uncertain_in_a_row = 0
        ready_at = 0.0
        loop = asyncio.get_running_loop()
        for candidate in listing.candidates:
            await self._keep_interval(ready_at - loop.time())
            claimed_at = await self._steps.take(
                candidate.recipient.id, candidate.shown, candidate.cursor
            )
            if claimed_at is None:
                continue
            key = idempotency_key(self.ticket, candidate.recipient.id)
            outcome = await self._deliver(
                candidate, key, claimed_at, honours_keys=listing.honours_keys
            )
            ready_at = loop.time() + self._tools.interval
            uncertain_in_a_row = uncertain_in_a_row + 1 if outcome is Outcome.UNCERTAIN else 0
            if uncertain_in_a_row == UNCERTAIN_MAX:
                raise Ended("The gateway does not answer", "gateway_unavailable")

    async def _keep_interval(self, seconds: float) -> None:
        draining = self._tools.draining.is_set()
        if self._steps.unreported is not NOTHING and (
            draining or self._tools.interval > UNSEEN_LAG
        ):
            await self._steps.take()
        if draining:
            raise HandedOver
        await self.wait(seconds)
        await self._tools.lease.held()

    async def ready(self) -> None:
        """Return when this runner may send: its lease holds, and if it did not, the run is ours."""
        lease, progress, ticket = self._tools.lease, self._tools.progress, self.ticket
        while not lease.valid:
            await lease.held()
            await until_redis_answers(progress.touch, ticket)

    async def _deliver(
        self,
        candidate: Candidate,
        key: str,
        claimed_at: str,
        *,
        honours_keys: bool,
        maybe_sent: bool = False,
    ) -> Outcome:
        ticket = self.ticket
        message = port.Message(
            type=ticket.type,
            recipient_id=candidate.recipient.id,
            text=ticket.text,
            attachments=tuple(
                port.Attachment(
                    title=attachment.title,
                    link=attachment.link,
                    message_type=attachment.message_type,
                    id=str(attachment.id) if attachment.id is not None else None,
                )
                for attachment in ticket.attachments
            ),
        )
        delivery = Delivery(
            message,
            candidate.shown,
            claimed_at,
            honours_keys=honours_keys,
            maybe_sent=maybe_sent,
        )
        self._steps.unreported = delivery.given_up
        try:
            verdict = await delivery.send(self._tools.gateway, ticket.profile, key, self)
        except (Superseded, Ended):
            self._steps.unreported = delivery.given_up
            raise
        except HandedOver:
            self._steps.unreported = delivery.given_up
            await self._steps.take()
            raise
        self._steps.unreported = verdict.settled
        outcome = verdict.settled.outcome
        telemetry.recipients.labels(outcome).inc()
        if verdict.ends_run is not None:
            raise Ended(verdict.ends_run, verdict.code)
        return outcome

    async def note(self, message: str, error: str | None, waiting_for: str = "") -> None:
        await self._steps.note(message, error, waiting_for)

    async def wait(self, seconds: float) -> None:
        """Let time pass, with a look now and then whether the run is still ours.

        Raises Superseded or HandedOver: a claim that waits for its send is given back at once.
        """
        while seconds >= LOOK_EVERY:
            await asyncio.sleep(LOOK_EVERY)
            seconds -= LOOK_EVERY
            await self.look()
        if seconds > 0:
            await asyncio.sleep(seconds)

    async def look(self) -> None:
        """Keep the run alive. Raises Superseded or HandedOver when it is not ours to go on."""
        progress, ticket = self._tools.progress, self.ticket
        await until_redis_answers(progress.touch, ticket)
        if self._tools.draining.is_set():
            raise HandedOver

    async def reading(self, call: Coroutine[Any, Any, T]) -> T:
        """Await a call that only reads, with a look now and then whether the run is still ours."""
        task = asyncio.create_task(call, name=f"reading for run {self.ticket.run_id}")
        try:
            while not (await asyncio.wait([task], timeout=LOOK_EVERY))[0]:
                await self.look()
        finally:
            task.cancel()
            await asyncio.wait([task])
        return task.result()
