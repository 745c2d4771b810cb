"""Processing a run: from the recipients' list to the last answer."""

import asyncio
import itertools
from dataclasses import dataclass

import msgspec
import structlog

from alphasync import telemetry
from alphasync.gateway import port
from alphasync.services.blocklist import Blocklist
from alphasync.services.idempotency import former_key, idempotency_key
from alphasync.services.lost import LostRuns
from alphasync.services.progress import NOTHING, Outcome, Progress, Settled, Superseded
from alphasync.services.runs import Ticket
from alphasync.services.takeover import Resume
from alphasync.services.upstream import Upstream
from alphasync.worker.access import Access, NobodySignedIn
from alphasync.worker.lease import Lease
from alphasync.worker.listing import Candidate, Listing, fetch
from alphasync.worker.sending import Delivery, pause
from alphasync.worker.steps import HandedOver, Steps, patiently

LIST_TRIES_MAX = 6
"""Tries to fetch the recipients before the run ends: with the waits about half a minute."""
UNCERTAIN_MAX = 3
"""Uncertain recipients in a row after which the run ends: the gateway is taken to be down, and
going on would only make more of them."""
SIGNED_OUT = "The session has ended, and nobody signed in again"
UNSEEN_LAG = 0.25
"""Seconds. With a longer interval between sends the last recipient is settled at once, in a round
trip of its own; with a shorter one nobody sees that it waits for the next claim."""

LOOK_EVERY = 1.0
"""Seconds of waiting between two looks whether the run is still ours: a stop gives the recipient in
flight back to the next run that soon."""

log = structlog.get_logger(__name__)


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
    lease: Lease
    """Without it nothing is sent."""
    draining: asyncio.Event
    """Set when this replica shuts down."""


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
        """Process the run to its end. Raises HandedOver when this replica shuts down before."""
        progress = self._tools.progress
        try:
            try:
                await self._open()
                if self._resume and self._resume.inflight:
                    await self._ask_again(self._resume)
                listing = await self._list()
                await self._send_all(listing)
                await patiently(lambda: progress.complete(self.ticket, self._steps.unreported))
            except Ended as ended:
                reason, code = ended.reason, ended.code
                log.info("run interrupted", run=self.ticket.run_id, reason=reason)
                await patiently(
                    lambda: progress.interrupt(self.ticket, self._steps.unreported, reason, code)
                )
        except Superseded:
            await self._give_up()

    async def _give_up(self) -> None:
        """The run is not this runner's any more: ended, another's, or not on record at all."""
        progress, lost, steps = self._tools.progress, self._tools.lost, self._steps
        if await patiently(lambda: lost.tell(self.ticket, steps.unreported, steps.counters)):
            log.error("run ended: Redis has lost its record", run=self.ticket.run_id)
            return
        log.info("run ended by another", run=self.ticket.run_id)
        if steps.unreported is not NOTHING:
            await patiently(lambda: progress.settle(self.ticket, steps.unreported))

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
        if self._resume:
            done = self._resume.counters
            skipped = done.skipped
            total = done.current + bool(self._resume.inflight) + len(listing.candidates)
            text = f"{len(listing.candidates)} recipients left"
        else:
            total, skipped = listing.total, listing.skipped
            text = f"{total} recipients, {skipped} messaged before"
        progress, ticket, honours = self._tools.progress, self.ticket, listing.honours_keys
        await patiently(lambda: progress.plan(ticket, total, skipped, text, honours_keys=honours))
        self._steps.counters = msgspec.structs.replace(
            self._steps.counters, total=total, skipped=skipped
        )
        return listing

    async def _fetch(self) -> Listing:
        tools, ticket = self._tools, self.ticket
        cursor = self._resume.cursor or None if self._resume else None
        after = self._resume.last if self._resume else ""
        for attempt in itertools.count(1):
            try:
                return await patiently(
                    lambda: fetch(tools.gateway, tools.blocklist, ticket, self.token, cursor, after)
                )
            except port.TokenRefused as error:
                if not await self.renew(str(error)):
                    raise Ended(str(error), "gateway_refused") from error
            except port.GatewayError as error:
                if not error.retryable or attempt >= LIST_TRIES_MAX:
                    raise Ended(str(error), error.code) from error
                wait = error.retry_after if isinstance(error, port.GatewayRateLimited) else 0.0
                await self.note("The gateway does not answer, trying again", str(error))
                await self.wait(max(wait, pause(attempt)))
        raise AssertionError("unreachable: the last try raises")

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
            await patiently(lambda: progress.touch(ticket))

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
        progress, ticket = self._tools.progress, self.ticket
        while seconds > LOOK_EVERY:
            await asyncio.sleep(LOOK_EVERY)
            seconds -= LOOK_EVERY
            await patiently(lambda: progress.touch(ticket))
            if self._tools.draining.is_set():
                raise HandedOver
        if seconds > 0:
            await asyncio.sleep(seconds)
