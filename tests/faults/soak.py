"""A soak: devices at work, faults at random, and the books of both for the checker."""

import asyncio
import contextlib
import random
from collections import Counter
from pathlib import Path

from alphasync.domain.runs import Key, Run, RunStatus
from alphasync.domain.snapshot import Snapshot
from alphasync.services.account_state import AccountState
from alphasync.store import keys
from alphasync.store.connect import make_store
from alphasync.store.scripts.limits import Lifetimes
from tests.faults.books import Account, Delivery, History, Lists, cycles_told
from tests.faults.breaking import Breaking
from tests.faults.harness import Site
from tests.faults.people_at_work import ACCOUNT, CAST, LOST_ANSWERS, OPERATOR, TYPES, PeopleAtWork
from tests.faults.returning import ReturningDevice
from tests.harness import all_told, wait_until

LIMITED = frozenset({"p1"})
SETTLED_WITHIN = 90.0
"""Seconds for all runs to end once nothing is killed any more."""
FLIGHT = 1500
"""ms that a message may be on its way to the gateway."""
UNSETTLED = 20_000
"""ms: the longest that a server and Valkey, one after the other, are away, and some more."""


class Soak:
    """A site at work. ``seed`` decides what is done and what breaks, not when it takes effect."""

    def __init__(self, site: Site, seed: int) -> None:
        self.histories: list[History] = []
        self.sizes: list[tuple[int, int]] = []
        """Samples of the first server: its memory in bytes, its open files."""
        self._site = site
        self._random = random.Random(seed)
        self._breaking = Breaking(site, self._random)
        self._people = PeopleAtWork(site, self._breaking.paused)
        self._watchers: list[ReturningDevice] = []
        self._workers: list[ReturningDevice] = []
        self._over = asyncio.Event()

    @property
    def faults(self) -> Counter[str]:
        """What broke, and how often."""
        return self._breaking.faults

    async def run(self, seconds: float) -> None:
        """Work and break things for so long; then mend everything and let all runs end."""
        await self._connect()
        async with asyncio.TaskGroup() as tasks:
            for device in self._workers:
                rng = random.Random(self._random.random())
                tasks.create_task(self._people.work(device, rng, self._over))
            tasks.create_task(self._measure())
            await self._breaking.break_things(seconds)
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
                    left=self._people.left.get((profile, type_), set()),
                )
        return Account(
            deliveries=deliveries,
            histories=self.histories,
            cast={p: [f"{p}-{place}" for place in range(size)] for p, size in CAST.items()},
            openings=self._people.resent,
            lists=lists,
            retries=self._people.retries(keys_used),
            avoided=self._people.avoided,
            # The last one may have begun and not have been told of.
            of_runs=self._people.of_runs(times, cycles_told(self.histories) + 1),
            not_to_contact={str(member) for member in never},
            maybe_avoided=self._people.maybe_avoided,
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


def measure(pid: int) -> tuple[int, int]:
    """A process's resident memory in bytes and its open files, as Linux tells them."""
    process = Path("/proc") / str(pid)
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines() if ":" in line
    )
    return int(status["VmRSS"].split()[0]) * 1024, len(list((process / "fd").iterdir()))
