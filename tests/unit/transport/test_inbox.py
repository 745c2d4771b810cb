"""What comes from one client, and for how long it has been waiting to be read."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

import pytest

from alphasync.transport.inbox import TURN_MESSAGES_MAX, Inbox
from alphasync.transport.options import Options


class Reader:
    """Notes what it is handed."""

    def __init__(self) -> None:
        self.behind: set[Inbox] = set()
        self.options = Options(10.0, 5.0, 1_000, ("websocket",), allow_upgrades=False)
        self.read: list[str | bytes] = []

    def dispatch(self, sid: str, message: str | bytes) -> Awaitable[object] | None:
        self.read.append(message)
        return None

    async def finish(self, under_way: Awaitable[object]) -> None:
        await under_way

    def look_after(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=name)


async def test_it_lags_from_when_something_waits_until_nothing_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    reader = Reader()
    inbox = Inbox(reader, "a")
    for number in range(TURN_MESSAGES_MAX):
        inbox._add(f"{number}")
    now += 1
    assert inbox.lag == 0.0
    inbox._add("waits")
    now += 1
    inbox._add("waits, too")
    now += 1
    assert inbox.lag == 2.0
    await inbox.handled()
    assert len(reader.read) == TURN_MESSAGES_MAX + 2
    assert inbox.lag == 0.0
