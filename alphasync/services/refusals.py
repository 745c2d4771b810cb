"""What was refused, on the account's record. No answer waits for it, or fails by it."""

from collections.abc import Coroutine

import structlog

from alphasync.domain.audit import Action
from alphasync.domain.identity import Identity
from alphasync.errors import StoreUnavailable
from alphasync.services.audit import acting, by
from alphasync.services.login_tries import whose_of
from alphasync.store import key_groups
from alphasync.store.scripts.account_calls import audit_add
from alphasync.store.scripts.calls import Scripts
from alphasync.tasks import Tasks

NOTED_MAX = 10
"""Entries about refusals of one operator in an hour with the same action and code: to be refused is
free, and what others did is not to be pushed out by it."""
WAITING_MAX = 100
"""Refusals that are being written down, as while Redis does not answer; of more none is kept."""

log = structlog.get_logger(__name__)


class Refusals:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._tasks = Tasks()
        self.waiting = 0
        """How many are being written down."""

    async def close(self) -> None:
        await self._tasks.close()

    def note(self, who: Identity, what: str, code: str, device_id: str = "") -> None:
        """They were not to do this. ``what`` and ``code``: each of a closed set."""
        self._later(self._add(who, what, code, device_id))

    def note_login(self, email: str, code: str, origin: bytes) -> None:
        """Somebody did not get in with this address. ``origin``: from where, encrypted. Where
        nobody ever did, nothing is kept: strangers would make it grow."""
        self._later(self._add_login(email, code, origin))

    def _later(self, work: Coroutine[None, None, None]) -> None:
        if self.waiting == WAITING_MAX:
            work.close()
            return
        self.waiting += 1
        self._tasks.spawn(self._carry_out(work), "note a refusal")

    async def _carry_out(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except StoreUnavailable:
            log.info("a refusal is not on record, as Redis does not answer")
        finally:
            self.waiting -= 1

    async def _add(self, who: Identity, what: str, code: str, device_id: str) -> None:
        await self._scripts.call(
            audit_add(
                key_groups.of_refusals(who.account, who.operator_id),
                action=Action.REFUSED,
                target="",
                detail=what,
                code=code,
                origin=b"",
                most=NOTED_MAX,
                by=acting(who, device_id),
            )
        )

    async def _add_login(self, email: str, code: str, origin: bytes) -> None:
        [known] = await self._scripts.hashes([whose_of(email)])
        if not known:
            return
        await self._scripts.call(
            audit_add(
                key_groups.of_refusals(known["account"], known["operator"]),
                action=Action.SIGN_IN_REFUSED,
                target=known["operator"],
                detail="",
                code=code,
                origin=origin,
                most=NOTED_MAX,
                by=by("", ""),
            )
        )
