"""Recipients who could not be messaged: who they are, why, and who of them is to be tried again."""

from typing import NamedTuple

import msgspec

from alphasync.domain.identity import Identity
from alphasync.protocol.acknowledgements import FailedListed, Unsent
from alphasync.protocol.run_commands import ListFailed
from alphasync.services.runs import Ticket
from alphasync.store import keys
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.run_calls import failed_list


class _Page(NamedTuple):
    recipients: list[Unsent]
    answer: Answer

    @property
    def cursor(self) -> str:
        return self.answer.text(4)


class Failed:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    async def listed(self, who: Identity, command: ListFailed) -> FailedListed:
        """A page of them, those who failed last first. Raises UnknownProfile."""
        who.check_profile(command.profile)
        names = keys.of_profile(who.account, command.type, command.profile)
        page = await self._page(names, str(command.cursor or ""))
        listed = FailedListed(
            recipients=page.recipients,
            named=page.answer.number(2),
            unnamed=page.answer.number(3),
        )
        if page.cursor:
            listed["cursor"] = int(page.cursor)
        return listed

    async def to_try(self, ticket: Ticket) -> list[Unsent]:
        """All whom the run is to try again, those who failed first first: not those with whom it
        has failed itself, before another server took it over."""
        names = keys.of_profile(ticket.account, ticket.type, ticket.profile)
        found: dict[str, Unsent] = {}
        cursor: str | None = ""
        while cursor is not None:
            page = await self._page(names, cursor, ticket.run_id)
            found.update((recipient["id"], recipient) for recipient in page.recipients)
            cursor = page.cursor or None
        return list(reversed(found.values()))

    async def _page(self, names: keys.ProfileKeys, before: str, tried_by: str = "") -> _Page:
        answer = await self._scripts.listed(failed_list(names, before=before, tried_by=tried_by))
        return _Page(msgspec.json.decode(answer.text(1), type=list[Unsent]), answer)
