"""What an earlier server kept of an account, brought in: whom it messaged, drafts, unfinished runs.

Each may be brought in again and again; what the account has by itself stays.
"""

import secrets
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
from msgspec import UNSET

from alphasync.domain import events
from alphasync.domain.runs import ProcessingType
from alphasync.errors import BlocklistLost, TooManyRuns
from alphasync.protocol import packets
from alphasync.protocol.draft_commands import check_draft_length
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.services.texts import Texts
from alphasync.store import keys
from alphasync.store.scripts.account_calls import blocklist_import
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.run_calls import run_import

PAGE_MAX = 200
"""Recipients of one script call, which takes about 0.2 ms."""
RUN_LEFT = "Was not finished on the earlier server"


class Place(NamedTuple):
    """Whose it is, and of which profile and type."""

    operator_id: str
    account: str
    profile: str
    type: ProcessingType


class Taken(NamedTuple):
    """What became of recipients: how many of them each."""

    new: int
    later: int
    """They were known, and have a later time now."""
    old: int
    """They were messaged so long ago that it does not count any more."""


class EarlierDraft(NamedTuple):
    message: str
    device_id: str
    at: int
    """ms since the Unix epoch."""


class EarlierRun(NamedTuple):
    """One that was going on when its server went."""

    device_id: str
    started_at: int
    current: int
    total: int


class EarlierState:
    def __init__(self, scripts: Scripts, bounds: AccountBounds = USUAL) -> None:
        self._scripts = scripts
        self._bounds = bounds
        self._texts = Texts(scripts, bounds)

    async def messaged(self, place: Place, entries: Sequence[tuple[str, int]]) -> Taken:
        """Put recipients, ``PAGE_MAX`` at most, on the blocklist, each with the time at which they
        were messaged. No failover loses them. Raises BlocklistLost."""
        flat = [value for entry in entries for value in entry]
        names = keys.of_profile(place.account, place.type, place.profile)
        call = blocklist_import(names, entries=msgspec.json.encode(flat))
        answer = await self._scripts.call(call, confirmed=True)
        if answer.outcome == "LIST_LOST":
            raise BlocklistLost
        return Taken(answer.number(1), answer.number(2), answer.number(3))

    async def draft(
        self, place: Place, draft: EarlierDraft, *, known_revision: int
    ) -> Literal["new", "known"]:
        """Store a text and tell the devices, if the draft is still at this revision (0: there is
        none). Raises MessageTooLong and TooManyDrafts."""
        check_draft_length(draft.message)
        event = events.MessageUpdated(
            profile_id=place.profile,
            type=place.type,
            message=draft.message,
            device_id=draft.device_id,
            operator_id=UNSET,
        )
        answer = await self._texts.put(
            keys.of_profile(place.account, place.type, place.profile),
            place.operator_id,
            event,
            draft.message,
            ends="yes",
            only_at=known_revision,
            skip="",
        )
        return "known" if answer.outcome == "MOVED" else "new"

    async def run(self, place: Place, run: EarlierRun) -> Literal["new", "known"]:
        """Show how far a run got that ended with its server. Nothing is started by it. Raises
        TooManyRuns."""
        identity = events.ProcessingStarted(
            profile_id=place.profile,
            type=place.type,
            device_id=run.device_id,
            operator_id=place.operator_id,
        )
        left = events.ProcessingInterrupted(
            reason=RUN_LEFT, code="runner_lost", started_at=run.started_at
        )
        answer = await self._scripts.call(
            run_import(
                keys.of_profile(place.account, place.type, place.profile),
                run_id=secrets.token_hex(8),
                device=run.device_id,
                operator=place.operator_id,
                stub=packets.members(
                    events.StoppedProfile(profile_id=place.profile, type=place.type)
                ),
                identity=packets.members(identity),
                started_at=run.started_at,
                total=run.total,
                messaged=run.current,
                runs_most=self._bounds.runs,
                reason=RUN_LEFT,
                head=packets.head(left),
            )
        )
        if answer.outcome == "FULL":
            raise TooManyRuns
        return "known" if answer.outcome == "KNOWN" else "new"
