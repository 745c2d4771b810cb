"""Who was messaged: the blocklist page by page, with when and by which run."""

from typing import NamedTuple

import msgspec

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.domain.runs import ProcessingType
from alphasync.errors import RecipientInFlight
from alphasync.protocol import packets
from alphasync.protocol.acknowledgements import Messaged, StartedRun
from alphasync.protocol.list_commands import ListBlocklist, RemoveFromBlocklist, ResolveUncertain
from alphasync.services.audit import acting
from alphasync.services.listing import LISTED_MAX, ListTurns, Place, place_of, searched
from alphasync.services.uncertain import Uncertain
from alphasync.store import keys
from alphasync.store.scripts.account_calls import blocklist_list, blocklist_remove
from alphasync.store.scripts.calls import Scripts


class Listed(NamedTuple):
    recipients: list[Messaged]
    runs: list[StartedRun]
    """Those that messaged them, each once."""
    place: Place
    """Where the page ends."""
    in_all: int
    """How many are on the whole list."""


class _Start(msgspec.Struct, frozen=True):
    """What is kept of a start of a run besides its time."""

    id: str
    operator: str
    device: str
    name: str


_decode = msgspec.json.Decoder(_Start).decode


class MessagedBefore:
    def __init__(self, scripts: Scripts, uncertain: Uncertain) -> None:
        self._scripts = scripts
        self._uncertain = uncertain
        self.turns = ListTurns()

    async def listed(self, who: Identity, command: ListBlocklist) -> Listed:
        """A page, newest first. Raises UnknownProfile and TooManyRequests."""
        runs: dict[str, StartedRun] = {}
        in_all = 0

        async def page(place: Place, most: int) -> tuple[list[Messaged], Place]:
            nonlocal in_all
            found = await self.page(
                who, command.profile, command.type, place, part=command.find or "", most=most
            )
            runs.update((run["id"], run) for run in found.runs)
            in_all = found.in_all
            return found.recipients, found.place

        async with self.turns.of(who.account):
            place = place_of(command.cursor)
            found, place = await searched(page, place, once=command.find is None)
        return Listed(found, list(runs.values()), place, in_all)

    async def page(
        self,
        who: Identity,
        profile: str,
        type_: ProcessingType,
        place: Place,
        *,
        part: str = "",
        most: int = LISTED_MAX,
    ) -> Listed:
        """What one script reads from a place on. Raises UnknownProfile."""
        who.check_profile(profile)
        answer = await self._scripts.listed(
            blocklist_list(
                keys.of_profile(who.account, type_, profile),
                score=place.score,
                id=place.id,
                part=part,
                most=most,
            )
        )
        noted = answer.texts(4)
        runs = [_run(*each) for each in zip(noted[::2], noted[1::2], strict=True)]
        entries = zip(answer.texts(2), answer.texts(3), answer.texts(5), strict=True)
        recipients: list[Messaged] = [
            {"id": id_, "at": int(score), "runId": runs[int(at) - 1]["id"] if at != "0" else ""}
            for id_, score, at in entries
        ]
        place = Place(answer.text(6), answer.text(7))
        return Listed(recipients, runs, place, answer.number(1))

    async def remove(
        self, who: Identity, device_id: str, command: RemoveFromBlocklist
    ) -> tuple[bool, int]:
        """Forget that one was messaged; whether they were on the list, and how many are. One
        who may have been messaged is decided about: to be messaged again.

        Raises UnknownProfile and RecipientInFlight.
        """
        who.check_profile(command.profile)
        event = events.BlocklistRecipientRemoved(
            profile_id=command.profile,
            type=command.type,
            device_id=device_id,
            operator_id=who.teammate,
            recipient_id=command.recipient_id,
        )
        call = blocklist_remove(
            keys.of_profile(who.account, command.type, command.profile),
            recipient=command.recipient_id,
            head=packets.head(event),
            by=acting(who, device_id),
        )
        decided = 0
        while (answer := await self._scripts.call(call)).outcome == "UNCERTAIN":
            again = ResolveUncertain(
                profile_id=command.profile,
                type=command.type,
                action="resend",
                recipient_id=command.recipient_id,
            )
            decided += await self._uncertain.resolve(who, device_id, again)
        if answer.outcome == "IN_FLIGHT":
            raise RecipientInFlight
        return decided + answer.number(1) > 0, answer.number(2)


def _run(noted: str, score: str) -> StartedRun:
    start = _decode(noted)
    return {
        "id": start.id,
        "startedAt": int(score),
        "operatorId": start.operator,
        "deviceId": start.device,
        "deviceName": start.name,
    }
