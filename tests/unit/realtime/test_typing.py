"""The texts of a session that are under way, and those that wait: what becomes of them."""

import asyncio
from collections.abc import Awaitable

import pytest

from alphasync import telemetry
from alphasync.errors import AlphasyncError, Overloaded, StoreUnavailable, UnknownOutcome
from alphasync.protocol.acknowledgements import DraftStored
from alphasync.protocol.draft_commands import UpdateMessage
from alphasync.realtime import overtaking
from alphasync.realtime.early import Early
from alphasync.realtime.overtaking import Outcome, Typing, Waiting
from tests.harness import PATIENCE

MOST = 10
AT_ONCE = 1e-6
FOR_EVER = 1e9


def text(profile: str) -> UpdateMessage:
    return UpdateMessage(profile_id=profile, type="chat", message="text")


def total() -> float:
    [metric] = telemetry.texts_overtaken.collect()
    return metric.samples[0].value


class Desk:
    """A device that types, and Redis, which answers when it is told to."""

    def __init__(self) -> None:
        self.early = Early()
        self.early.open()
        self.typing = Typing(self.early)
        self.ends: list[tuple[str, str]] = []
        self.answers: dict[str, asyncio.Future[DraftStored]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def type(self, *profiles: str) -> None:
        self._tasks += [asyncio.create_task(self._type(profile)) for profile in profiles]
        await self.turn()

    async def command(self) -> None:
        self._tasks.append(asyncio.create_task(self._end("command", self._command())))
        await self.turn()

    async def turn(self) -> None:
        """What can happen now has happened."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def done(self) -> list[tuple[str, str]]:
        await asyncio.wait_for(asyncio.gather(*self._tasks), PATIENCE)
        return self.ends

    async def _type(self, profile: str) -> None:
        command = text(profile)
        if not self.typing.is_free(command, AT_ONCE):
            try:
                await self.typing.turn(Waiting(command), MOST)
            except AlphasyncError as error:
                self.ends.append((profile, error.code))
                return
        await self._end(profile, self.typing.send(command, AT_ONCE, self._store))

    async def _command(self) -> None:
        self.typing.something_else()
        await self.early.wait(MOST)

    async def _end(self, name: str, work: Awaitable[object]) -> None:
        try:
            await work
        except AlphasyncError as error:
            self.ends.append((name, error.code))
        else:
            self.ends.append((name, "ok"))

    async def _store(self, command: UpdateMessage) -> DraftStored:
        answer: asyncio.Future[DraftStored] = asyncio.get_running_loop().create_future()
        self.answers[command.profile] = answer
        return await answer


@pytest.mark.parametrize("error", [StoreUnavailable, UnknownOutcome])
async def test_what_waits_does_not_wait_for_redis_once_more(
    monkeypatch: pytest.MonkeyPatch, error: type[StoreUnavailable]
) -> None:
    monkeypatch.setattr(overtaking, "SPARE", 0.0)
    desk = Desk()
    await desk.type("a", "b", "a", "b", "a")
    await desk.command()
    desk.answers["a"].set_exception(error())
    await desk.turn()
    assert sorted(desk.ends) == sorted(
        [("a", error.code), *((n, "store_unavailable") for n in ("a", "b", "a", "command"))]
    )
    assert desk.early.through
    desk.answers["b"].set_result({"revision": 1})
    await desk.done()


async def test_what_has_just_come_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overtaking, "SPARE", FOR_EVER)
    desk = Desk()
    await desk.type("a", "a")
    desk.answers["a"].set_exception(UnknownOutcome())
    await desk.turn()
    desk.answers["a"].set_result({"revision": 1})
    assert await desk.done() == [("a", "unknown_outcome"), ("a", "ok")]


async def test_what_waits_for_a_redis_that_does_not_keep_up_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overtaking, "SPARE", 0.0)
    desk = Desk()
    await desk.type("a", "a")
    desk.answers["a"].set_exception(Overloaded())
    await desk.turn()
    desk.answers["a"].set_result({"revision": 1})
    assert await desk.done() == [("a", "overloaded"), ("a", "ok")]


@pytest.mark.parametrize(
    ("outcome", "counted"), [({"revision": 1}, 2), (StoreUnavailable(), 0)], ids=["stored", "not"]
)
def test_overtaken_is_what_another_one_was_stored_for(outcome: Outcome, counted: int) -> None:
    before, waiting = total(), Waiting(text("a"))
    told: list[Outcome] = []
    for _ in range(2):
        waiting.become(text("a"), told.append)
    waiting.tell(outcome)
    assert told == [outcome] * 2
    assert total() - before == counted
