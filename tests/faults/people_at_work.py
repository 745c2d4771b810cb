"""What people do in a soak, at random, and what the books have to know of it."""

import asyncio
import contextlib
import random
import time
from collections.abc import Collection
from typing import Any

import aiohttp
from redis.exceptions import RedisError

from alphasync.domain.identity import account_of
from alphasync.domain.runs import Key, ProcessingType
from alphasync.services.idempotency import idempotency_key
from alphasync.services.runs import Ticket
from tests.faults.books import Avoided, OfRun, Opening, Retry
from tests.faults.harness import Site
from tests.faults.returning import ReturningDevice
from tests.integration.support import MAIL

CAST = {"p1": 60, "p2": 40, "p3": 25}
OPERATOR = "demo"
ACCOUNT = account_of(OPERATOR, None)
TYPES: tuple[ProcessingType, ...] = ("chat", "mail")
DETACHED = 0.4
"""Of the runs those that go on without their device."""
CONTINUOUS = 0.3
"""Of the runs those that begin anew when they are through."""
CYCLE_PAUSE_MIN = 0.5
"""Seconds."""
LOST_ANSWERS = (ConnectionError, TimeoutError, aiohttp.ClientError)
"""The command was carried out, or it was not: nobody knows."""


class PeopleAtWork:
    """``paused``: servers that do nothing at the moment."""

    def __init__(self, site: Site, paused: Collection[object]) -> None:
        self.resent: list[Opening] = []
        self.avoided: list[Avoided] = []
        self.maybe_avoided: set[str] = set()
        self.left: dict[Key, set[str]] = {}
        self._site = site
        self._paused = paused
        self._retries: list[tuple[Retry, str]] = []
        """With the ids of their runs."""
        self._plans: list[dict[str, str]] = []
        self._avoidable = [f"{profile}-{place}" for profile in CAST for place in range(4)]
        """Of each profile some; whoever may be on the list by a command that is still on its way is
        not among them any more."""
        self._started: list[Ticket] = []

    def retries(self, keys_used: dict[str, str]) -> list[Retry]:
        """``keys_used``: the gateway's, each with whom it messaged."""
        return [
            retry._replace(messaged=_messaged_by(retry, run_id, keys_used))
            for retry, run_id in self._retries
        ]

    def of_runs(self, times: dict[str, int], cycles: int) -> list[OfRun]:
        """``times``: the gateway's keys, each with when it was used; ``cycles``: as many as no run
        had more of."""
        return [
            OfRun(recipient, ticket.started_at, times[key])
            for ticket in self._started
            for recipient in self.maybe_avoided
            for cycle in range(1, cycles + 1)
            if (key := idempotency_key(ticket, recipient, cycle)) in times
        ]

    async def work(self, device: ReturningDevice, rng: random.Random, over: asyncio.Event) -> None:
        """Until it is ``over``."""
        doing = (
            *(self._type, self._start, self._stop, self._clear, self._resolve, self._drop),
            *(self._hold, self._try_again, self._refuse, self._plan, self._change_plan),
            *(self._take, self._avoid),
        )
        while not over.is_set():
            do = rng.choices(doing, weights=(40, 25, 4, 4, 6, 3, 20, 12, 3, 6, 3, 8, 6))[0]
            profile, type_ = rng.choice(list(CAST)), rng.choice(TYPES)
            try:
                await do(device, rng, profile, type_)
            except LOST_ANSWERS:
                continue
            await asyncio.sleep(rng.uniform(0.05, 0.4))

    async def _type(
        self, device: ReturningDevice, rng: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        text = "".join(rng.choices("abc ü😀", k=rng.randrange(5)))
        for end in range(len(text) + 1):
            payload = {"profileId": profile, "type": type_, "message": text[:end]}
            await device.emit("updateMessage", payload)

    async def _start(
        self, device: ReturningDevice, rng: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        payload = _start_of(rng, profile, type_)
        if rng.random() < CONTINUOUS:
            payload["continuous"] = {"pause": rng.uniform(CYCLE_PAUSE_MIN, 4.0)}
        begun = await device.call("startProcessing", payload)
        if begun["ok"]:
            self._started.append(_ticket_of(profile, type_, begun["runId"], begun["startedAt"]))

    async def _avoid(
        self, device: ReturningDevice, rng: random.Random, _profile: str, _type: ProcessingType
    ) -> None:
        """Put somebody on the do-not-contact list, or take them off."""
        if not self._avoidable:
            return
        recipient = self._avoidable.pop(rng.randrange(len(self._avoidable)))
        self.maybe_avoided.add(recipient)
        places = [at for at, found in enumerate(self.avoided) if found.recipient == recipient]
        if places and self.avoided[places[-1]].until is None:
            known = self.avoided[places[-1]]
            self.avoided[places[-1]] = known._replace(until=await self._now())
            ack = await device.call("removeDoNotContact", {"recipientId": recipient})
        else:
            ack = await device.call("addDoNotContact", {"recipientId": recipient})
            if ack["ok"]:
                self.avoided.append(Avoided(recipient, await self._now(), None))
        if ack["ok"]:
            self._avoidable.append(recipient)

    async def _stop(
        self, device: ReturningDevice, rng: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        if rng.random() < 0.2:
            await device.call("stopAllProcessing")
        else:
            await device.call("stopProcessing", {"profileId": profile, "type": type_})

    async def _take(
        self, device: ReturningDevice, _: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        await device.call("takeOverProcessing", {"profileId": profile, "type": type_})

    async def _hold(
        self, device: ReturningDevice, rng: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        [command] = rng.choices(("pauseProcessing", "resumeProcessing"), weights=(1, 3))
        await device.call(command, {"profileId": profile, "type": type_})

    async def _try_again(
        self, device: ReturningDevice, rng: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        about = {"profileId": profile, "type": type_}
        _, last = device.events[-1]
        listed = await device.call("listFailed", about)
        payload = {**_start_of(rng, profile, type_), "only": "failed"}
        begun = await device.call("startProcessing", payload)
        if begun["ok"]:
            self._started.append(_ticket_of(profile, type_, begun["runId"], begun["startedAt"]))
        if begun["ok"] and listed["ok"] and "cursor" not in listed:
            known = int(last.get("revision", 0))
            recipients = frozenset(found["id"] for found in listed["recipients"])
            retry = Retry(profile, type_, begun["startedAt"], known, recipients, frozenset())
            self._retries.append((retry, begun["runId"]))

    async def _refuse(
        self, _device: ReturningDevice, rng: random.Random, _profile: str, _type: ProcessingType
    ) -> None:
        """From now on the gateway refuses others than before, or nobody."""
        cast = [f"{name}-{place}" for name, size in CAST.items() for place in range(size)]
        await self._site.change(refuse=rng.sample(cast, rng.choice((0, 5, 20))))

    async def _plan(
        self, device: ReturningDevice, rng: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        about = {"profileId": profile, "type": type_}
        start_at = self._soon(rng)
        latest = rng.choice((10_000, 20_000))
        text = {"message": MAIL if type_ == "mail" else "Planned"}
        ack = await device.call("planRun", {**about, **text, "startAt": start_at, "latest": latest})
        if ack["ok"]:
            self._plans.append({**about, "planId": ack["planId"]})

    async def _change_plan(
        self, device: ReturningDevice, rng: random.Random, _: str, _type: ProcessingType
    ) -> None:
        """Move one, or take it back; it may be over by now."""
        if not self._plans:
            return
        plan = rng.choice(self._plans[-10:])
        if rng.random() < 0.5:
            await device.call("changePlan", {**plan, "startAt": self._soon(rng)})
        else:
            await device.call("cancelPlan", plan)

    def _soon(self, rng: random.Random) -> int:
        """A time for a plan: ms since the Unix epoch."""
        return round(time.time() * 1000) + rng.randrange(1_500, 8_000)

    async def _clear(
        self, device: ReturningDevice, _: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        await device.call("clearBlocklist", {"profileId": profile, "type": type_})

    async def _resolve(
        self, device: ReturningDevice, rng: random.Random, profile: str, type_: ProcessingType
    ) -> None:
        """Decide about one uncertain recipient. A paused server may still be about to send: a
        person would wait, too."""
        about = {"profileId": profile, "type": type_}
        listed = (await device.call("listUncertain", about)).get("recipients", [])
        if not listed or self._paused:
            return
        recipient = rng.choice(listed)["id"]
        action = rng.choice(("resend", "leave"))
        # On record before it is asked for: the answer may get lost.
        if action == "resend":
            self.resent.append(Opening(profile, type_, recipient, await self._now()))
        else:
            self.left.setdefault((profile, type_), set()).add(recipient)
        choice = {"action": action, "recipientId": recipient}
        await device.call("resolveUncertain", {**about, **choice})

    async def _drop(
        self, device: ReturningDevice, _: random.Random, _profile: str, _type: ProcessingType
    ) -> None:
        await device.drop()

    async def _now(self) -> int:
        """ms since the Unix epoch, by the clock of Redis, once that answers."""
        while True:
            with contextlib.suppress(RedisError):
                seconds, microseconds = await self._site.redis.time()
                return int(seconds) * 1000 + int(microseconds) // 1000
            await asyncio.sleep(0.1)


def _start_of(rng: random.Random, profile: str, type_: ProcessingType) -> dict[str, Any]:
    return {
        "profileId": profile,
        "type": type_,
        "message": MAIL if type_ == "mail" else "Hello",
        "detached": rng.random() < DETACHED,
    }


def _ticket_of(profile: str, type_: ProcessingType, run_id: str, started_at: int) -> Ticket:
    """As far as a run's idempotency keys are made of it."""
    return Ticket(
        account=ACCOUNT,
        profile=profile,
        type=type_,
        run_id=run_id,
        fence=0,
        started_at=started_at,
        device_id="",
        operator_id=OPERATOR,
        text="",
        attachments=(),
    )


def _messaged_by(retry: Retry, run_id: str, keys_used: dict[str, str]) -> frozenset[str]:
    """Whom that run messaged, by the keys of its messages."""
    type_: ProcessingType = "mail" if retry.type == "mail" else "chat"
    ticket = _ticket_of(retry.profile, type_, run_id, retry.started_at)
    return frozenset(
        recipient
        for key, recipient in keys_used.items()
        if key == idempotency_key(ticket, recipient)
    )
