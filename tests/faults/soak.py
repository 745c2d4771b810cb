"""A soak: devices at work, faults at random, and the books of both for the checker."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from redis.exceptions import RedisError

from alphasync.domain.identity import account_of
from alphasync.domain.runs import Key, ProcessingType, Run, RunStatus
from alphasync.domain.snapshot import Snapshot
from alphasync.services.account_state import AccountState
from alphasync.services.idempotency import idempotency_key
from alphasync.services.runs import Ticket
from alphasync.store import keys
from alphasync.store.connect import make_store
from alphasync.store.scripts.limits import Lifetimes
from tests.faults.checker import (
    Account,
    Avoided,
    Delivery,
    History,
    Lists,
    OfRun,
    Opening,
    Retry,
)
from tests.faults.harness import ServerProcess, Site
from tests.faults.returning import ReturningDevice
from tests.harness import all_told, wait_until
from tests.integration.support import MAIL

CAST = {"p1": 60, "p2": 40, "p3": 25}
OPERATOR = "demo"
ACCOUNT = account_of(OPERATOR, None)
LIMITED = frozenset({"p1"})
TYPES: tuple[ProcessingType, ...] = ("chat", "mail")
SETTLED_WITHIN = 90.0
"""Seconds for all runs to end once nothing is killed any more."""
FLIGHT = 1500
"""ms that a message may be on its way to the gateway."""
UNSETTLED = 20_000
"""ms: the longest that a server and Valkey, one after the other, are away, and some more."""
DETACHED = 0.4
"""Of the runs those that go on without their device."""
CONTINUOUS = 0.3
"""Of the runs those that begin anew when they are through."""
CYCLE_PAUSE_MIN = 0.5
"""Seconds."""
LOST_ANSWERS = (ConnectionError, TimeoutError, aiohttp.ClientError)
"""The command was carried out, or it was not: nobody knows."""


class Soak:
    """A site at work. ``seed`` decides what is done and what breaks, not when it takes effect."""

    def __init__(self, site: Site, seed: int) -> None:
        self.faults: Counter[str] = Counter()
        self.histories: list[History] = []
        self.sizes: list[tuple[int, int]] = []
        """Samples of the first server: its memory in bytes, its open files."""
        self._site = site
        self._random = random.Random(seed)
        self._paused: set[ServerProcess] = set()
        self._resent: list[Opening] = []
        self._retries: list[tuple[Retry, str]] = []
        """With the ids of their runs."""
        self._plans: list[dict[str, str]] = []
        self._avoidable = [f"{profile}-{place}" for profile in CAST for place in range(4)]
        """Of each profile some; whoever may be on the list by a command that is still on its way is
        not among them any more."""
        self._maybe_avoided: set[str] = set()
        self._avoided: list[Avoided] = []
        self._started: list[Ticket] = []
        self._left: dict[Key, set[str]] = {}
        self._watchers: list[ReturningDevice] = []
        self._workers: list[ReturningDevice] = []
        self._over = asyncio.Event()

    async def run(self, seconds: float) -> None:
        """Work and break things for so long; then mend everything and let all runs end."""
        await self._connect()
        async with asyncio.TaskGroup() as tasks:
            for device in self._workers:
                tasks.create_task(self._work(device, random.Random(self._random.random())))
            tasks.create_task(self._measure())
            await self._break_things(seconds)
            self._over.set()
        await self._settled()
        await self._last_event()
        self.sizes.append(measure(self._site.servers[0].pid))

    async def close(self) -> None:
        """Let the devices leave."""
        for device in (*self._watchers, *self._workers):
            with contextlib.suppress(*LOST_ANSWERS):
                await device.close()

    async def account(self) -> Account:
        """The books, to be judged."""
        messages = await self._site.deliveries()
        deliveries = [
            Delivery(d["profileId"], d["type"], d["recipientId"], d["at"]) for d in messages
        ]
        keys_used = {d["idempotencyKey"]: d["recipientId"] for d in messages}
        times = {d["idempotencyKey"]: int(d["at"]) for d in messages}
        names = keys.of_account(ACCOUNT)
        never = await self._site.redis.zrange(names.never, 0, -1)
        lists: dict[Key, Lists] = {}
        for profile in CAST:
            for type_ in TYPES:
                sent, doubt = names.sent(type_, profile), names.uncertain(type_, profile)
                blocked = await self._site.redis.zrange(sent, 0, -1)
                uncertain = await self._site.redis.hkeys(doubt)
                failed = await self._site.redis.zrange(names.failed(type_, profile), 0, -1)
                lists[profile, type_] = Lists(
                    blocked={str(member) for member in blocked},
                    uncertain={str(field) for field in uncertain},
                    failed={str(member) for member in failed},
                    left=self._left.get((profile, type_), set()),
                )
        return Account(
            deliveries=deliveries,
            histories=self.histories,
            cast={p: [f"{p}-{place}" for place in range(size)] for p, size in CAST.items()},
            openings=self._resent,
            lists=lists,
            retries=[
                retry._replace(messaged=messaged_by(retry, run_id, keys_used))
                for retry, run_id in self._retries
            ],
            avoided=self._avoided,
            of_runs=[
                OfRun(recipient, ticket.started_at, times[idempotency_key(ticket, recipient)])
                for ticket in self._started
                for recipient in self._maybe_avoided
                if idempotency_key(ticket, recipient) in times
            ],
            not_to_contact={str(member) for member in never},
            maybe_avoided=self._maybe_avoided,
            truth=await self._truth(),
            flight=FLIGHT,
            unsettled=UNSETTLED,
        )

    async def _connect(self) -> None:
        for name, may_see, works, remembers in (
            ("watcher", None, False, True),
            ("watching existing client", None, False, False),
            ("operator", None, True, True),
            ("second operator", None, True, True),
            ("operating existing client", None, True, False),
            ("limited operator", LIMITED, True, True),
        ):
            claims = {} if may_see is None else {"profiles": sorted(may_see)}
            urls = self._random.sample(self._site.urls, len(self._site.urls))
            token = self._site.token(OPERATOR, **claims)
            device = await self._site.returning(*urls, token=token, remembers=remembers)
            self.histories.append(History(name, device.events, may_see, types=works))
            (self._workers if works else self._watchers).append(device)

    # What people do

    async def _work(self, device: ReturningDevice, rng: random.Random) -> None:
        doing = (
            *(self._type, self._start, self._stop, self._clear, self._resolve, self._drop),
            *(self._hold, self._try_again, self._refuse, self._plan, self._change_plan),
            *(self._take, self._avoid),
        )
        while not self._over.is_set():
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
        payload: dict[str, Any] = {
            "profileId": profile,
            "type": type_,
            "message": MAIL if type_ == "mail" else "Hello",
            "detached": rng.random() < DETACHED,
        }
        if rng.random() < CONTINUOUS:
            payload["continuous"] = {"pause": rng.uniform(CYCLE_PAUSE_MIN, 4.0)}
        begun = await device.call("startProcessing", payload)
        if begun["ok"]:
            self._started.append(ticket_of(profile, type_, begun["runId"], begun["startedAt"]))

    async def _avoid(
        self, device: ReturningDevice, rng: random.Random, _profile: str, _type: ProcessingType
    ) -> None:
        """Put somebody on the do-not-contact list, or take them off."""
        if not self._avoidable:
            return
        recipient = self._avoidable.pop(rng.randrange(len(self._avoidable)))
        self._maybe_avoided.add(recipient)
        places = [at for at, found in enumerate(self._avoided) if found.recipient == recipient]
        if places and self._avoided[places[-1]].until is None:
            known = self._avoided[places[-1]]
            self._avoided[places[-1]] = known._replace(until=await self._now())
            ack = await device.call("removeDoNotContact", {"recipientId": recipient})
        else:
            ack = await device.call("addDoNotContact", {"recipientId": recipient})
            if ack["ok"]:
                self._avoided.append(Avoided(recipient, await self._now(), None))
        if ack["ok"]:
            self._avoidable.append(recipient)

    async def _now(self) -> int:
        """ms since the Unix epoch, by the clock of Redis, once that answers."""
        while True:
            with contextlib.suppress(RedisError):
                seconds, microseconds = await self._site.redis.time()
                return int(seconds) * 1000 + int(microseconds) // 1000
            await asyncio.sleep(0.1)

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
        payload = {
            **about,
            "message": MAIL if type_ == "mail" else "Hello",
            "detached": rng.random() < DETACHED,
            "only": "failed",
        }
        begun = await device.call("startProcessing", payload)
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
            self._resent.append(Opening(profile, type_, recipient, await self._now()))
        else:
            self._left.setdefault((profile, type_), set()).add(recipient)
        choice = {"action": action, "recipientId": recipient}
        await device.call("resolveUncertain", {**about, **choice})

    async def _drop(
        self, device: ReturningDevice, _: random.Random, _profile: str, _type: ProcessingType
    ) -> None:
        await device.drop()

    # What breaks

    async def _break_things(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        ways: tuple[Callable[[], Awaitable[None]], ...] = (
            self._kill_server,
            self._restart_server,
            self._pause_server,
            self._kill_valkey,
            self._pause_valkey,
        )
        while loop.time() < until:
            for way in self._random.sample(ways, len(ways)):
                await asyncio.sleep(self._random.uniform(0.5, 3.0))
                if loop.time() >= until:
                    return
                self.faults[way.__name__] += 1
                await way()

    def _mortal(self) -> ServerProcess:
        """Any but the first, which is only paused: its memory tells of the whole time."""
        return self._random.choice(self._site.servers[1:])

    async def _kill_server(self) -> None:
        server = self._mortal()
        server.kill()
        await asyncio.sleep(self._random.uniform(0.0, 4.0))
        await server.start()

    async def _restart_server(self) -> None:
        server = self._mortal()
        server.terminate()
        await server.gone()
        await server.start()

    async def _pause_server(self) -> None:
        """Sometimes for longer than its lease, sometimes while Valkey dies."""
        server = self._random.choice(self._site.servers)
        seconds = self._random.choice((1.0, 4.0, 11.0))
        self._paused.add(server)
        server.pause()
        await asyncio.sleep(seconds / 2)
        if self._random.random() < 0.25:
            await self._kill_valkey()
        await asyncio.sleep(seconds / 2)
        server.resume()
        self._paused.remove(server)

    async def _kill_valkey(self) -> None:
        self._site.valkey.stop()
        await asyncio.sleep(self._random.uniform(0.0, 3.0))
        await self._site.valkey.start()

    async def _pause_valkey(self) -> None:
        self._site.valkey.pause()
        await asyncio.sleep(self._random.uniform(0.5, 6.0))
        self._site.valkey.resume()

    # What is seen at the end

    async def _truth(self) -> Snapshot:
        store = make_store(self._site.valkey.url, Lifetimes())
        store.start()
        try:
            await wait_until(lambda: store.pipeline.connected, what="connected to Valkey")
            return await AccountState(store.scripts).snapshot(ACCOUNT)
        finally:
            await store.close()

    async def _settled(self) -> None:
        """Let what is paused go on, stop what would never end, and wait until no run goes on, none
        is planned, and no server has one to bring to its end."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SETTLED_WITHIN
        while under_way := await self._under_way():
            assert loop.time() < until, f"not within {SETTLED_WITHIN} s: {under_way}"
            for run in under_way:
                if isinstance(run, Run) and (run.paused or run.options.continuous):
                    payload = {"profileId": run.profile_id, "type": run.type}
                    command = "stopProcessing" if run.options.continuous else "resumeProcessing"
                    await self._watchers[0].call(command, payload)
            await asyncio.sleep(0.1)

    async def _under_way(self) -> list[object]:
        truth = await self._truth()
        runs = truth.runs.values()
        under_way: list[object] = [run for run in runs if run.status is RunStatus.RUNNING]
        under_way += truth.plans.values()
        pattern = f"{keys.holdings('')}*"
        async for holdings in self._site.redis.scan_iter(match=pattern):
            members = await self._site.redis.smembers(holdings)
            under_way += [(holdings, m) for m in members if '"run"' in str(m)]
        return under_way

    async def _last_event(self) -> None:
        """One event more that every device gets: behind it there is nothing left to come."""
        watcher = self._watchers[0]
        await all_told(self._site.redis, ACCOUNT)
        assert (await watcher.call("stopAllProcessing"))["ok"]
        revision = (await self._truth()).revision

        def reached(device: ReturningDevice) -> bool:
            _, payload = device.events[-1]
            return int(payload.get("revision", 0)) >= revision

        for device in (*self._watchers, *self._workers):
            await wait_until(lambda d=device: reached(d), what=f"event {revision}")  # type: ignore[misc]

    async def _measure(self) -> None:
        while not self._over.is_set():
            self.sizes.append(measure(self._site.servers[0].pid))
            await asyncio.sleep(1.0)


def ticket_of(profile: str, type_: ProcessingType, run_id: str, started_at: int) -> Ticket:
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


def messaged_by(retry: Retry, run_id: str, keys_used: dict[str, str]) -> frozenset[str]:
    """Whom that run messaged, by the keys of its messages."""
    type_: ProcessingType = "mail" if retry.type == "mail" else "chat"
    ticket = ticket_of(retry.profile, type_, run_id, retry.started_at)
    return frozenset(
        recipient
        for key, recipient in keys_used.items()
        if key == idempotency_key(ticket, recipient)
    )


def measure(pid: int) -> tuple[int, int]:
    """A process's resident memory in bytes and its open files, as Linux tells them."""
    process = Path("/proc") / str(pid)
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
    )
    return int(status["VmRSS"].split()[0]) * 1024, len(list((process / "fd").iterdir()))
