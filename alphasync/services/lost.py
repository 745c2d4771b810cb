"""Runs that are not on record any more, or only as they were before: Redis has lost its data or one
key of it, or was put back from an older copy."""

import msgspec

from alphasync.domain import events
from alphasync.domain.runs import Counters
from alphasync.protocol import packets
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.services.progress import Settled
from alphasync.services.runs import Ticket
from alphasync.store import keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.run_calls import run_lost

RUN_LOST = "The storage has lost this run"
ALL_LOST = "The storage has lost this run and the list of who was messaged"
LOST_REASONS = frozenset({RUN_LOST, ALL_LOST})
STORAGE_LOST = "storage_lost"
"""The code of such an end."""


class LostRuns:
    def __init__(self, scripts: Scripts, bounds: AccountBounds = USUAL) -> None:
        self._scripts = scripts
        self._failed_most = bounds.failed

    async def tell(
        self, ticket: Ticket, settled: Settled, counters: Counters, step: int = 0
    ) -> bool:
        """End a run for its devices that its runner finds to be another's or nobody's.

        ``settled``: the last recipient, whom ``counters`` do not count. ``step``: the number of the
        last one that was answered: a record that knows less is older than this run is. Returns
        False when the run is on record, or another one by now: then devices know. Repeatable.
        """
        identity = events.ProcessingStarted(
            profile_id=ticket.profile,
            type=ticket.type,
            device_id=ticket.device_id,
            operator_id=ticket.operator_id,
        )
        stub = events.StoppedProfile(profile_id=ticket.profile, type=ticket.type)
        answer = await self._scripts.call(
            run_lost(
                keys.of_profile(ticket.account, ticket.type, ticket.profile),
                run_id=ticket.run_id,
                device=ticket.device_id,
                operator=ticket.operator_id,
                fence=ticket.fence,
                stub=packets.members(stub),
                identity=packets.members(identity),
                text=ticket.text,
                attachments=msgspec.json.encode(ticket.attachments),
                step=step,
                started_at=ticket.started_at,
                total=counters.total,
                messaged=counters.sent,
                passed=counters.skipped,
                refused=counters.failed,
                doubtful=counters.uncertain,
                **settled.arguments(),
                failed_most=self._failed_most,
                reason=RUN_LOST,
                head=_head(ticket, RUN_LOST),
                all_reason=ALL_LOST,
                all_head=_head(ticket, ALL_LOST),
            )
        )
        return answer.outcome == "OK"


def _head(ticket: Ticket, reason: str) -> str:
    return packets.head(
        events.ProcessingInterrupted(reason=reason, code=STORAGE_LOST, started_at=ticket.started_at)
    )
