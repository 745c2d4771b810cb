"""Snapshot equals events: whatever devices do, what a device has folded together from its events
is what a fresh snapshot says, on every device of every server."""

import asyncio
import contextlib
import functools
import os
import secrets
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from alphasync.domain.runs import Key, RunStatus
from alphasync.domain.snapshot import Snapshot
from alphasync.gateway.sandbox import Faults
from alphasync.gateway.sandbox.faults import Drop
from alphasync.store.connect import make_client
from alphasync.store.scripts.loading import load
from tests.harness import PATIENCE, Cluster, cluster
from tests.integration.seats import GRACE, PROFILES, Books, Seat
from tests.integration.support import MAIL, people
from tests.stores.kinds import Servers

T = TypeVar("T")
CI = bool(os.environ.get("CI"))
FAULTS = Faults(
    latency=0.015,  # so that some steps find a run on its way, and some find it at its end
    refuse=("p1-2",),
    drop=Drop(every_nth=5, after_recording=True),
    idempotency=False,  # so that some recipients are uncertain
)

SEATS = ("one", "two", "limited", "stranger")
seats = st.sampled_from(SEATS)
keys = st.tuples(st.sampled_from(PROFILES), st.sampled_from(("chat", "mail")))
pictures = st.lists(st.integers(1, 6), unique=True, max_size=5)
texts = st.text(st.characters(codec="utf-8"), max_size=12)
wrong = st.sampled_from(
    (
        ("updateMessage", {"profileId": "p1", "type": "chat"}),
        ("updateMessage", {"profileId": "p1", "type": "fax", "message": "x"}),
        ("updateMessage", {"profileId": "p1", "type": "chat", "message": "x" * 10_001}),
        ("clearMessage", {"profileId": "", "type": "chat"}),
        ("updateAttachments", {"profileId": "p1", "type": "chat", "attachments": []}),
        ("startProcessing", {"profileId": "p1", "type": "chat", "message": ""}),
        ("startProcessing", {"profileId": "p1", "type": "mail", "message": "too short"}),
        ("stopProcessing", ["p1", "chat"]),
        ("resolveUncertain", {"profileId": "p1", "type": "chat", "action": "forget"}),
        ("deviceRegistered", {"deviceId": "me"}),
        ("clearEverything", {}),
    )
)


class Machine(RuleBasedStateMachine):
    """Random commands of random devices. Each example has accounts of its own."""

    def __init__(self, runner: asyncio.Runner, running: Cluster) -> None:
        super().__init__()
        self._runner = runner
        self._running = running
        self._books = Books(running)
        operator, stranger = secrets.token_hex(4), secrets.token_hex(4)
        self.seats = {
            "one": Seat(running, 0, operator, limited=False),
            "two": Seat(running, 1, operator, limited=False),
            "limited": Seat(running, 1, operator, limited=True),
            "stranger": Seat(running, 0, stranger, limited=False),
        }

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def anybody_here(self) -> bool:
        return any(seat.device for seat in self.seats.values())

    def here(self, name: str) -> Seat:
        """The named seat, or, when its device is away, the first one that is not."""
        seat = self.seats[name]
        return seat if seat.device else next(s for s in self.seats.values() if s.device)

    def anybody_away(self) -> bool:
        return not all(seat.device for seat in self.seats.values())

    @initialize()
    def connect(self) -> None:
        for place, seat in enumerate(self.seats.values()):
            self.wait(seat.sit(place, remember=False))

    @precondition(anybody_here)
    @rule(seat=seats, key=keys, text=texts)
    def type(self, seat: str, key: Key, text: str) -> None:
        event = "updateMessage" if text else "clearMessage"
        self.wait(self.here(seat).type(event, key, text))

    @precondition(anybody_here)
    @rule(seat=seats, profile=st.sampled_from(PROFILES), numbers=pictures, base=pictures)
    def attach(self, seat: str, profile: str, numbers: list[int], base: list[int]) -> None:
        links = [f"https://media.example/{number}" for number in numbers]
        attachments = [{"title": "A", "link": k, "message_type": "SENT_IMAGE"} for k in links]
        fields = {"base": [f"https://media.example/{number}" for number in base]} if base else {}
        chosen = self.here(seat)
        command = chosen.call(
            "updateAttachments", profile, "mail", attachments=attachments, **fields
        )
        self.wait(command)

    @rule(key=keys, burst=st.lists(st.tuples(seats, texts), min_size=2, max_size=12))
    def type_at_once(self, key: Key, burst: list[tuple[str, str]]) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(
                *(
                    self.seats[seat].type("updateMessage", key, text)
                    for seat, text in burst
                    if self.seats[seat].device
                )
            )

        self.wait(all_of_them())

    @precondition(anybody_here)
    @rule(seat=seats, key=keys, to_its_end=st.booleans())
    def start(self, seat: str, key: Key, to_its_end: bool) -> None:
        message = MAIL if key[1] == "mail" else "Hello"
        self.wait(self.here(seat).call("startProcessing", *key, message=message))
        if to_its_end:
            self.wait(self._no_run_goes_on())

    @precondition(anybody_here)
    @rule(
        seat=seats,
        keys=st.lists(keys, min_size=2, max_size=4, unique=True),
        stopped_by=st.none() | seats,
    )
    def start_several(self, seat: str, keys: list[Key], stopped_by: str | None) -> None:
        for key in keys:
            self.start(seat, key, to_its_end=False)
        if stopped_by is not None:
            self.stop(stopped_by, keys[0], everything=True)

    @precondition(anybody_here)
    @rule(seat=seats, key=keys, everything=st.sampled_from((False, False, True)))
    def stop(self, seat: str, key: Key, everything: bool) -> None:
        if everything:
            assert self.wait(self.here(seat).present.call("stopAllProcessing"))["ok"]
        else:
            self.wait(self.here(seat).call("stopProcessing", *key))

    @precondition(anybody_here)
    @rule(seat=seats, key=keys, how=st.sampled_from(("clear", "resend", "leave")))
    def forget_or_resolve(self, seat: str, key: Key, how: str) -> None:
        chosen = self.here(seat)
        if how == "clear":
            self.wait(chosen.call("clearBlocklist", *key))
        else:
            self.wait(chosen.call("resolveUncertain", *key, action=how))

    @precondition(anybody_here)
    @rule(seat=seats, command=wrong)
    def ask_wrongly(self, seat: str, command: tuple[str, object]) -> None:
        assert not self.wait(self.here(seat).present.call(*command))["ok"]

    @precondition(anybody_here)
    @rule(seat=seats, server=st.integers(0, 1), remember=st.booleans())
    def blink(self, seat: str, server: int, remember: bool) -> None:
        chosen = self.here(seat)
        self.wait(chosen.drop())
        self.wait(chosen.sit(server, remember=remember))

    @precondition(anybody_here)
    @rule(seat=seats, on_purpose=st.booleans())
    def go(self, seat: str, on_purpose: bool) -> None:
        chosen = self.here(seat)
        self.wait(chosen.leave() if on_purpose else chosen.drop())

    @precondition(anybody_away)
    @rule(server=st.integers(0, 1), remember=st.booleans(), which=st.integers(0, 3))
    def come_back(self, server: int, remember: bool, which: int) -> None:
        absent = [seat for seat in self.seats.values() if not seat.device]
        self.wait(absent[which % len(absent)].sit(server, remember=remember))

    async def _no_run_goes_on(self) -> None:
        async with asyncio.timeout(PATIENCE):
            for account in {seat.account for seat in self.seats.values()}:
                while _running(await self._books.snapshot(account)):
                    await asyncio.sleep(0.005)

    @invariant()
    def snapshot_equals_events(self) -> None:
        self.wait(self._compare())

    async def _compare(self) -> None:
        for account in {seat.account for seat in self.seats.values()}:
            truth = await self._books.snapshot(account)
            log = await self._books.events(account, truth)
            for seat in self.seats.values():
                if seat.account == account and seat.device:
                    await seat.check(truth, log)

    def teardown(self) -> None:
        for seat in self.seats.values():
            if seat.device:
                self.wait(seat.leave())


def _running(truth: Snapshot) -> bool:
    return any(run.status is RunStatus.RUNNING for run in truth.runs.values())


async def _open(stack: contextlib.AsyncExitStack, redis_servers: Servers) -> Cluster:
    client = make_client(redis_servers.url)
    await client.flushall()
    await client.aclose()
    return await stack.enter_async_context(
        cluster(redis_servers.url, 2, people=people(p1=6, p2=4), faults=FAULTS, device_grace=GRACE)
    )


@pytest.mark.slow
@pytest.mark.timeout(400)  # when it fails, it looks for the shortest way to fail
def test_snapshot_equals_events_on_every_device_and_server(
    redis_servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not the scripts that were loaded for other tests.
    monkeypatch.setattr("alphasync.store.scripts.calls.load", load)
    monkeypatch.setattr("alphasync.store.scripts.limits.DEVICE_EVENTS_INTERVAL", 0.1)
    with asyncio.Runner() as runner:
        stack = contextlib.AsyncExitStack()
        try:
            running = runner.run(_open(stack, redis_servers))
            run_state_machine_as_test(
                functools.partial(Machine, runner, running),  # type: ignore[arg-type]  # a factory
                settings=settings(
                    max_examples=40,
                    stateful_step_count=25,
                    deadline=None,
                    derandomize=CI,
                    # A step is a round trip through two servers.
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
        finally:
            runner.run(stack.aclose())
