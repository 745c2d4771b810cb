"""The texts of a session that are under way, and those that wait: what becomes of them."""

import asyncio
import itertools
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any

import msgspec
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


def text(profile: str, number: int = 0) -> UpdateMessage:
    return UpdateMessage(profile_id=profile, type="chat", message=str(number))


def total() -> float:
    [metric] = telemetry.texts_overtaken.collect()
    return metric.samples[0].value


class Desk:
    """A device that types, and Redis, which answers when it is told to."""

    def __init__(self) -> None:
        self.lag = 0.0
        self.early = Early()
        self.early.open()
        self.typing = Typing(self.early)
        self.ends: list[tuple[str, str]] = []
        self.answers: dict[str, asyncio.Future[DraftStored]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def type(self, *profiles: str) -> None:
        for profile in profiles:
            self.come(profile)
        await self.turn()

    async def command(self) -> None:
        self.come_command()
        await self.turn()

    def come(self, profile: str, number: int = 0) -> None:
        """A text comes, and is dealt with as the dispatcher does."""
        command, typing = text(profile, number), self.typing
        if typing.is_free(command, AT_ONCE, self.lag):
            typing.begin(command)
            self._carry_out(profile, typing.send(command, AT_ONCE, self._store))
        elif typing.last is not None and typing.last.may_be(command):
            typing.last.become(command, lambda _: None)
        else:
            self._carry_out(profile, self._in_turn(typing.line_up(command)))

    def come_command(self, number: int = 0) -> None:
        self.typing.something_else()
        self._carry_out("command", self._command(number))

    async def turn(self) -> None:
        """What can happen now has happened."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def done(self) -> list[tuple[str, str]]:
        await asyncio.wait_for(asyncio.gather(*self._tasks), PATIENCE)
        return self.ends

    async def _in_turn(self, waiting: Waiting) -> DraftStored:
        await self.typing.turn(waiting, MOST)
        return await self.typing.send(waiting.newest, AT_ONCE, self._store)

    async def _command(self, number: int) -> None:
        if not self.early.through:
            await self.early.wait(MOST)

    def _carry_out(self, name: str, work: Coroutine[Any, Any, object]) -> None:
        self._tasks.append(asyncio.create_task(self._end(name, work)))

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
    told: list[object] = []
    for _ in range(2):
        waiting.become(text("a"), told.append)
    waiting.tell(outcome, lambda *what: what)
    assert told == [(outcome, 2)] * 2
    assert total() - before == counted


def test_nothing_is_kept_that_nobody_reads() -> None:
    waiting, large = Waiting(text("a")), ["of the operator", "and so on"]
    newest = msgspec.structs.replace(text("a", 1), operator_id=large, device_id=large)
    waiting.become(newest, lambda _: None)
    assert waiting.newest == text("a", 1)


async def test_who_has_waited_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overtaking, "LINE_TIMEOUT", 0.0)
    desk = Desk()
    await desk.type("a", "b", "a", "b")
    await desk.command()
    desk.answers["b"].set_result({"revision": 1})
    await desk.turn()
    assert desk.ends == [("b", "ok"), *((n, "overloaded") for n in ("a", "b", "command"))]
    desk.answers["a"].set_result({"revision": 2})
    await desk.done()


class Line(Desk):
    """Whatever comes has a number, and it is noted what is begun. A text takes some turns."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[int] = []

    async def done_with(self, kinds: Sequence[str]) -> list[int]:
        """What is begun, when these come at once."""
        for number, kind in enumerate(kinds):
            if kind == "command":
                self.come_command(number)
            else:
                self.come(kind, number)
        await self.done()
        return self.begun

    async def _command(self, number: int) -> None:
        await super()._command(number)
        self.begun.append(number)

    async def _store(self, command: UpdateMessage) -> DraftStored:
        self.begun.append(int(command.message))
        for _ in range(3):
            await asyncio.sleep(0)
        return {"revision": 1}


@pytest.mark.parametrize("turns", [0, 1, 4])
async def test_all_is_begun_in_the_order_in_which_it_came(turns: int) -> None:
    """What is not begun is a text that the very next one has overtaken."""
    overtaken = 0
    for kinds in itertools.product(("a", "b", "command"), repeat=4):
        line = Line()
        line.come("a", -2)
        line.come("b", -1)
        for _ in range(turns):  # they are to come, are under way, or done
            await asyncio.sleep(0)
        begun = await line.done_with(kinds)
        left = [number for number in range(len(kinds)) if number not in begun]
        assert begun == sorted(begun), kinds
        assert all(kinds[n] == kinds[n + 1] != "command" for n in left), kinds
        overtaken += len(left)
    assert overtaken


async def test_where_reading_lags_the_newest_takes_the_place_of_those_before() -> None:
    desk = Desk()
    desk.lag = 2 * AT_ONCE
    for number in range(3):
        desk.come("a", number)  # the first, too, waits until all that has come was read
    assert desk.typing.last is not None
    assert len(desk.typing.last.overtaken) == 2
    await desk.turn()
    desk.answers["a"].set_result({"revision": 1})
    assert await desk.done() == [("a", "ok")]
