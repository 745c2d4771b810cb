"""The blocklist: who was messaged already, per profile and type."""

from collections.abc import Sequence
from typing import Protocol

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.domain.runs import ProcessingType
from alphasync.protocol import packets
from alphasync.protocol.list_commands import ClearBlocklist, CountBlocklist
from alphasync.services.audit import acting
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.account_calls import blocklist_clear, blocklist_prune
from alphasync.store.scripts.calls import Scripts

ASKED_AT_ONCE_MAX = 500
"""Recipients of one command. A page of a gateway may have 100,000: for so many Redis serves nobody
else for 50 ms."""


class Whose(Protocol):
    """Which list is meant."""

    @property
    def account(self) -> str: ...
    @property
    def profile(self) -> str: ...
    @property
    def type(self) -> ProcessingType: ...


class Blocklist:
    def __init__(self, scripts: Scripts, pipeline: Pipeline) -> None:
        self._scripts = scripts
        self._pipeline = pipeline

    async def blocked(self, of: Whose, recipients: Sequence[str]) -> set[str]:
        """Which of the recipients were messaged already: one command for some hundreds of them,
        however long the list is.

        Those that are past their life count until they are dropped, see ``prune``.
        """
        names = keys.of_account(of.account)
        return await self._on(names.sent(of.type, of.profile), recipients)

    async def not_to_contact(self, of: Whose, recipients: Sequence[str]) -> set[str]:
        """Which of the recipients are on the account's do-not-contact list, in the same way."""
        return await self._on(keys.of_account(of.account).never, recipients)

    async def _on(self, listed: str, recipients: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(recipients), ASKED_AT_ONCE_MAX):
            asked = recipients[start : start + ASKED_AT_ONCE_MAX]
            scores = await self._pipeline.submit("ZMSCORE", listed, *asked)
            if not isinstance(scores, list):
                raise TypeError(f"ZMSCORE answered {scores!r}")
            found.update(
                recipient
                for recipient, score in zip(asked, scores, strict=True)
                if score is not None
            )
        return found

    async def prune(self, of: Whose) -> None:
        """Drop the entries that are past their life, however many: Redis serves others between two
        pages of them."""
        names = keys.of_profile(of.account, of.type, of.profile)
        outcome = "MORE"
        while outcome == "MORE":
            answer = await self._scripts.call(blocklist_prune(names))
            outcome = answer.outcome

    async def count(self, who: Identity, command: CountBlocklist) -> int:
        """How many recipients are on the list. Raises UnknownProfile."""
        who.check_profile(command.profile)
        sent = keys.of_account(who.account).sent(command.type, command.profile)
        count = await self._pipeline.submit("ZCARD", sent)
        if not isinstance(count, int):
            raise TypeError(f"ZCARD answered {count!r}")
        return count

    async def clear(self, who: Identity, device_id: str, command: ClearBlocklist) -> int:
        """Forget who was messaged; returns how many there were. Raises UnknownProfile."""
        who.check_profile(command.profile)
        names = keys.of_profile(who.account, command.type, command.profile)
        event = events.BlocklistCleared(
            profile_id=command.profile,
            type=command.type,
            device_id=device_id,
            operator_id=who.teammate,
        )
        answer = await self._scripts.call(
            blocklist_clear(names, head=packets.head(event), by=acting(who, device_id))
        )
        return answer.number(1)
