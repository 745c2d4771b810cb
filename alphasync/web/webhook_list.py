"""Webhooks over HTTP, for admins: making, listing, switching and removing them, and what became of
telling them."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from alphasync.domain.roles import Right
from alphasync.services.logins import Logins
from alphasync.services.webhooks import EVENTS, Attempt, Event, Webhook, Webhooks
from alphasync.web.json_bodies import body, ok
from alphasync.web.who_asks import is_whole, who_asks

URL_MAX = 2_000
"""Characters."""


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it is, and what it is told."""

    url: Annotated[str, Meta(min_length=1, max_length=URL_MAX)]
    """Where it is told: an https address of a public host, but where `WEBHOOK_PRIVATE` allows more.
    """
    events: Annotated[list[Event], Meta(min_length=1, max_length=len(EVENTS))] | None = None
    """What it is told; absent for all."""


class WebhookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be otherwise."""

    enabled: bool
    """False: it is told nothing until it is true again, and then what has waited for no more than a
    day."""


class WebhookMade(msgspec.Struct, frozen=True, rename="camel"):
    """It is told from now on."""

    id: str
    """Names it."""
    secret: str
    """By which it knows that we tell it (Standard Webhooks). It is not shown again."""
    made_at: int
    """ms since the Unix epoch."""
    status: bool = True
    """Always true."""


class ListedAttempt(msgspec.Struct, frozen=True, rename="camel"):
    """One attempt to tell it something."""

    id: str
    """Names what was told, to have it sent again."""
    webhook_id: str
    """The header `webhook-id` that went with it: the same each time."""
    event: str
    """What it was about."""
    profile_id: str | None
    """The profile; null where it was about none."""
    at: int
    """ms since the Unix epoch."""
    took: int
    """ms."""
    outcome: Literal["told", "failed", "given_up", "gone"]
    """`failed`: it is tried again; `given_up`: it was tried for a day; `gone`: it answered 410."""
    attempt: int
    """Which one it was."""
    code: int | None
    """The status of the answer; null where there was none."""
    answer: str
    """How it begins, or why there was none."""


class ListedWebhook(msgspec.Struct, frozen=True, rename="camel"):
    """One of them. Times in ms since the Unix epoch."""

    id: str
    """Names it."""
    url: str
    """Where it is."""
    events: list[Event]
    """What it is told."""
    profiles: list[str] | None
    """The only ones that it is told of; null for all of the account."""
    operator_id: str
    """Who made it."""
    made_at: int
    """When it was made."""
    state: Literal["on", "off", "gone"]
    """`off`: by somebody; `gone`: it has answered 410, and is told nothing until it is switched on.
    """
    failing_since: int | None
    """Since when it could not be told; null where the last attempt was good."""
    next_at: int | None
    """When it is tried again; null where it does not fail."""
    last_attempt: ListedAttempt | None
    """What became of the last attempt to tell it something; null where there was none."""


class WebhooksAnswer(msgspec.Struct, frozen=True):
    """The webhooks of the account, oldest first."""

    webhooks: list[ListedWebhook]
    """All of them."""
    status: bool = True
    """Always true."""


class AttemptsAnswer(msgspec.Struct, frozen=True):
    """The last attempts, newest first."""

    attempts: list[ListedAttempt]
    """50 at most, for 30 days."""
    status: bool = True
    """Always true."""


class WebhookDone(msgspec.Struct, frozen=True):
    """It is done."""

    status: bool = True
    """Always true."""


class WebhookList:
    def __init__(self, logins: Logins, webhooks: Webhooks) -> None:
        self._logins = logins
        self._webhooks = webhooks

    def routes(self) -> list[web.RouteDef]:
        one = "/api/webhooks/{webhook}"
        return [
            web.get("/api/webhooks", self.webhooks),
            web.post("/api/webhooks", self.make),
            web.patch(one, self.switch),
            web.delete(one, self.remove),
            web.post(f"{one}/ping", self.ping),
            web.get(f"{one}/attempts", self.attempts),
            web.post(f"{one}/attempts/{{attempt}}/again", self.again),
        ]

    async def webhooks(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        hooks = await self._webhooks.listed(who)
        last = await self._webhooks.last_attempts(who.account, hooks)
        return ok(WebhooksAnswer([_shown(*each) for each in zip(hooks, last, strict=True)]))

    async def make(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        wanted = await body(request, NewWebhook)
        made = await self._webhooks.make(who, wanted.url, wanted.events or EVENTS)
        return ok(WebhookMade(made.id, made.secret, made.at))

    async def switch(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        came_whole = is_whole(request)
        wanted = await body(request, WebhookChange)
        if not came_whole:
            who = await who_asks(request, self._logins, Right.ADMINISTER)
        await self._webhooks.switch(who, request.match_info["webhook"], enabled=wanted.enabled)
        return ok(WebhookDone())

    async def remove(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        await self._webhooks.remove(who, request.match_info["webhook"])
        return ok(WebhookDone())

    async def ping(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        await self._webhooks.ping(who, request.match_info["webhook"])
        return ok(WebhookDone())

    async def attempts(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        found = await self._webhooks.attempts(who, request.match_info["webhook"])
        return ok(AttemptsAnswer([_tried(each) for each in found]))

    async def again(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        named = request.match_info
        await self._webhooks.send_again(who, named["webhook"], named["attempt"])
        return ok(WebhookDone())


def _shown(each: Webhook, last: Attempt | None) -> ListedWebhook:
    profiles = each.profiles
    return ListedWebhook(
        id=each.id,
        url=each.record["url"],
        events=[event for event in EVENTS if event in each.events],
        profiles=None if profiles is None else sorted(profiles),
        operator_id=each.record["operator"],
        made_at=int(each.record["made_at"]),
        state={"": "on", "gone": "gone"}.get(each.record["off"], "off"),  # type: ignore[arg-type]
        failing_since=each.number("failing_since"),
        next_at=each.number("next_at"),
        last_attempt=None if last is None else _tried(last),
    )


def _tried(each: Attempt) -> ListedAttempt:
    return ListedAttempt(
        id=each.id,
        webhook_id=f"msg_{each.message}",
        event=each.event,
        profile_id=each.profile_id or None,
        at=each.at,
        took=each.took,
        outcome=each.outcome,
        attempt=each.attempt,
        code=each.status or None,
        answer=each.answer,
    )
