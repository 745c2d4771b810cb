"""Telling devices that a run has ended, also where no console is open: by the push services of
their browsers.

Who told the devices of a run's end tells the push services: it has the run's last fencing token.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

import msgspec
import structlog

from alphasync.domain.identity import Identity
from alphasync.errors import InvalidPayload, SignedOut, StoreUnavailable, TooManySubscriptions
from alphasync.protocol.device_commands import SubscribePush
from alphasync.services.endings import Endings
from alphasync.services.push_lanes import PushLanes
from alphasync.services.push_message import NoSubscription, PushKeys, decode, encrypt, point_of
from alphasync.services.push_services import Gone, Outcome, PushServices
from alphasync.services.runs import Ticket
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.device_calls import push_set
from alphasync.tasks import Tasks

TELLING_MAX = 200
"""Ended runs of which somebody is being told; of more nobody is: what is late is no news."""

log = structlog.get_logger(__name__)


class Subscription(msgspec.Struct, frozen=True):
    """One device's, with whom it is for."""

    endpoint: str
    p256dh: str
    auth: str
    key: str
    """Our public key that it was made with."""
    operator_id: str
    sign_in: str
    begun_at: int
    profiles: list[str] | None
    until: int
    """Seconds since the Unix epoch."""


class News(msgspec.Struct, frozen=True, rename="camel", tag_field="kind", tag="runEnded"):
    """What a browser is told: no text, and no recipient."""

    outcome: Literal["completed", "interrupted"]
    profile_id: str
    type: str
    started_at: int
    current: int
    total: int
    sent: int
    uncertain: int


class Limits(NamedTuple):
    account: int
    """Subscriptions of one account."""
    lasts: float
    """Seconds that one is kept."""
    private: bool
    """Whether push services may be at private addresses."""


class Told(Protocol):
    """Hears of runs that their runner has left."""

    def ended(self, ticket: Ticket) -> None: ...


class Pushes:
    def __init__(
        self,
        scripts: Scripts,
        pipeline: Pipeline,
        endings: Endings,
        own: PushKeys,
        services: PushServices,
        limits: Limits,
    ) -> None:
        self._scripts = scripts
        self._pipeline = pipeline
        self._endings = endings
        self._own = own
        self._services = services
        self._limits = limits
        self._tasks = Tasks()
        self._telling = 0
        self._lanes = PushLanes()

    async def close(self) -> None:
        await self._tasks.close()
        await self._services.close()

    async def subscribe(self, who: Identity, device_id: str, command: SubscribePush) -> None:
        """Raises InvalidPayload and TooManySubscriptions."""
        if reason := self._services.objection(command.endpoint):
            raise InvalidPayload(f"Expected a push service in `endpoint`: {reason}")
        try:
            point_of(command.p256dh)
            decode(command.auth, 16)
        except NoSubscription:
            raise InvalidPayload("Expected a browser's keys in `p256dh` and `auth`") from None
        if command.key not in self._own:
            raise InvalidPayload("Expected the `pushKey` of this server in `key`")
        subscription = Subscription(
            endpoint=command.endpoint,
            p256dh=command.p256dh,
            auth=command.auth,
            key=command.key,
            operator_id=who.operator_id,
            sign_in=who.sign_in,
            begun_at=who.begun_at,
            profiles=None if who.profiles is None else sorted(who.profiles),
            until=int(time.time() + self._limits.lasts),
        )
        answer = await self._scripts.call(
            push_set(
                keys.of_account(who.account),
                device_id=device_id,
                subscription=msgspec.json.encode(subscription),
                most=self._limits.account,
                lasts=round(self._limits.lasts * 1000),
            )
        )
        if answer.outcome == "FULL":
            raise TooManySubscriptions

    async def forget(self, account: str, device_id: str) -> None:
        """Repeatable. Raises StoreUnavailable."""
        await self._pipeline.submit("HDEL", keys.of_account(account).pushes, device_id)

    def ended(self, ticket: Ticket) -> None:
        """A runner has left its run: where it has ended, tell those whom it concerns."""
        if self._telling >= TELLING_MAX:
            log.warning("nobody is told of a run by push: too many ended at once")
            return
        self._telling += 1
        task = self._tasks.spawn(self._tell(ticket), f"push of {ticket.run_id}")
        task.add_done_callback(self._told)

    def _told(self, _: object) -> None:
        self._telling -= 1

    async def _tell(self, ticket: Ticket) -> None:
        try:
            found = await self._subscriptions(ticket.account)
            if not found:
                return
            names = keys.of_profile(ticket.account, ticket.type, ticket.profile)
            [record] = await self._scripts.hashes([names.run])
            news = _news_of(ticket, record)
            if news is None:
                return
            for device_id, one in found.items():
                if not _concerns(one, record.get("operator", ""), ticket.profile):
                    continue
                if await self._is_void(ticket.account, one):
                    await self._forget_this(ticket.account, device_id, one)
                    continue
                if not self._begin(ticket, device_id, one, news):
                    log.warning("not all are told of a run by push: the account has too many")
                    return
        except StoreUnavailable:
            log.info("nobody was told of a run by push: Redis does not answer", run=ticket.run_id)

    async def _subscriptions(self, account: str) -> Mapping[str, Subscription]:
        [found] = await self._scripts.hashes([keys.of_account(account).pushes])
        return {
            device_id: msgspec.json.decode(encoded, type=Subscription)
            for device_id, encoded in found.items()
        }

    async def _forget_this(self, account: str, device_id: str, one: Subscription) -> None:
        """Unless the device has another one by now: telling of the former one took its time."""
        if (await self._subscriptions(account)).get(device_id) == one:
            await self.forget(account, device_id)

    async def _is_void(self, account: str, one: Subscription) -> bool:
        """Whether it has run out, its login was ended, or our key is another one by now."""
        if one.until < time.time() or one.key not in self._own:
            return True
        who = Identity(
            operator_id=one.operator_id,
            account=account,
            email=None,
            expires_at=0,
            token_hash="",
            sign_in=one.sign_in,
            begun_at=one.begun_at,
        )
        try:
            await self._endings.check(who)
        except SignedOut:
            return True
        return False

    def _begin(self, ticket: Ticket, device_id: str, one: Subscription, news: News) -> bool:
        """Whether the message is on its way."""
        account = ticket.account
        gate = self._lanes.enter(account)
        if gate is None:
            return False
        sending = self._send(account, device_id, one, news, ticket.run_id, gate)
        task = self._tasks.spawn(sending, f"push to {device_id}")
        task.add_done_callback(lambda _: self._lanes.leave(account))
        return True

    async def _send(
        self,
        account: str,
        device_id: str,
        one: Subscription,
        news: News,
        topic: str,
        gate: asyncio.Semaphore,
    ) -> None:
        body = encrypt(msgspec.json.encode(news), one.p256dh, one.auth)
        proof = self._own.proof(one.endpoint, one.key, time.time())
        try:
            outcome = await self._services.send(one.endpoint, proof, topic, body, gate)
        except Gone:
            outcome = Outcome.GONE
            with contextlib.suppress(StoreUnavailable):  # it is gone at the next run's end, too
                await self._forget_this(account, device_id, one)
        log.debug("push", device=device_id, outcome=outcome)


def _concerns(one: Subscription, operator_id: str, profile: str) -> bool:
    sees = one.profiles is None or profile in one.profiles
    return sees and one.operator_id == operator_id


def _news_of(ticket: Ticket, record: Mapping[str, str]) -> News | None:
    """None where the run goes on, is another one, or was stopped by somebody."""
    if (record.get("run_id"), record.get("fence")) != (ticket.run_id, str(ticket.fence)):
        return None
    outcome = record.get("status")
    if outcome not in ("completed", "interrupted"):
        return None
    counted = {name: int(record.get(name) or 0) for name in ("sent", "skipped", "failed")}
    uncertain = int(record.get("uncertain") or 0)
    return News(
        outcome="completed" if outcome == "completed" else "interrupted",
        profile_id=ticket.profile,
        type=ticket.type,
        started_at=ticket.started_at,
        current=sum(counted.values()) + uncertain,
        total=int(record.get("total") or 0),
        sent=counted["sent"],
        uncertain=uncertain,
    )
