"""The figures of an account: the scripts count as things happen; here it is read what they have
counted."""

from collections.abc import Iterator
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from alphasync.domain.analytics import Fields, Figures, Summing, days_until
from alphasync.domain.identity import Identity
from alphasync.errors import InvalidPayload
from alphasync.services.listing import ListTurns
from alphasync.store import keys
from alphasync.store.scripts.account_calls import analytics_read
from alphasync.store.scripts.calls import Answer, Scripts

FIELDS_AT_ONCE = 1_000
"""Figures that are summed up before others are served, about: a few milliseconds."""

_decode = msgspec.json.Decoder(dict[str, str]).decode


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name in the IANA database, as `Europe/Berlin`. Raises InvalidPayload."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidPayload("There is no such time zone: zone") from None


class Analytics:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self.turns = ListTurns()

    async def read(self, who: Identity, number: int, zone: tzinfo) -> Figures:
        """Those of the last days, the present one among them, of the profiles that they may see.
        One command, however many days and whatever happened on them; where a great many runs go on,
        one more for each 64 of these."""
        answer = await self._read(who.account, number)
        summing = Summing(
            days_until(answer.number(3), zone, number),
            zone,
            who.may_see,
            all_seen=who.profiles is None,
        )
        summed = 0
        for day, fields in _days(answer):
            summing.add(day, fields)
            summed += len(fields)
            if summed > FIELDS_AT_ONCE:
                summed = 0
                await self._scripts.in_turn()
        return summing.figures()

    async def _read(self, account: str, number: int) -> Answer:
        before = 0
        while True:
            answer = await self._scripts.listed(
                analytics_read(keys.of_account(account), number=number, before=before)
            )
            if answer.outcome == "OK":
                return answer
            before = answer.number(1)


def _days(answer: Answer) -> Iterator[tuple[int, Fields]]:
    for day, text in answer.record(2).items():
        yield int(day), _decode(text)
    if today := answer.record(1):
        yield int(today["day"]), today
