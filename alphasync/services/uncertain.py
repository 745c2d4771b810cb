"""Recipients who may have been messaged: a person decides."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.protocol import packets
from alphasync.protocol.acknowledgements import Undecided
from alphasync.protocol.list_commands import ListUncertain, ResolveUncertain
from alphasync.services.audit import acting
from alphasync.services.blocklist import ASKED_AT_ONCE_MAX, Whose
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.account_calls import uncertain_list, uncertain_resolve
from alphasync.store.scripts.calls import Scripts


class Listed(NamedTuple):
    recipients: list[Undecided]
    """At most 100."""
    more: int
    """How many there are besides these."""
    cursor: str = ""
    """For the next page; '' with the last one."""


class Uncertain:
    def __init__(self, scripts: Scripts, pipeline: Pipeline) -> None:
        self._scripts = scripts
        self._pipeline = pipeline

    async def among(self, of: Whose, recipients: Sequence[str]) -> int:
        """How many of the recipients may have been messaged, with nobody's decision yet."""
        uncertain = keys.of_account(of.account).uncertain(of.type, of.profile)
        count = 0
        for start in range(0, len(recipients), ASKED_AT_ONCE_MAX):
            asked = recipients[start : start + ASKED_AT_ONCE_MAX]
            names = await self._pipeline.submit("HMGET", uncertain, *asked)
            if not isinstance(names, list):
                raise TypeError(f"HMGET answered {names!r}")
            count += len(names) - names.count(None)
        return count

    async def listed(self, who: Identity, command: ListUncertain) -> Listed:
        """Raises UnknownProfile."""
        who.check_profile(command.profile)
        names = keys.of_profile(who.account, command.type, command.profile)
        answer = await self._scripts.listed(uncertain_list(names, start=command.cursor or ""))
        recipients = msgspec.json.decode(answer.text(1), type=list[Undecided])
        return Listed(recipients, answer.number(2), answer.text(3))

    async def resolve(self, who: Identity, device_id: str, command: ResolveUncertain) -> int:
        """Let the next run message them again, or leave them as messaged; returns how many.

        Raises UnknownProfile, and StoreUnavailable: some may have been decided about by then.
        """
        who.check_profile(command.profile)
        names = keys.of_profile(who.account, command.type, command.profile)
        event = events.UncertainResolved(
            profile_id=command.profile,
            type=command.type,
            device_id=device_id,
            operator_id=who.teammate,
            action=command.action,
        )
        count, cursor = 0, "0"
        while True:
            answer = await self._scripts.call(
                uncertain_resolve(
                    names,
                    action=command.action,
                    recipient=command.recipient_id or "",
                    cursor=cursor,
                    before=count,
                    head=packets.head(event),
                    by=acting(who, device_id),
                )
            )
            count = answer.number(1)
            if answer.outcome == "OK":
                return count
            cursor = answer.text(2)
