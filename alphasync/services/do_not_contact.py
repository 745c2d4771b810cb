"""The do-not-contact list of an account: whom no run messages, until a person decides otherwise."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.errors import DoNotContactFull, NotForThisToken, StoreUnavailable, UnknownOutcome
from alphasync.protocol import packets
from alphasync.protocol.acknowledgements import NotContacted
from alphasync.protocol.list_commands import AddDoNotContact, ListDoNotContact, RemoveDoNotContact
from alphasync.services.audit import acting
from alphasync.services.listing import LISTED_MAX, ListTurns, Place, place_of, searched
from alphasync.store import keys
from alphasync.store.redis.pipeline import Unconfirmed
from alphasync.store.scripts.account_calls import never_add, never_list, never_remove
from alphasync.store.scripts.calls import Scripts

ADDED_AT_ONCE_MAX = 250
"""Recipients of one script: Redis serves nobody else for a millisecond or two."""


class Entry(NamedTuple):
    """Somebody to be put on the list."""

    recipient: str
    note: str


class Changed(NamedTuple):
    number: int
    """How many were added, or removed."""
    in_all: int
    """How many are on the list now."""


class Listed(NamedTuple):
    recipients: list[NotContacted]
    place: Place
    """Where the page ends."""
    in_all: int
    """How many are on the whole list."""


class _Noted(msgspec.Struct, frozen=True):
    """What is kept of an entry besides its time."""

    by: str = ""
    note: str = ""


_decode = msgspec.json.Decoder(_Noted).decode


class DoNotContact:
    """``most``: recipients of one account."""

    def __init__(self, scripts: Scripts, most: int) -> None:
        self._scripts = scripts
        self._most = most
        self.turns = ListTurns()

    async def add(self, who: Identity, device_id: str, command: AddDoNotContact) -> Changed:
        """Put one on the list. Raises DoNotContactFull."""
        return await self.add_all(who, [Entry(command.recipient_id, command.note)], device_id)

    async def add_all(
        self, who: Identity, entries: Sequence[Entry], device_id: str | None = None
    ) -> Changed:
        """Put some on the list, however many, and tell all devices once.

        No failover of Redis loses who was added. Raises DoNotContactFull, of which devices are told
        where some were added before, StoreUnavailable, and UnknownOutcome: some may be on it by
        then, and asking again adds the others.
        """
        event = events.DoNotContactChanged(
            device_id=msgspec.UNSET if device_id is None else device_id, operator_id=who.operator_id
        )
        added, count = 0, 0
        for start in range(0, len(entries), ADDED_AT_ONCE_MAX):
            page = entries[start : start + ADDED_AT_ONCE_MAX]
            last = start + len(page) == len(entries)
            noted = [
                (entry.recipient, msgspec.json.encode(_Noted(who.operator_id, entry.note)).decode())
                for entry in page
            ]
            call = never_add(
                keys.of_account(who.account),
                most=self._most,
                before=added,
                entries=msgspec.json.encode(noted),
                last="1" if last else "",
                head=packets.head(event),
                by=acting(who, device_id or ""),
            )
            try:
                answer = await self._scripts.call(call, confirmed=True)
            except Unconfirmed as error:
                raise UnknownOutcome from error
            except StoreUnavailable as error:
                if start:  # those before these are on the list
                    raise UnknownOutcome from error
                raise
            if answer.outcome == "FULL":
                raise DoNotContactFull(
                    f"The do-not-contact list can have {self._most} recipients, "
                    f"and has {answer.number(2)}"
                )
            added, count = answer.number(1), answer.number(2)
        return Changed(added, count)

    async def remove(self, who: Identity, device_id: str, command: RemoveDoNotContact) -> Changed:
        """Take one off the list. Raises NotForThisToken."""
        if who.profiles is not None:
            raise NotForThisToken
        event = events.DoNotContactChanged(device_id=device_id, operator_id=who.operator_id)
        answer = await self._scripts.call(
            never_remove(
                keys.of_account(who.account),
                recipient=command.recipient_id,
                head=packets.head(event),
                by=acting(who, device_id),
            )
        )
        return Changed(answer.number(1), answer.number(2))

    async def listed(self, who: Identity, command: ListDoNotContact) -> Listed:
        """A page, newest first. Raises TooManyRequests."""
        in_all = 0

        async def page(place: Place, most: int) -> tuple[list[NotContacted], Place]:
            nonlocal in_all
            found = await self.page(who, place, part=command.find or "", most=most)
            in_all = found.in_all
            return found.recipients, found.place

        async with self.turns.of(who.account):
            place = place_of(command.cursor)
            found, place = await searched(page, place, once=command.find is None)
        return Listed(found, place, in_all)

    async def page(
        self, who: Identity, place: Place, *, part: str = "", most: int = LISTED_MAX
    ) -> Listed:
        """What one script reads from a place on."""
        names = keys.of_account(who.account)
        answer = await self._scripts.listed(
            never_list(names, score=place.score, id=place.id, part=part, most=most)
        )
        found = zip(answer.texts(2), answer.texts(3), answer.texts(4), strict=True)
        place = Place(answer.text(5), answer.text(6))
        return Listed([_entry(*entry) for entry in found], place, answer.number(1))


def _entry(recipient: str, score: str, noted: str) -> NotContacted:
    known = _decode(noted) if noted else _Noted()
    return {"id": recipient, "at": int(score), "operatorId": known.by, "note": known.note}
