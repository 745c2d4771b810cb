"""Telling webhooks what was put down for them, in order, for a day: one server for each account.

What fails is tried again after growing waits, and what comes after it waits. Whoever ends a run
looks at once whether its account has webhooks; for all else, as after a crash between the two, the
servers look every few seconds at the accounts whose time has come.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal, NamedTuple

import aiohttp
import msgspec
import structlog

from alphasync import telemetry
from alphasync.errors import StoreUnavailable
from alphasync.membership.name import ServerName
from alphasync.services.outside import objection, open_session
from alphasync.services.runs import Ticket
from alphasync.services.webhook_message import Secrets, body_of, signature
from alphasync.services.webhooks import ATTEMPTS_KEPT, Attempt, Webhook
from alphasync.store import key_groups, keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.plan_calls import plans_due
from alphasync.store.scripts.webhook_calls import (
    webhook_read,
    webhook_reseal,
    webhook_settle,
    webhooks_release,
    webhooks_take,
)
from alphasync.tasks import Tasks, all_of

LOOK_INTERVAL = 5.0
"""Seconds between two looks of a server at the accounts whose time has come."""
LEASE = 30.0
"""Seconds for which a server that tells an account's webhooks has it; renewed with each attempt,
and while one is waited for."""
IDLE = 60.0
"""Seconds until an account is looked at again for which nothing waits."""
ATTEMPT_TIMEOUT = 10.0
"""Seconds for one attempt."""
WAITS = (5, 30, 120, 600, 1800, 3600, 7200, 14400)
"""Seconds after the first failed attempt, the second …; the last one from then on."""
JITTER = 0.1
"""Part of a wait, more or less: what failed at once does not all come back at once."""
TRIED_FOR = 86400.0
"""Seconds from when something came to be until it is given up."""
ATTEMPTS_LAST = 30 * 86400.0
"""Seconds that attempts are on record after the last one."""
PAGE = 20
"""What is read at once of what waits."""
DUE_MAX = 64
"""Accounts that a server takes up at once."""
SENDING_MAX = 50
"""Attempts at once."""
ANSWER_MAX = 200
"""Characters of an answer that are kept."""
GONE = 410

log = structlog.get_logger(__name__)


class Entry(NamedTuple):
    id: str
    fields: dict[str, str]

    @property
    def at(self) -> int:
        """ms since the Unix epoch, by Redis' clock."""
        return int(self.id.partition("-")[0])


class Outcome(NamedTuple):
    name: Literal["told", "failed", "gone"]
    status: int = 0
    answer: str = ""


class WebhookSender:
    """``name``: of this server; ``due``: waits until its lease holds, and an account with webhooks
    is to be looked at."""

    def __init__(
        self,
        scripts: Scripts,
        pipeline: Pipeline,
        own: Secrets,
        name: ServerName,
        due: Callable[[], Awaitable[None]],
        *,
        private: bool,
    ) -> None:
        self._scripts = scripts
        self._pipeline = pipeline
        self._own = own
        self._name = name.base
        self._wait_for_due = due
        self._private = private
        self._tasks = Tasks()
        self._sending = asyncio.Semaphore(SENDING_MAX)
        self._at_work = set[str]()
        self._ahead = 0.0
        """Seconds that Redis' clock, which is everybody's, is ahead of this machine's."""
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        self._tasks.spawn(self._keep_looking(), "webhooks")

    async def close(self) -> None:
        """What is on its way is told again by another server."""
        await self._tasks.close()
        if self._session is not None:
            await self._session.close()

    def ended(self, ticket: Ticket) -> None:
        """A runner has left its run: see whether there is something to tell."""
        self.look_at(ticket.account)

    def look_at(self, account: str) -> None:
        """See at once whether there is something to tell."""
        self._tasks.spawn(self._see(account), "webhooks of an account")

    async def _see(self, account: str) -> None:
        with contextlib.suppress(StoreUnavailable):  # it is looked at again
            if await self._pipeline.submit("ZCARD", keys.of_account(account).webhooks):
                await self._try_to_tell(account)

    async def _keep_looking(self) -> None:
        while True:
            await self._wait_for_due()
            try:
                for account in await self._due():
                    self._tasks.spawn(self._try_to_tell(account), "webhooks of an account")
            except StoreUnavailable:
                log.debug("not looked for webhooks: Redis is away")
            await asyncio.sleep(LOOK_INTERVAL * random.uniform(0.8, 1.2))

    async def _due(self) -> list[str]:
        due = key_groups.DueKeys(keys.WEBHOOKS)
        call = plans_due(due, most=DUE_MAX, retry=round(LEASE * 1000))
        return (await self._scripts.call(call)).texts(1)

    async def _try_to_tell(self, account: str) -> None:
        try:
            await self.tell(account)
        except StoreUnavailable:
            log.debug("webhooks wait: Redis is away")
        except Exception:  # of one account: the others have their turn all the same
            log.exception("webhooks not told")

    async def tell(self, account: str) -> None:
        """Tell an account's webhooks what can be told now, unless another server does. Raises
        StoreUnavailable."""
        if account in self._at_work:
            return  # which looks once more before it ends
        self._at_work.add(account)
        try:
            names = key_groups.of_webhook(account)
            while True:
                answer = await self._scripts.call(
                    webhooks_take(names, server=self._name, lease=round(LEASE * 1000))
                )
                if answer.outcome == "NONE":
                    await self._pipeline.submit("ZREM", keys.WEBHOOKS, account)
                if answer.outcome != "OK":
                    return
                async with self._lease_kept(names):
                    await all_of(self._tell_one(account, id_) for id_ in answer.texts(1))
                answer = await self._scripts.call(
                    webhooks_release(names, server=self._name, idle=round(IDLE * 1000))
                )
                if answer.outcome == "OK":
                    await self._pipeline.submit(
                        "ZADD", keys.WEBHOOKS, "XX", answer.number(1), account
                    )
                if answer.outcome != "MORE":
                    return
        finally:
            self._at_work.discard(account)

    @contextlib.asynccontextmanager
    async def _lease_kept(self, names: key_groups.WebhookKeys) -> AsyncIterator[None]:
        """Keep the account, however long an attempt waits for room: another server would tell the
        same beside this one, and out of order."""
        keeping = asyncio.create_task(self._keep_lease(names), name="lease of webhooks")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.wait([keeping])

    async def _keep_lease(self, names: key_groups.WebhookKeys) -> None:
        outcome = "OK"
        while outcome == "OK":
            await asyncio.sleep(LEASE / 3)
            with contextlib.suppress(StoreUnavailable):  # it is asked again
                call = webhooks_take(names, server=self._name, lease=round(LEASE * 1000))
                outcome = (await self._scripts.call(call)).outcome

    async def _tell_one(self, account: str, id_: str) -> None:
        """Until all is told, or something fails. Raises StoreUnavailable."""
        while await self._tell_page(account, id_):
            pass

    async def _tell_page(self, account: str, id_: str) -> bool:
        """Whether there is more to tell now."""
        names = key_groups.of_webhook(account, id_)
        answer = await self._scripts.call(webhook_read(names, most=PAGE))
        if answer.outcome != "OK":
            return False
        hook, now = Webhook(id_, answer.record(1)), answer.number(3)
        self._ahead = now / 1000 - time.time()
        entries = [Entry(entry.text(0), entry.record(1)) for entry in answer.lists(2)]
        if not entries or hook.record["off"] or (hook.number("next_at") or 0) > now:
            return False
        secret = await self._secret(names, hook.record["secret"])
        attempts = int(hook.record["tries"])
        for entry in entries:
            if not _concerns(hook, entry):
                told = await self._settle(names, told=entry.id)
            elif now - entry.at > TRIED_FOR * 1000:
                log.warning("given up to tell a webhook", host=hook.host)
                report = _attempt(entry, now, 0, attempts, "given_up", Outcome("failed"))
                told = await self._settle(names, told=entry.id, report=report)
            else:
                told = await self._attempt(names, hook.record["url"], secret, entry, attempts + 1)
            if not told:
                return False
            attempts = 0
        return len(entries) == PAGE

    async def _attempt(
        self,
        names: key_groups.WebhookKeys,
        url: str,
        secret: str | None,
        entry: Entry,
        attempt: int,
    ) -> bool:
        """Whether the next one can be told."""
        begun, at = time.monotonic(), self._now()
        async with self._sending:
            outcome = await self._post(url, secret, entry)
        took = round((time.monotonic() - begun) * 1000)
        telemetry.webhook_attempts.labels(outcome.name).inc()
        report = _attempt(entry, round(at * 1000), took, attempt, outcome.name, outcome)
        if outcome.name == "told":
            return await self._settle(names, told=entry.id, report=report)
        if outcome.name == "gone":
            await self._settle(names, off="gone", report=report)
            return False
        wait = WAITS[min(attempt, len(WAITS)) - 1] * random.uniform(1 - JITTER, 1 + JITTER)
        await self._settle(names, attempts=attempt, wait=round(wait * 1000), report=report)
        return False

    async def _settle(
        self,
        names: key_groups.WebhookKeys,
        *,
        told: str = "",
        attempts: int = 0,
        wait: int = 0,
        off: Literal["", "gone"] = "",
        report: bytes = b"",
    ) -> bool:
        """Whether this server is still the one that tells it."""
        answer = await self._scripts.call(
            webhook_settle(
                names,
                server=self._name,
                lease=round(LEASE * 1000),
                told=told,
                attempts=attempts,
                wait=wait,
                off=off,
                report=report,
                kept=ATTEMPTS_KEPT,
                lasts=round(ATTEMPTS_LAST * 1000),
            )
        )
        return answer.outcome == "OK"

    async def _post(self, url: str, secret: str | None, entry: Entry) -> Outcome:
        """One attempt. A redirect is not followed: it would lead elsewhere."""
        if secret is None:
            return Outcome("failed", answer="its secret cannot be read any more: make it anew")
        if reason := objection(url, private=self._private):
            return Outcome("failed", answer=f"not asked: {reason}")
        message, at = f"msg_{entry.fields['message']}", int(self._now())
        body = body_of(entry.fields["kind"], entry.at, entry.fields["data"])
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(secret, message, at, body),
        }
        try:
            async with self._opened().post(
                url, headers=headers, data=body, allow_redirects=False
            ) as answer:
                begins = await _beginning(answer)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Outcome("failed", answer=_why(error))
        name: Literal["told", "failed", "gone"] = "failed"
        if 200 <= answer.status < 300:
            name = "told"
        elif answer.status == GONE:
            name = "gone"
        return Outcome(name, answer.status, begins)

    def _now(self) -> float:
        """Seconds since the Unix epoch, by Redis' clock."""
        return time.time() + self._ahead

    async def _secret(self, names: key_groups.WebhookKeys, sealed: str) -> str | None:
        """To sign with. What an older key has encrypted is kept by the newest from now on."""
        secret = self._own.open(sealed)
        if secret is not None and (renewed := self._own.renewed(sealed)) is not None:
            await self._scripts.call(webhook_reseal(names, was=sealed.encode(), secret=renewed))
        return secret

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = open_session(
                private=self._private, most=SENDING_MAX, timeout=ATTEMPT_TIMEOUT
            )
        return self._session


def _concerns(hook: Webhook, entry: Entry) -> bool:
    """Whether this webhook is to be told it."""
    if entry.fields["hook"]:
        return entry.fields["hook"] == hook.id
    if entry.fields["kind"] not in hook.events:
        return False
    return hook.profiles is None or entry.fields["profile"] in hook.profiles


async def _beginning(answer: aiohttp.ClientResponse) -> str:
    """Of what it says, for people. What comes after it is not read."""
    raw = b""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError):
        raw = await answer.content.read(ANSWER_MAX)
    text = raw.decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {ATTEMPT_TIMEOUT:.0f} s"
    return (str(error) or type(error).__name__)[:ANSWER_MAX]


def _attempt(
    entry: Entry,
    at: int,
    took: int,
    attempt: int,
    outcome: Literal["told", "failed", "given_up", "gone"],
    came: Outcome,
) -> bytes:
    fields = entry.fields
    return msgspec.json.encode(
        Attempt(
            id=entry.id,
            message=fields["message"],
            event=fields["kind"],
            profile_id=fields["profile"],
            data=fields["data"],
            at=at,
            took=took,
            outcome=outcome,
            attempt=attempt,
            status=came.status,
            answer=came.answer,
        )
    )
