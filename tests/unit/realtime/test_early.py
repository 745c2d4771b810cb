"""Commands before the registration: in their order, whether they are carried out or refused."""

import asyncio
import json
import sys

import pytest

from alphasync.errors import AlphasyncError, NotRegistered, StoreUnavailable, TooManyRequests
from alphasync.protocol.draft_commands import UpdateMessage
from alphasync.realtime.early import TASK_BYTES, Early, Space, weight
from tests.harness import PATIENCE

MOST = 10


class Line:
    """Commands that come one after the other, and what becomes of them in which order."""

    def __init__(self) -> None:
        self.early = Early()
        self.ends: list[tuple[str, str]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def come(self, *names: str) -> None:
        self._tasks += [asyncio.create_task(self._command(name)) for name in names]

    async def _command(self, name: str) -> None:
        try:
            if not self.early.through:
                await self.early.wait(MOST)
        except AlphasyncError as error:
            self.ends.append((name, error.code))
        else:
            self.ends.append((name, "ok"))

    async def turn(self) -> None:
        """What can happen now has happened."""
        for _ in range(50):
            await asyncio.sleep(0)

    async def done(self) -> list[tuple[str, str]]:
        await asyncio.wait_for(asyncio.gather(*self._tasks), PATIENCE)
        return self.ends


def each(names: str, end: str) -> list[tuple[str, str]]:
    return [(name, end) for name in names]


async def test_they_are_let_through_in_their_order() -> None:
    line = Line()
    line.come(*"abc")
    await line.turn()
    assert line.ends == []
    line.early.open()
    line.come(*"de")
    assert await line.done() == each("abcde", "ok")


async def test_it_has_caught_up_once_all_have_begun_and_for_good() -> None:
    line, seen = Line(), list[bool]()
    line.come(*"ab")
    await line.turn()
    line.early.open()
    line.come(*"c")
    await asyncio.sleep(0)
    seen.append(line.early.caught_up)
    await line.done()
    seen.append(line.early.caught_up)
    free = asyncio.Event()
    waiting = asyncio.create_task(line.early.wait(MOST, free.is_set))  # behind a text
    await line.turn()
    seen.append(line.early.caught_up)
    free.set()
    line.early.look()
    await waiting
    assert seen == [False, True, True]


async def test_where_nothing_waits_it_has_caught_up_at_once() -> None:
    line = Line()
    before = line.early.caught_up
    line.early.open()
    assert (before, line.early.caught_up) == (False, True)


async def test_what_comes_behind_a_refused_one_is_refused_until_the_device_is_registered() -> None:
    line = Line()
    line.come(*"ab")
    await line.turn()
    line.early.refuse(StoreUnavailable())
    await line.turn()
    line.come(*"cd")
    await line.turn()
    assert line.ends == each("abcd", "store_unavailable")
    line.early.open()
    line.come("e")
    assert (await line.done())[4:] == each("e", "ok")


async def test_one_that_comes_while_others_are_refused_stays_behind_them() -> None:
    line = Line()
    line.come(*"ab")
    await line.turn()
    line.come("c")  # before the tasks of the refused ones have heard of it
    line.early.refuse(StoreUnavailable())
    assert await line.done() == each("abc", "store_unavailable")


async def test_one_that_comes_between_the_refusal_and_the_registration_is_refused() -> None:
    line = Line()
    line.come(*"ab")
    await line.turn()
    line.come("c")
    line.early.refuse(StoreUnavailable())
    await asyncio.sleep(0)  # it waits behind the others
    line.early.open()
    line.come("d")
    assert await line.done() == [*each("abc", "store_unavailable"), ("d", "ok")]


async def test_the_newest_reason_is_given() -> None:
    line = Line()
    line.early.refuse(StoreUnavailable())
    line.come("a")
    await line.turn()
    line.early.refuse(NotRegistered())
    line.come("b")
    assert await line.done() == [("a", "store_unavailable"), ("b", "not_registered")]


async def test_a_refusal_that_nobody_heard_does_not_last() -> None:
    line = Line()
    line.early.refuse(StoreUnavailable())
    line.early.open()
    line.come("a")
    assert await line.done() == each("a", "ok")


async def test_a_command_that_is_given_up_does_not_hold_up_those_behind_it() -> None:
    early = Early()
    first, second = (asyncio.create_task(early.wait(MOST)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    early.open()
    await asyncio.wait_for(second, PATIENCE)
    assert early.through


async def test_no_more_wait_than_may() -> None:
    line = Line()
    line.come(*"0123456789ab")
    await line.turn()
    assert line.ends == each("ab", TooManyRequests.code)
    assert line.early.waiting == MOST
    line.early.open()
    await line.done()


@pytest.mark.parametrize("refused", [True, False])
async def test_nothing_is_left_of_them(refused: bool) -> None:
    line = Line()
    line.come(*"abc")
    await line.turn()
    line.early.refuse(NotRegistered()) if refused else line.early.open()
    await line.done()
    assert line.early.waiting == 0


def test_an_account_has_so_much_and_no_more() -> None:
    space = Space(3 * TASK_BYTES)
    with space.kept("a", ()), space.kept("a", ()):
        with pytest.raises(TooManyRequests), space.kept("a", ()):
            pass
        with space.kept("b", ()):
            pass
    with space.kept("a", "x" * TASK_BYTES):
        pass
    with space.kept("a", (), TASK_BYTES), pytest.raises(TooManyRequests), space.kept("a", ()):
        pass


def test_room_comes_back_whatever_happened() -> None:
    space = Space(2 * TASK_BYTES)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), space.kept("a", ()):
            raise ZeroDivisionError


def test_what_a_payload_weighs() -> None:
    text, small = "x" * 1000, json.loads("[" + "[]," * 999 + "[]]")
    assert weight(text, 10**9) == sys.getsizeof(text)
    assert weight({"a": [text]}, 10**9) > 1000 + 2 * 56
    assert weight(small, 10**9) >= 1000 * 56
    assert weight(small, 500) < 20_000
    typed = UpdateMessage(profile_id="1", type="chat", message=text, device_id=small)
    assert weight(typed, 10**9) > sys.getsizeof(text) + weight(small, 10**9)


async def test_one_that_may_not_come_yet_holds_up_those_behind_it() -> None:
    early, order = Early(), []
    early.open()
    may = False

    async def command(name: str, held: bool) -> None:
        await (early.wait(MOST, lambda: may) if held else early.wait(MOST))
        order.append(name)

    tasks = [asyncio.create_task(command(name, name == "a")) for name in "abc"]
    for _ in range(20):
        await asyncio.sleep(0)
        early.look()
    assert order == []
    assert not early.through
    may = True
    early.look()
    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)
    assert order == ["a", "b", "c"]
    assert early.through


async def test_what_waits_for_more_than_the_registration_is_carried_out_at_the_end() -> None:
    early = Early()
    early.open()
    tasks = [asyncio.create_task(early.wait(MOST, lambda: False)) for _ in range(3)]
    await asyncio.sleep(0)
    early.close()
    await asyncio.wait_for(asyncio.gather(*tasks), PATIENCE)
    assert early.waiting == 0


async def test_what_waits_for_the_registration_is_refused_at_the_end() -> None:
    line = Line()
    line.come(*"ab")
    await line.turn()
    line.early.close()
    assert await line.done() == each("ab", NotRegistered.code)
