"""The account's record of who did what. The scripts that do it write it; here it is read."""

from typing import NamedTuple

import msgspec

from alphasync.domain.audit import Action
from alphasync.domain.identity import Identity
from alphasync.services.listing import ListTurns
from alphasync.store import keys
from alphasync.store.scripts.account_calls import audit_list
from alphasync.store.scripts.calls import Answer, Scripts

RECORD_LISTED_MAX = 100
"""Entries of one answer."""
PARTS_MAX = 10
"""Scripts of one answer, each of which looks at a hundred entries; others are served in between."""


def by(operator_id: str, sign_in: str, device_id: str = "") -> bytes:
    """Who acts, for a script that writes it down."""
    return msgspec.json.encode({"operator": operator_id, "session": sign_in, "device": device_id})


def acting(who: Identity, device_id: str = "") -> bytes:
    return by(who.operator_id, who.sign_in, device_id)


class Filters(NamedTuple):
    """Each None for any. Times in ms since the Unix epoch."""

    action: Action | None = None
    operator_id: str | None = None
    profile: str | None = None
    outcome: str | None = None
    """``ok``, or the code of a refusal."""
    since: int | None = None
    until: int | None = None


class Noted(NamedTuple):
    id: str
    fields: dict[str, str]

    @property
    def at(self) -> int:
        """ms since the Unix epoch, by Redis' clock."""
        return int(self.id.partition("-")[0])


class Page(NamedTuple):
    entries: list[Noted]
    next: str
    """Where the next one goes on; '' after the last one."""


class Audit:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self.turns = ListTurns()

    async def page(self, account: str, before: str, filters: Filters) -> Page:
        """Newest first, at most ``RECORD_LISTED_MAX``; fewer where few of very many are wanted."""
        found: list[Noted] = []
        for _ in range(PARTS_MAX):
            answer = await self._scripts.listed(
                audit_list(
                    keys.of_account(account),
                    before=before,
                    since="" if filters.since is None else filters.since,
                    until_="" if filters.until is None else filters.until,
                    action=filters.action or "",
                    operator=filters.operator_id or "",
                    profile=filters.profile or "",
                    outcome=filters.outcome or "",
                    most=RECORD_LISTED_MAX - len(found),
                )
            )
            found += map(_noted, answer.lists(1))
            before = answer.text(2)
            if not before or len(found) == RECORD_LISTED_MAX:
                break
        return Page(found, before)


def _noted(entry: Answer) -> Noted:
    return Noted(entry.text(0), entry.record(1))
