"""Ending logins: from then on nobody comes with their tokens, to any server.

Who comes with a token is checked by the script that registers the device, by the one that prolongs
a login, and by ``Endings.check`` for calls over HTTP. Whoever is connected is found by the event,
and by ``announce``, which reaches the other servers also where they cannot reach Redis.
"""

from collections.abc import Callable, Collection
from typing import Literal

import msgspec

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.errors import SignedOut, UnknownSession
from alphasync.protocol import packets
from alphasync.services.audit import acting, by
from alphasync.services.tokens import is_sign_in
from alphasync.store import key_groups, keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.login_calls import signin_check, signins_end

SESSION_ENDED = "The session that it was started with was ended"
"""Why a run is interrupted, for people."""

Mode = Literal["revoked", "left"]


class Ended(msgspec.Struct, frozen=True):
    """Logins that were ended, and whether with them all tokens that none of them made."""

    account: str
    operator_id: str
    sessions: list[str]
    others: bool
    at: int
    """ms since the Unix epoch, by Redis' clock."""

    def concerns(self, who: Identity) -> bool:
        """Whether a token that proves this is void now."""
        if who.account != self.account or who.operator_id != self.operator_id:
            return False
        if who.sign_in:
            return who.sign_in in self.sessions
        return self.others and who.begun_at <= self.at


class Endings:
    """``lasts``: seconds for which it is known that a login was ended."""

    def __init__(self, scripts: Scripts, lasts: float, announce: Callable[[Ended], None]) -> None:
        self._scripts = scripts
        self._lasts = round(lasts * 1000)
        self._announce = announce

    async def check(self, who: Identity) -> None:
        """Raises SignedOut where what a token stands for was ended."""
        names = keys.of_account(who.account)
        token = key_groups.TokenKeys(
            names.signin(who.sign_in), names.signed_out(who.operator_id), who.sign_in
        )
        answer = await self._scripts.call(signin_check(token, begun_at=who.begun_at))
        if answer.outcome == "SIGNED_OUT":
            raise SignedOut

    async def leave(self, who: Identity) -> None:
        """The operator signs out of this one: what depends on no device goes on. Of a token that no
        login made nothing is kept that could end."""
        if who.sign_in:
            await self._end(
                who.account, who.operator_id, (who.sign_in,), mode="left", acts=acting(who)
            )

    async def end(self, who: Identity, session: str, *, of_all: bool) -> None:
        """End one, and what it has started. ``of_all``: also where it is another operator's of the
        account. Raises UnknownSession."""
        name = keys.of_account(who.account).signin(session)
        operator_id = await self._scripts.field(name, "operator") if is_sign_in(session) else None
        if operator_id is None or not (of_all or operator_id == who.operator_id):
            raise UnknownSession
        if not await self._end(who.account, operator_id, (session,), acts=acting(who)):
            raise UnknownSession

    async def end_all(self, who: Identity, *, this_one: bool) -> int:
        """End all of the operator's and what they have started, with ``this_one`` or without; says
        how many those were. Tokens that no login made end as well: but where the operator has come
        with one of these, only together with it."""
        return await self._end(
            who.account,
            who.operator_id,
            spared="" if this_one else who.sign_in,
            others=this_one or bool(who.sign_in),
            acts=acting(who),
        )

    async def make_room(self, account: str, operator_id: str, oldest: Collection[str]) -> None:
        """End the operator's oldest logins, as there are more than are kept."""
        if oldest:
            await self._end(account, operator_id, oldest, mode="left", acts=by("", ""))

    async def _end(
        self,
        account: str,
        operator_id: str,
        chosen: Collection[str] = (),
        *,
        spared: str = "",
        others: bool = False,
        mode: Mode = "revoked",
        acts: bytes,
    ) -> int:
        names = keys.of_account(account)
        interrupted = events.ProcessingInterrupted(reason=SESSION_ENDED, code=SignedOut.code)
        told = events.SessionsEnded(operator_id=operator_id, others=others)
        again = ""
        while True:
            answer = await self._scripts.call(
                signins_end(
                    key_groups.EndingKeys(
                        channel=names.channel,
                        meta=names.meta,
                        log=names.log,
                        runs=names.runs,
                        signins=names.signins(operator_id),
                        all_signins=names.all_signins,
                        signed_out=names.signed_out(operator_id),
                        record=names.record,
                        devices=names.devices,
                    ),
                    operator=operator_id,
                    chosen="".join(f"{sid}\n" for sid in chosen),
                    spared=spared,
                    others="1" if others else "",
                    mode=mode,
                    again=again,
                    lasts=self._lasts,
                    by=acts,
                    reason=interrupted.reason,
                    interrupted_head=packets.head(interrupted),
                    head=packets.head(told),
                )
            )
            ids = answer.texts(2)
            if not again and (ids or others):
                self._announce(Ended(account, operator_id, ids, others, answer.number(1)))
            if answer.outcome == "OK":
                return len(ids)
            again, chosen = "1", ids
