"""What a server holds is noted before the account is told, also where that is another shard."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from alphasync.domain.identity import Identity, account_of
from alphasync.errors import StoreUnavailable
from alphasync.membership.holdings import Holding, Holdings
from alphasync.membership.name import ServerName
from alphasync.protocol.run_commands import StartProcessing
from alphasync.services.devices import Devices
from alphasync.services.roster import Roster
from alphasync.services.runs import Runs
from alphasync.services.takeover import Takeover
from alphasync.store.redis.functions import Library
from alphasync.store.redis.pipeline import Argument, Reply
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.limits import Lifetimes

ACCOUNT = account_of("1", None)
WHO = Identity(ACCOUNT, ACCOUNT, None, 2**33, "hash of a token")


class Pipeline:
    """Notes what is submitted, and what it waits for; nothing of it is carried out."""

    publishes_with = "PUBLISH"

    def __init__(self) -> None:
        self.on_connect: tuple[tuple[Argument, ...], ...] = ()
        self.library: Library | None = None
        self.connected = True
        self.trouble: Exception | None = None
        self.scripts: list[asyncio.Future[Reply] | None] = []
        self.notes: list[asyncio.Future[Reply]] = []

    def submit(
        self, *command: Argument, after: asyncio.Future[Reply] | None = None
    ) -> asyncio.Future[Reply]:
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if command[0] == "SADD":
            self.notes.append(answer)
        elif command[0] == "EVALSHA":
            self.scripts.append(after)
            answer.set_exception(StoreUnavailable())
        else:
            answer.set_result(None)
        return answer

    def confirmed(self, *command: Argument) -> asyncio.Future[Reply]:
        raise AssertionError(command)

    def start(self) -> None:
        """It is there."""

    async def close(self) -> None:
        """It stays."""


class Bench:
    def __init__(self) -> None:
        self.pipeline = Pipeline()
        self.scripts = Scripts(self.pipeline, Lifetimes())
        self.holdings = Holdings(self.pipeline, ServerName())

    async def told_after_the_note(self, work: Coroutine[Any, Any, object]) -> None:
        with pytest.raises(StoreUnavailable):
            await work
        assert len(self.pipeline.notes) == 1
        assert self.pipeline.scripts == self.pipeline.notes


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_starting_a_run(bench: Bench) -> None:
    runs = Runs(bench.scripts, bench.holdings, lambda _: None, lambda _: None)
    command = StartProcessing(profile_id="1", type="chat", message="Hello")
    await bench.told_after_the_note(runs.start(WHO, "device", command))


async def test_registering_a_device(bench: Bench) -> None:
    devices = Devices(bench.scripts, bench.holdings, Roster(bench.scripts), grace=5)
    await bench.told_after_the_note(devices.join(WHO, "session", "name"))


async def test_taking_over_a_run(bench: Bench) -> None:
    holding = Holding("run", "another", ACCOUNT, "1", "chat", "run id")
    takeover = Takeover(bench.scripts, bench.holdings)
    await bench.told_after_the_note(takeover.run(holding))
