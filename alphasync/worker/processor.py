"""Processing a run: from the recipients' list to the last answer."""

import asyncio
from collections.abc import Mapping

import msgspec
import structlog

from alphasync import telemetry
from alphasync.domain.runs import Counters
from alphasync.errors import BlocklistLost, DoNotContactLost
from alphasync.gateway import port
from alphasync.services.idempotency import former_key, idempotency_key
from alphasync.services.progress import NOTHING, NoLongerRunner, Outcome, Settled
from alphasync.services.recipients import Candidate, Lister, Listing
from alphasync.services.runs import Ticket
from alphasync.services.takeover import DOUBTED, Resume
from alphasync.store.retries import until_redis_answers
from alphasync.worker.cycles import Cycles, ListingFailed
from alphasync.worker.listing import RunPages
from alphasync.worker.run_watch import Ended, RunWatch
from alphasync.worker.sending import Delivery
from alphasync.worker.steps import HandedOver, Steps
from alphasync.worker.tools import Tools

UNCERTAIN_MAX = 3
"""Uncertain recipients in a row after which the run ends: the gateway is taken to be down, and
going on would only make more of them."""
UNSEEN_INTERVAL_MAX = 0.25
"""Seconds. With a longer interval between sends the last recipient is settled at once, in a round
trip of its own; with a shorter one nobody sees that it waits for the next claim."""

log = structlog.get_logger(__name__)


class Processor:
    """One run on its way. ``process`` returns when the run has ended, by whomever."""

    def __init__(self, tools: Tools, ticket: Ticket, resume: Resume | None = None) -> None:
        self._tools = tools
        step = resume.step if resume else 0
        self._steps = Steps(tools.progress, ticket, tools.draining, step)
        self._watch = RunWatch(tools, self._steps)
        self._resume = resume if resume and resume.last else None
        if resume:
            self._steps.counters = resume.counters
        self._cycles = Cycles(tools.progress, self._steps, tools.draining, resume)
        self._interval = max(tools.interval, ticket.options.message_interval or 0.0)
        self._ready_at = asyncio.get_running_loop().time()
        """When the next message may go out, by the clock of the loop."""
        if self._resume:
            self._ready_at += max(0.0, self._interval - self._resume.since_claim)

    def log_fields(self) -> Mapping[str, str]:
        ticket = self.ticket  # of the present moment: another device may have taken the run over
        return {"account": ticket.account, "device": ticket.device_id, "run": ticket.run_id}

    @property
    def ticket(self) -> Ticket:
        return self._steps.ticket

    async def process(self) -> None:
        """Process the run to its end. Raises HandedOver when this server shuts down before."""
        progress = self._tools.progress
        try:
            try:
                if self._resume and self._resume.inflight:
                    self._steps.settle(_in_doubt(self._resume))
                await self._watch.open()
                if self._resume:
                    await self._steps.hold()
                    if self._resume.inflight:
                        await self._ask_again(self._resume)
                await self._cycle()
                while self._cycles.repeats:
                    await self._cycle()
                await until_redis_answers(progress.complete, self.ticket, self._steps.unreported)
                telemetry.runs_ended.labels("completed").inc()
            except Ended as ended:
                await self._interrupt(ended.reason, ended.code)
            except (BlocklistLost, DoNotContactLost) as error:
                await self._interrupt(error.message, error.code)
        except NoLongerRunner:
            await self._give_up()

    async def _cycle(self) -> None:
        """Message all who are there to be messaged; in a continuous run when it is time to."""
        await self._cycles.begin()
        try:
            listing = await self._list()
        except ListingFailed as failed:
            self._cycles.missed(failed)
        else:
            await self._send_all(listing)
            await self._name_left_out(listing)
            if self._cycles.repeats:
                self._cycles.through()
        self._resume = None

    async def _interrupt(self, reason: str, code: str) -> None:
        progress = self._tools.progress
        log.info("run interrupted", reason=reason)
        await until_redis_answers(
            progress.interrupt, self.ticket, self._steps.unreported, reason, code
        )
        telemetry.runs_ended.labels("interrupted").inc()

    async def _give_up(self) -> None:
        """The run is not this runner's any more: ended, another's, or not on record at all."""
        progress, lost, steps = self._tools.progress, self._tools.lost, self._steps
        if await until_redis_answers(
            lost.tell, self.ticket, steps.unreported, steps.counters, steps.answered
        ):
            telemetry.runs_ended.labels("lost").inc()
            log.error("run ended: Redis has lost its record")
            return
        telemetry.runs_ended.labels("by_another").inc()
        log.info("run ended by another")
        if steps.unreported is not NOTHING:
            await until_redis_answers(progress.settle, self.ticket, steps.unreported)

    async def _list(self) -> Listing:
        listing = self._cycles.tried(await self._fetch())
        skipped: int | None = listing.skipped
        failed: int | None = listing.failed
        if self._resume:
            # What is counted already is on record; of this listing only those left are news.
            skipped = failed = None
            total = len(listing.candidates)
            text = f"{total} recipients left"
        else:
            total = listing.total
            text = f"{total} recipients, {listing.skipped - listing.not_to_contact} messaged before"
            if self.ticket.only == "failed":
                text = f"{total} recipients to be tried again"
            if listing.not_to_contact:
                text += f", {listing.not_to_contact} on the do-not-contact list"
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
            named=listing.given_up,
            error=listing.left_out or None,
            honours_keys=listing.honours_keys,
            cycle=self._cycles.number if self._cycles.repeats else None,
        )
        self._cycles.planned()
        before = self._steps.counters if self._resume else Counters()
        if self._resume:
            total += before.current + bool(self._resume.inflight)
        self._steps.counters = msgspec.structs.replace(
            before,
            total=total,
            skipped=before.skipped if skipped is None else skipped,
            failed=before.failed if failed is None else failed,
        )
        return listing

    async def _fetch(self) -> Listing:
        tools = self._tools
        if self.ticket.only == "failed":
            return await self._fetch_failed()
        pages = RunPages(tools.gateway, tools.blocklist, self.ticket, self._watch)
        lister = Lister(pages, tools.recipients_max)
        try:
            if self._resume:
                return await lister.fetch(self._resume.cursor or None, self._resume.last)
            return await lister.fetch()
        except port.TokenRefused as error:
            raise Ended(str(error), "gateway_refused") from error
        except port.GatewayError as error:
            raise ListingFailed(error) from error

    async def _fetch_failed(self) -> Listing:
        """Those who failed before, in place of the gateway's list. Who was messaged since is found
        out as they are claimed."""
        failed = await until_redis_answers(self._tools.failed.to_try, self.ticket)
        asked_again = self._resume.inflight if self._resume else ""
        candidates = [
            Candidate(port.Recipient(recipient["id"], recipient["name"] or None), cursor="")
            for recipient in failed
            if recipient["id"] != asked_again
        ]
        return Listing(
            candidates=candidates,
            total=len(candidates),
            failed=0,
            odd=[],
            honours_keys=self.ticket.honours_keys,
        )

    async def _name_left_out(self, listing: Listing) -> None:
        """Let the last line of the run be about those who cannot be messaged by it."""
        if listing.left_out:
            if self._steps.unreported is not NOTHING:
                await self._steps.report()
            text = f"{listing.failed} could not be messaged: {listing.left_out}"
            await self._watch.note(text, listing.left_out)

    async def _ask_again(self, resume: Resume) -> None:
        """The recipient in flight at the takeover: the gateway honours the key of the first try.
        Who was put on the do-not-contact list since is not asked for: perhaps nothing was sent."""
        withheld = self._steps.withheld
        former = former_key(self.ticket, resume.inflight) if resume.former_keys else None
        key = former if resume.former_keys else self._key(resume.inflight)
        try:
            self._steps.settle(NOTHING)
            # The claim was another's: only now is it known to be confirmed.
            await self._steps.report()
        finally:
            self._steps.settle(_in_doubt(resume))
        candidate = Candidate(
            recipient=port.Recipient(resume.inflight, resume.inflight_name or None),
            cursor=resume.cursor,
        )
        if key is not None and not withheld:
            await self._deliver(
                candidate, key, resume.claimed_at, honours_keys=True, maybe_sent=True
            )
        if resume.former_keys:
            # On record before the plan says that this run's keys are of the present form.
            await self._steps.report()

    async def _send_all(self, listing: Listing) -> None:
        uncertain_in_a_row = 0
        for candidate in listing.candidates:
            outcome = await self._send(candidate, honours_keys=listing.honours_keys)
            if outcome is None:
                continue
            if outcome is Outcome.FAILED:
                self._cycles.refused(candidate.recipient.id)
            uncertain_in_a_row = uncertain_in_a_row + 1 if outcome is Outcome.UNCERTAIN else 0
            if uncertain_in_a_row == UNCERTAIN_MAX:
                raise Ended("The gateway does not answer", "gateway_unavailable")

    async def _send(self, candidate: Candidate, *, honours_keys: bool) -> Outcome | None:
        """Claim one and message them; None for who is not to be messaged any more. Who was given
        back while the gateway was waited for is claimed anew, once the run goes on."""
        key = self._key(candidate.recipient.id)
        loop = asyncio.get_running_loop()
        while True:
            await self._keep_interval(self._ready_at - loop.time())
            claimed_at = await self._steps.claim(
                candidate.recipient.id, candidate.shown, candidate.cursor
            )
            if claimed_at is None:
                return None
            outcome = await self._deliver(candidate, key, claimed_at, honours_keys=honours_keys)
            if outcome is not Outcome.RELEASED:
                return outcome

    async def _keep_interval(self, seconds: float) -> None:
        draining = self._tools.draining.is_set()
        if self._steps.unreported is not NOTHING and (
            draining or self._interval > UNSEEN_INTERVAL_MAX
        ):
            await self._steps.report()
        if draining:
            raise HandedOver
        await self._watch.wait(seconds)
        await self._tools.lease.held()

    def _key(self, recipient: str) -> str:
        return idempotency_key(self.ticket, recipient, self._cycles.number)

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
        try:
            try:
                verdict = await delivery.send(self._tools.gateway, ticket.profile, key, self._watch)
            finally:
                self._steps.settle(delivery.settled)
        except HandedOver:
            await self._steps.report()
            raise
        self._ready_at = asyncio.get_running_loop().time() + self._interval
        outcome = verdict.settled.outcome
        telemetry.recipients.labels(outcome).inc()
        if verdict.ends_run is not None:
            raise Ended(verdict.ends_run, verdict.code)
        return outcome


def _in_doubt(resume: Resume) -> Settled:
    """What holds of the recipient in flight at the takeover, until it is known what became of them:
    should the run end before, nobody else knows of them."""
    text = f"{resume.inflight_name or resume.inflight} may have been messaged"
    return Settled(resume.inflight, Outcome.UNCERTAIN, resume.claimed_at, text, DOUBTED)
