"""Starting the planned runs whose time has come."""

import asyncio
import secrets
from typing import Literal

import msgspec
import structlog
from msgspec import UNSET

from alphasync.domain import events
from alphasync.domain.runs import RunOptions
from alphasync.errors import SignInAgain, StoreUnavailable
from alphasync.protocol import packets
from alphasync.services.account_state import decode_attachments, decode_options
from alphasync.services.audit import by
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.services.launching import Launching
from alphasync.services.plan_notes import DUE_MAX, PlanNote, PlanNotes, decode
from alphasync.services.runs import LOST, Ticket
from alphasync.services.service_tokens import is_of_service_token
from alphasync.services.upstream import Upstream
from alphasync.store import key_groups
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.plan_calls import plan_end, plan_start

SKIPPED_AS = {
    "too_late": "Skipped: no server was there in time",
    "locked": "Skipped: another run of this profile went on for too long",
    "too_many_runs": "Skipped: the account had as many runs as it may have for too long",
}
"""Code to the line of text for people."""
SIGN_IN_AGAIN = "Not started: nobody was signed in who may send for this profile"
TOKEN_ENDED = "token_ended"
TOKEN_HAS_ENDED = "Not started: the service token that planned it was revoked, or has run out"
LOST_LISTS = {
    "blocklist_lost": "Not started: the storage has lost the list of who was messaged",
    "do_not_contact_lost": "Not started: the storage has lost the list of whom no run contacts",
}
"""The same."""

log = structlog.get_logger(__name__)


class DuePlans:
    def __init__(
        self,
        scripts: Scripts,
        notes: PlanNotes,
        upstream: Upstream,
        launching: Launching[Ticket],
        bounds: AccountBounds = USUAL,
    ) -> None:
        self._scripts = scripts
        self._notes = notes
        self._upstream = upstream
        self._launching = launching
        self._bounds = bounds

    async def look(self) -> bool:
        """Start what is due; whether there may be more. One command where nothing is. Raises
        StoreUnavailable."""
        found = await self._notes.due()
        await asyncio.gather(*map(self._take_up, found))
        return len(found) == DUE_MAX

    async def _take_up(self, encoded: bytes) -> None:
        try:
            await self.start(decode(encoded))
        except StoreUnavailable:
            log.info("a planned run waits for Redis", plan=encoded.decode())
        except Exception:  # one of them keeps none of the others from their time
            log.exception("planned run not started", plan=encoded.decode())

    async def start(self, note: PlanNote) -> None:
        """Start a planned run, if its time has come and it can. Raises StoreUnavailable: it is
        looked at again."""
        noted_at: int | None = None
        while True:
            answer = await self._try(note)
            if answer is None or answer.outcome in ("OK", "GONE", "SKIPPED", "FAILED"):
                await self._notes.drop(note)
                return
            if answer.outcome == "ENDED":
                continue  # with another login, or as one that has none
            # One that waits is seen again by itself.
            if answer.outcome == "WAITS" or answer.number(1) == noted_at:
                return
            # It was moved, and may have been moved again before this is noted: ask once more.
            noted_at = answer.number(1)
            await self._notes.move(note, noted_at)

    async def _try(self, note: PlanNote) -> Answer | None:
        """The answer of plan_start, or of plan_end; None where there is no such plan."""
        [record] = await self._scripts.hashes([note.keys.plan])
        if not record:
            return None
        operator = record["operator"]
        sign_in = await self._sign_in(note, operator, record["sign_in"])
        if sign_in is None:
            code, reason = SignInAgain.code, SIGN_IN_AGAIN
            if is_of_service_token(record["sign_in"]):
                code, reason = TOKEN_ENDED, TOKEN_HAS_ENDED
            failed = self._ended(note, "failed", code, reason)
            answer = await self._scripts.call(
                plan_end(
                    note.keys,
                    only_of="",
                    code=code,
                    head=failed,
                    by=by("", ""),
                )
            )
            # That it was told is the end of it, as that it is gone.
            return None if answer.outcome == "OK" else answer
        options = decode_options(record.get("options") or "{}")
        return await self._start(note, record["device"], operator, sign_in, options)

    async def _start(
        self, note: PlanNote, device_id: str, operator_id: str, sign_in: str, options: RunOptions
    ) -> Answer:
        run_id = secrets.token_hex(8)
        holding = self._launching.holding(note.account, note.profile, note.type, run_id)
        identity = events.ProcessingStarted(
            profile_id=note.profile, type=note.type, device_id=device_id, operator_id=operator_id
        )
        started = msgspec.structs.replace(
            identity,
            detached=True,
            message_interval=options.message_interval or UNSET,
            continuous=options.continuous or UNSET,
        )
        lost = events.ProcessingInterrupted(reason=LOST, code="runner_lost")
        stub = events.StoppedProfile(profile_id=note.profile, type=note.type)
        answer = await self._launching.call(
            holding,
            plan_start(
                key_groups.DuePlanKeys(
                    note.account, note.type, note.profile, note.plan_id, sign_in
                ),
                device=device_id,
                operator=operator_id,
                run_id=run_id,
                server=holding.owner,
                stub=packets.members(stub),
                identity=packets.members(identity),
                runs_most=self._bounds.runs,
                running_most=self._bounds.running,
                head=packets.head(started),
                lost_head=packets.head(lost),
                lost_reason=LOST,
                waits_head=packets.opening(events.PlanChanged),
                ends=self._ends(note),
                by=by(operator_id, sign_in, device_id),
            ),
            confirmed=True,
        )
        if answer.outcome == "OK":
            ticket = Ticket(
                account=note.account,
                profile=note.profile,
                type=note.type,
                run_id=run_id,
                fence=answer.number(1),
                started_at=answer.number(2),
                device_id=device_id,
                operator_id=operator_id,
                text=answer.text(3),
                attachments=decode_attachments(answer.text(4)),
                sign_in=sign_in,
                options=options,
            )
            log.info("planned run started", plan=note.plan_id, run=run_id)
            self._launching.launch(holding, ticket)
        return answer

    async def _sign_in(self, note: PlanNote, operator_id: str, sign_in: str) -> str | None:
        """The login that the run is sent with: that of the plan, or the operator's newest for the
        profile; '' for a plan that no login made, and None where none is good. A service token has
        no other in its place: who revokes it ends what it was to do."""
        if not sign_in:
            return ""
        try:
            if (await self._upstream.of_plan(note.account, sign_in)).may_see(note.profile):
                return sign_in
        except SignInAgain:
            pass  # it has ended
        if is_of_service_token(sign_in):
            return None
        newest = await self._upstream.newest(note.account, operator_id, sign_in, note.profile, ())
        return newest.sid if newest is not None else None

    def _ends(self, note: PlanNote) -> bytes:
        ends = {code: self._ended(note, "skipped", code, text) for code, text in SKIPPED_AS.items()}
        ends |= {code: self._ended(note, "failed", code, text) for code, text in LOST_LISTS.items()}
        started = events.PlanEnded(
            profile_id=note.profile, type=note.type, plan_id=note.plan_id, outcome="started"
        )
        return msgspec.json.encode({**ends, "started": packets.head(started)})

    @staticmethod
    def _ended(
        note: PlanNote, outcome: Literal["skipped", "failed"], code: str, reason: str
    ) -> str:
        return packets.head(
            events.PlanEnded(
                profile_id=note.profile,
                type=note.type,
                plan_id=note.plan_id,
                outcome=outcome,
                code=code,
                reason=reason,
            )
        )
