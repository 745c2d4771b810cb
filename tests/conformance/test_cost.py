"""What an event costs, counted exactly: tasks and writes."""

import asyncio
import contextlib
from asyncio import selector_events
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from yarl import URL

from tests.conformance.packets import event, next_event
from tests.conformance.servers import Engine, Sockets
from tests.conformance.wire import opened
from tests.harness import wait_until

EMITS, CLIENTS = 5, 10


@contextlib.contextmanager
def tasks_made() -> Iterator[list[str]]:
    """What each task that is made in the block runs."""
    made: list[str] = []

    def factory(
        loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> "asyncio.Task[Any]":
        made.append(coroutine.__qualname__)
        return asyncio.Task(coroutine, loop=loop, **options)

    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    try:
        yield made
    finally:
        loop.set_task_factory(None)


@contextlib.contextmanager
def writes(monkeypatch: pytest.MonkeyPatch, port: int | None) -> Iterator[Counter[Any]]:
    """How often each of the server's connections is written to, by its client's address."""
    counted: Counter[Any] = Counter()
    transport: Any = selector_events._SelectorSocketTransport  # type: ignore[attr-defined]

    def counting(name: str) -> None:
        stock: Callable[..., None] = getattr(transport, name)

        def write(self: Any, data: Any) -> None:
            if self.get_extra_info("sockname")[1] == port:
                counted[self.get_extra_info("peername")] += 1
            stock(self, data)

        patch.setattr(transport, name, write)

    with monkeypatch.context() as patch:
        # In newer Pythons writelines is a write of its own; in older ones it calls write.
        names = {"write", "writelines"} & set(vars(transport))
        for name in names:
            counting(name)
        yield counted


async def test_an_emit_makes_no_task(sockets: Sockets) -> None:
    clients = [await sockets.member() for _ in range(CLIENTS)]
    with tasks_made() as made:
        for number in range(EMITS):
            await sockets.sio.emit("x", number)
        await wait_until(
            lambda: all(client.waiting == EMITS for client in clients), what="all have all"
        )
    assert made == []
    for client in clients:
        assert [await next_event(client) for _ in range(EMITS)] == [["x", n] for n in range(EMITS)]


async def test_an_emit_to_rooms_and_sids_makes_no_task(sockets: Sockets) -> None:
    clients = [await sockets.member() for _ in range(CLIENTS)]
    for client in clients:
        await sockets.sio.enter_room(client.sids["/"], "room")
    with tasks_made() as made:
        await sockets.sio.emit("x", 1, room="room", skip_sid="nobody")
        await sockets.sio.emit("x", 2, room=["room", "other"])
        for client in clients:
            await sockets.sio.emit("x", 3, to=client.sids["/"])
        await wait_until(
            lambda: all(client.waiting == 3 for client in clients), what="all have all"
        )
    assert made == []


async def test_what_is_sent_in_one_loop_turn_leaves_in_one_write(
    sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = [await sockets.member() for _ in range(CLIENTS)]

    async def everywhere(count: int) -> None:
        await wait_until(
            lambda: all(client.waiting == count for client in clients), what="all have all"
        )

    port = URL(sockets.endpoint.url).port
    with writes(monkeypatch, port) as counted:
        # Side by side: an awaited emit may let the loop turn before it returns.
        await asyncio.gather(*(sockets.sio.emit("x", number) for number in range(EMITS)))
        await everywhere(EMITS)
        assert sorted(counted.values()) == [1] * CLIENTS
        for number in range(EMITS):
            for client in clients:
                await sockets.sio.eio.send(client.sid, f"y{number}")
        await everywhere(2 * EMITS)
        assert sorted(counted.values()) == [2] * CLIENTS
    for client in clients:
        assert client.unread() == [
            *(event("x", number) for number in range(EMITS)),
            *(f"y{number}" for number in range(EMITS)),
        ]


async def test_a_websocket_needs_one_task_at_most(engine: Engine) -> None:
    """That of its HTTP request; none that writes, waits or pings."""
    before = len(asyncio.all_tasks())
    sockets = []
    for _ in range(CLIENTS):
        ws = await engine.endpoint.websocket()
        await opened(ws)
        sockets.append(ws)
    assert len(asyncio.all_tasks()) - before <= CLIENTS
    for ws in sockets:
        await ws.close()


async def test_a_polling_session_needs_no_task(engine: Engine) -> None:
    """Between its requests, that is; those of its connections stay."""
    await engine.endpoint.sid()
    before = len(asyncio.all_tasks())
    for _ in range(CLIENTS):
        await engine.endpoint.sid()
    assert len(asyncio.all_tasks()) <= before + 1
