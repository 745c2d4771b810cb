"""Devices: registering, leaving."""

import asyncio
import hashlib
import math
import secrets
from typing import NamedTuple

import msgspec

from alphasync.domain import events
from alphasync.domain.devices import DEVICE_NAME_MAX
from alphasync.domain.identity import Identity
from alphasync.errors import SignedOut, SignInAgain, TooManyDevices
from alphasync.membership.holdings import Holding, Holdings
from alphasync.protocol import packets
from alphasync.services.account_state import Begun
from alphasync.services.bounds import USUAL, AccountBounds
from alphasync.services.roster import (
    ALL_HEAD,
    JOINED_HEAD,
    UPDATED_HEAD,
    LeftReason,
    Roster,
    left_head,
    owner,
)
from alphasync.store import key_groups, keys
from alphasync.store.redis.pipeline import Reply
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.device_calls import (
    JoinMode,
    device_join,
    device_leave,
    device_lose,
    device_touch,
)

DISCONNECTED = "Device disconnected"
SIGNED_OUT = "The session has ended, and nobody signed in again"


class DeviceCredentials(NamedTuple):
    """A device identity and its proof."""

    device_id: str
    resume_token: str


def new_credentials() -> DeviceCredentials:
    return DeviceCredentials(secrets.token_hex(8), secrets.token_urlsafe(24))


class Joined(msgspec.Struct, frozen=True):
    device_id: str
    name: str
    resume_token: str
    """Proves the device's identity when it comes back."""
    resumed: bool
    superseded: str
    """The session that held the identity until now, or ''."""
    begun: Begun
    """The snapshot that it starts from."""


class Devices:
    """``grace``: seconds that a device has to come back when its connection broke,
    ``page_grace`` when its page closed, where that is shorter, and ``sign_in_grace`` when its token
    ended, where that is longer: its operator has to type a password."""

    def __init__(
        self,
        scripts: Scripts,
        holdings: Holdings,
        roster: Roster,
        grace: float,
        page_grace: float = math.inf,
        sign_in_grace: float = 0.0,
        *,
        bounds: AccountBounds = USUAL,
    ) -> None:
        self._scripts = scripts
        self._roster = roster
        self._bounds = bounds
        self._holdings = holdings
        self._grace_ms = round(grace * 1000)
        self._page_grace_ms = round(min(grace, page_grace) * 1000)
        self._sign_in_grace_ms = round(max(grace, sign_in_grace) * 1000)

    async def join(
        self,
        who: Identity,
        session: str,
        name: str,
        device_id: str | None = None,
        resume_token: str | None = None,
        fresh: DeviceCredentials | None = None,
        usual_name: str = "",
    ) -> Joined:
        """Register a session as a device and read the first page of its snapshot.

        With the ``deviceId`` and ``resumeToken`` of an earlier registration the device is that
        one again; a pair that is not known gets a new identity, as a first visit does. A client
        that offers none of the two is the device of its token that is missing: of several the one
        that holds a run, then the one that was lost last. ``usual_name`` is what it is called where
        it has no ``name`` and had none.
        Repeatable when the answer gets lost, with the same ``fresh`` for a new identity. Raises
        TooManyDevices, and SignedOut where the token's login was ended.
        """
        if device_id and resume_token:
            answer = await self._join(
                who, session, (name, usual_name), "resume", device_id, resume_token
            )
            if answer.outcome == "OK":
                return _joined(answer, resume_token)
            await self.forget(who.account, device_id, session, self._holdings.owner)
        fresh_id, fresh_token = fresh or new_credentials()
        answer = await self._join(who, session, (name, usual_name), "new", fresh_id, fresh_token)
        if answer.outcome == "FULL":
            raise TooManyDevices
        joined = _joined(answer, fresh_token)
        if joined.device_id != fresh_id:
            self.hold(who.account, joined.device_id, session)
            await self.forget(who.account, fresh_id, session, self._holdings.owner)
        return joined

    async def find(
        self, who: Identity, session: str, offered: str | None, fresh: DeviceCredentials
    ) -> str | None:
        """The device that a session is on record as, when the answer to its join was lost."""
        names = keys.of_account(who.account)
        taken_for = await self._scripts.field(names.device(fresh.device_id), "taken_for")
        for device_id in filter(None, (offered, taken_for, fresh.device_id)):
            if await self._scripts.field(names.device(device_id), "session") == session:
                return device_id
        return None

    async def restore(
        self, who: Identity, session: str, name: str, device_id: str, resume_token: str
    ) -> bool:
        """Put a session on record again; False when another session has the device by now. Raises
        SignedOut where its login was ended."""
        answer = await self._join(who, session, (name, ""), "restore", device_id, resume_token)
        return answer.outcome == "OK"

    async def _join(
        self,
        who: Identity,
        session: str,
        names: tuple[str, str],
        mode: JoinMode,
        device_id: str,
        token: str,
    ) -> Answer:
        noted = self.hold(who.account, device_id, session)
        name, usual_name = names
        answer = await self._scripts.call(
            device_join(
                key_groups.JoinKeys(who.account, device_id, who.operator_id, who.sign_in),
                mode=mode,
                proof=hashlib.sha256(token.encode()).hexdigest(),
                name=name[:DEVICE_NAME_MAX],
                usual_name=usual_name,
                operator=who.operator_id,
                who=owner(who),
                session=session,
                server=self._holdings.owner,
                token=who.token_hash,
                begun_at=who.begun_at,
                most=self._bounds.devices,
                listed_most=self._bounds.listed_devices,
                back_head=packets.head(events.DeviceReconnected()),
                joined_head=JOINED_HEAD,
                updated_head=UPDATED_HEAD,
                all_head=ALL_HEAD,
            ),
            after=noted,
        )
        if answer.outcome == "SIGNED_OUT":
            await self.forget(who.account, device_id, session, self._holdings.owner)
            raise SignedOut
        if answer.outcome == "OK":
            self._roster.tell_later(who.account, answer.number(5))
        return answer

    async def lose(
        self,
        account: str,
        device_id: str,
        session: str,
        owner: str,
        *,
        silent_for: float = 0.0,
        silent_since: int = 0,
        absent_since: int = 0,
        page_closed: bool = False,
        signed_out: bool = False,
    ) -> float | None:
        """The device's connection broke, or its server ``owner`` died.

        ``silent_for``: seconds since the device gave its last sign of life to its owner.
        ``silent_since``: when a dead owner gave its own, ``absent_since``: from when on no device
        could come back to it (ms, Redis' clock). Returns the seconds of grace that the device has,
        or None when it is connected elsewhere, or another one goes on in its place.
        """
        grace = self._page_grace_ms if page_closed else self._grace_ms
        if signed_out:
            grace = self._sign_in_grace_ms
        answer = await self._scripts.call(
            device_lose(
                key_groups.DeviceKeys(account, device_id),
                session=session,
                owner=owner,
                grace=grace,
                signed_out="1" if signed_out else "",
                server=self._holdings.owner,
                silent_for=round(silent_for * 1000),
                silent_since=silent_since,
                absent_since=absent_since,
                listed_most=self._bounds.listed_devices,
                head=packets.head(events.DeviceReconnecting(grace=grace)),
                back_head=packets.head(events.DeviceReconnected()),
                updated_head=UPDATED_HEAD,
                left_head=left_head("lost"),
                all_head=ALL_HEAD,
            )
        )
        self._roster.tell_later(account, answer.number(1))
        if answer.outcome != "AWAY":
            return None
        if owner != self._holdings.owner:
            self.hold(account, device_id, session)
        return answer.number(2) / 1000

    async def leave(
        self,
        account: str,
        device_id: str,
        session: str,
        *,
        away: bool,
        reason: LeftReason | None = None,
    ) -> float:
        """The device is gone: its runs are interrupted and their locks freed, unless another device
        goes on with them.

        ``away``: because the grace of that session is over; where that had begun when its token
        ended, it is the reason given. Returns the seconds that it still has, 0 when it is done.
        """
        lost = events.ProcessingInterrupted(reason=DISCONNECTED, code="device_disconnected")
        signed_out = events.ProcessingInterrupted(reason=SIGNED_OUT, code=SignInAgain.code)
        while True:
            answer = await self._scripts.call(
                device_leave(
                    key_groups.DeviceKeys(account, device_id),
                    session="" if away else session,
                    reason=lost.reason,
                    head=packets.head(lost),
                    signed_out_reason=signed_out.reason,
                    signed_out_head=packets.head(signed_out),
                    back_head=packets.head(events.DeviceReconnected()),
                    left_head=left_head(reason or ("lost" if away else "left")),
                    all_head=ALL_HEAD,
                )
            )
            if answer.outcome == "WAIT":
                return answer.number(1) / 1000
            if answer.outcome in ("OK", "SUCCEEDED"):
                self._roster.tell_later(account, answer.number(1))
            if answer.outcome != "MORE":
                break
        await self.forget(account, device_id, session, self._holdings.owner)
        return 0.0

    async def forget(self, account: str, device_id: str, session: str, owner: str) -> None:
        """This server is not responsible any more for what it had from ``owner``."""
        holding = _holding(owner, account, device_id, session)
        await self._holdings.drop(holding, noted_for=self._holdings.owner)

    async def relieve(self, account: str, device_id: str, session: str, owner: str) -> None:
        """Another server is not responsible any more: this one has taken its session on."""
        holding = _holding(owner, account, device_id, session)
        await self._holdings.drop(holding, noted_for=owner)

    def hold(self, account: str, device_id: str, session: str) -> asyncio.Future[Reply]:
        """Note a device as this server's, without awaiting; see ``Holdings.hold``."""
        return self._holdings.hold(_holding(self._holdings.owner, account, device_id, session))

    async def touch(self, who: Identity, session: str, device_id: str) -> bool:
        """Keep the device's record for another device lifetime; False when it is gone."""
        answer = await self._scripts.call(
            device_touch(key_groups.DeviceKeys(who.account, device_id), session=session)
        )
        return answer.outcome == "OK"


def _holding(owner: str, account: str, device_id: str, session: str) -> Holding:
    return Holding("device", owner, account, device_id, instance=session)


def _joined(answer: Answer, resume_token: str) -> Joined:
    return Joined(
        device_id=answer.text(2),
        name=answer.text(3),
        resume_token=resume_token,
        resumed=answer.text(1) == "resumed",
        superseded=answer.text(4),
        begun=Begun(answer, 6),
    )
