"""The logins of an operator, or of a whole account, as people look at them."""

from typing import NamedTuple

from alphasync.domain.identity import Identity
from alphasync.services.upstream import Origin, Upstream
from alphasync.store import key_groups, keys
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.login_calls import signins_list

SESSIONS_LISTED_MAX = 100
"""Logins of one answer."""


class Login(NamedTuple):
    """Times in ms since the Unix epoch, by Redis' clock."""

    id: str
    operator_id: str
    origin: Origin
    opened_at: int
    seen_at: int
    expires_at: int
    device_id: str
    """The one that came last with it, or ''."""
    device_name: str
    here: bool
    """Whether that one is connected."""


class Page(NamedTuple):
    logins: list[Login]
    next: str
    """Where the next one goes on; '' after the last one."""


class SignedIn:
    def __init__(self, scripts: Scripts, upstream: Upstream) -> None:
        self._scripts = scripts
        self._upstream = upstream

    async def page(self, who: Identity, before: str, *, of_all: bool) -> Page:
        """Newest first. ``of_all``: those of all operators of the account."""
        names = keys.of_account(who.account)
        listed = names.all_signins if of_all else names.signins(who.operator_id)
        answer = await self._scripts.listed(
            signins_list(
                key_groups.ListedSignInKeys(listed, names.devices),
                before=before,
                most=SESSIONS_LISTED_MAX,
            )
        )
        return Page([self._login(found) for found in answer.lists(1)], answer.text(2))

    def _login(self, found: Answer) -> Login:
        return Login(
            id=found.text(0),
            operator_id=found.text(1),
            origin=self._upstream.origin(found.text(2).encode()),
            opened_at=found.number(3),
            seen_at=found.number(4),
            expires_at=found.number(5),
            device_id=found.text(6),
            device_name=found.text(7),
            here=found.text(8) == "here",
        )
