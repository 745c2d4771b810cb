"""Webhooks: addresses of other software that is told how an account's runs end.

Scripts put down what is to be told (outbox.lua); WebhookSender tells it. Here webhooks are made,
listed and removed.
"""

import asyncio
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import msgspec

from alphasync.domain.identity import Identity
from alphasync.errors import (
    InvalidPayload,
    SignedOut,
    TooManyRequests,
    TooManyWebhooks,
    UnknownDelivery,
    UnknownWebhook,
)
from alphasync.services.audit import acting
from alphasync.services.outside import objection
from alphasync.services.upstream import lines, profiles_in
from alphasync.services.webhook_message import PING, Secrets
from alphasync.store import key_groups, keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.webhook_calls import (
    webhook_attempts,
    webhook_make,
    webhook_post,
    webhook_remove,
    webhook_switch,
)

Event = Literal["run.completed", "run.stopped", "run.interrupted", "run.needs_attention"]
EVENTS: tuple[Event, ...] = (
    *("run.completed", "run.stopped", "run.interrupted", "run.needs_attention"),
)
ATTEMPTS_KEPT = 50
"""Attempts of each webhook that are on record, the last ones."""


class Attempt(msgspec.Struct, frozen=True, rename="camel"):
    """One attempt to tell a webhook something."""

    id: str
    """Names what was told, on the list of what is to be told."""
    message: str
    """By which who hears of it twice knows it again: the header ``webhook-id``."""
    event: str
    profile_id: str
    data: str
    """As it was put down."""
    at: int
    """ms since the Unix epoch."""
    took: int
    """ms."""
    outcome: Literal["told", "failed", "given_up", "gone"]
    attempt: int
    status: int
    """Of the answer; 0 where there was none."""
    answer: str
    """How it begins, or why there was none."""


class Webhook(NamedTuple):
    id: str
    record: dict[str, str]

    @property
    def profiles(self) -> frozenset[str] | None:
        """None for all of the account."""
        return profiles_in(self.record["profiles"]) if self.record["limited"] else None

    @property
    def events(self) -> list[str]:
        return self.record["events"].split()

    @property
    def host(self) -> str:
        return host_shown(self.record["url"])

    def number(self, name: str) -> int | None:
        return int(self.record[name]) if self.record[name] not in ("", "0") else None

    def is_within(self, profiles: frozenset[str] | None) -> bool:
        """Whether it is told of no profile but these."""
        if profiles is None:
            return True
        return self.profiles is not None and profiles.issuperset(self.profiles)


class Made(NamedTuple):
    id: str
    secret: str
    """To be shown once."""
    at: int
    """ms since the Unix epoch, by Redis' clock."""


class Webhooks:
    """``most``: of one account; ``private``: whether they may be at private addresses; ``look_at``:
    has an account's webhooks told what there is to tell."""

    def __init__(
        self,
        scripts: Scripts,
        pipeline: Pipeline,
        own: Secrets,
        look_at: Callable[[str], None],
        most: int,
        *,
        private: bool,
    ) -> None:
        self._scripts = scripts
        self._pipeline = pipeline
        self._own = own
        self._look_at = look_at
        self._most = most
        self._private = private

    async def make(self, who: Identity, url: str, events: Collection[Event]) -> Made:
        """Raises InvalidPayload, TooManyWebhooks and SignedOut."""
        if reason := objection(url, private=self._private):
            raise InvalidPayload(f"Expected where a webhook is in `url`: {reason}")
        id_, names = f"wh_{secrets.token_hex(8)}", keys.of_account(who.account)
        secret, sealed = self._own.make()
        common = key_groups.of_webhook(who.account, id_)
        # Noted before it is there, so that no crash leaves one that nobody tells anything.
        await self._pipeline.submit("ZADD", keys.WEBHOOKS, "NX", 0, who.account)
        answer = await self._scripts.call(
            webhook_make(
                key_groups.NewWebhookKeys(
                    webhooks=common.webhooks,
                    webhook=common.webhook,
                    outbox=common.outbox,
                    record=common.record,
                    devices=common.devices,
                    signin=names.signin(who.sign_in),
                    sign_in=who.sign_in,
                    signed_out=names.signed_out(who.operator_id),
                ),
                begun_at=who.begun_at,
                id=id_,
                url=url,
                host=host_shown(url),
                events=" ".join(event for event in EVENTS if event in events),
                limited="" if who.profiles is None else "1",
                profiles=lines(who.profiles or ()),
                secret=sealed,
                operator=who.operator_id,
                most=self._most,
                by=acting(who),
            )
        )
        if answer.outcome == "FULL":
            raise TooManyWebhooks
        if answer.outcome == "SIGNED_OUT":
            raise SignedOut
        return Made(id_, secret, answer.number(1))

    async def listed(self, who: Identity) -> list[Webhook]:
        """Oldest first, those that are told of no profile that is not theirs. There are few."""
        names = keys.of_account(who.account)
        found = Answer([await self._pipeline.submit("ZRANGE", names.webhooks, 0, -1)]).texts(0)
        records = await self._scripts.hashes([names.webhook(id_) for id_ in found])
        listed = [
            Webhook(id_, record) for id_, record in zip(found, records, strict=True) if record
        ]
        return [each for each in listed if each.is_within(who.profiles)]

    async def remove(self, who: Identity, id_: str) -> None:
        """Raises UnknownWebhook."""
        hook = await self._found(who, id_)
        names = key_groups.of_webhook(who.account, id_)
        call = webhook_remove(names, id=id_, host=hook.host, by=acting(who))
        _known(await self._scripts.call(call))

    async def switch(self, who: Identity, id_: str, *, enabled: bool) -> None:
        """Raises UnknownWebhook."""
        hook = await self._found(who, id_)
        names = key_groups.of_webhook(who.account, id_)
        off: Literal["", "1"] = "" if enabled else "1"
        _known(
            await self._scripts.call(webhook_switch(names, off=off, host=hook.host, by=acting(who)))
        )
        self._look_at(who.account)

    async def attempts(self, who: Identity, id_: str) -> list[Attempt]:
        """The last ones, newest first. Raises UnknownWebhook."""
        await self._found(who, id_)
        return await self._attempts(who.account, id_, ATTEMPTS_KEPT)

    async def last_attempts(self, account: str, hooks: Sequence[Webhook]) -> list[Attempt | None]:
        """The last one of each; None where there was none."""
        found = await asyncio.gather(*(self._attempts(account, each.id, 1) for each in hooks))
        return [last[0] if last else None for last in found]

    async def _attempts(self, account: str, id_: str, most: int) -> list[Attempt]:
        names = key_groups.of_webhook(account, id_)
        answer = await self._scripts.call(webhook_attempts(names, most=most))
        return [msgspec.json.decode(text, type=Attempt) for text in answer.texts(1)]

    async def send_again(self, who: Identity, id_: str, delivery: str) -> None:
        """Tell it something once more that it has been told, or should have been. Raises
        UnknownWebhook, UnknownDelivery and TooManyRequests."""
        found = [each for each in await self.attempts(who, id_) if each.id == delivery]
        if not found:
            raise UnknownDelivery
        once = found[0]
        await self._post(who, id_, once.event, once.message, once.profile_id, once.data.encode())

    async def ping(self, who: Identity, id_: str) -> None:
        """Tell it something, to see whether it hears it. Raises UnknownWebhook and
        TooManyRequests."""
        await self._post(who, id_, PING, secrets.token_hex(8), "", b"{}")

    async def _post(
        self, who: Identity, id_: str, event: str, message: str, profile: str, data: bytes
    ) -> None:
        hook = await self._found(who, id_)
        answer = await self._scripts.call(
            webhook_post(
                key_groups.of_webhook(who.account, id_),
                id=id_,
                kind=event,
                message=message,
                profile=profile,
                data=data,
                host=hook.host,
                by=acting(who),
            )
        )
        _known(answer)
        if answer.outcome == "FULL":
            raise TooManyRequests("As much as may be asked for still waits for this webhook")
        self._look_at(who.account)

    async def _found(self, who: Identity, id_: str) -> Webhook:
        """Raises UnknownWebhook, also for one that is told of profiles that are not theirs."""
        for each in await self.listed(who):
            if each.id == id_:
                return each
        raise UnknownWebhook


def host_shown(url: str) -> str:
    """What may be shown of an address: the rest of it may be a secret."""
    return urlsplit(url).hostname or ""


def _known(answer: Answer) -> None:
    if answer.outcome == "UNKNOWN":
        raise UnknownWebhook
