"""What comes on python-socketio's own channel, where anybody may write who reaches Redis."""

import asyncio
import json
import pickle
from typing import Any

import pytest
import socketio
from fakeredis import FakeAsyncRedis

from alphasync.realtime import stock
from alphasync.realtime.manager import HEARD_AT_ONCE_MAX, Manager
from alphasync.realtime.sessions import Sessions
from alphasync.store.redis.memory import MemoryPipeline


def emit(**fields: Any) -> dict[str, Any]:
    return {"method": "emit", "event": "x", "data": 1, "namespace": "/", "room": None, **fields}


@pytest.mark.parametrize(
    "message",
    [
        emit(),
        emit(data={"a": [1, None, "x"]}, room="r", skip_sid="s", callback=None, host_id="h"),
        emit(room=["a", "b"], skip_sid=["a"], callback=["a", "/", 1], binary=False),
        emit(room=5, namespace=None),
        {"method": "disconnect", "sid": "x", "namespace": "/", "host_id": "h"},
        {"method": "disconnect", "sid": "x", "superseded": True},
        {"method": "enter_room", "sid": "x", "room": "r", "namespace": "/"},
        {"method": "leave_room", "sid": "x", "room": "r", "namespace": "/"},
        {"method": "close_room", "room": "r", "namespace": "/"},
        {"method": "callback", "sid": "x", "namespace": "/", "id": 1, "args": [1]},
    ],
    ids=str,
)
def test_what_python_socketio_publishes_is_read_as_it_is(message: dict[str, Any]) -> None:
    assert stock.read(json.dumps(message).encode()) == message


NO_OBJECTS: list[Any] = [[], ["method"], 5, True, None, "method", {}]
GARBAGE = [
    b"",
    b"garbage",
    b"\xff\xfe",
    pickle.dumps(emit()),
    *(json.dumps(value).encode() for value in NO_OBJECTS),
    b"9" * 5_000,
    *(
        json.dumps(message).encode()
        for message in (
            {"method": 5},
            {"method": ["emit"]},
            {"method": "eval", "sid": "x"},
            {"method": "emit"},
            {"method": "emit", "event": "x"},
            emit(event=5),
            emit(event=None),
            emit(room={}),
            emit(room=[["a"]]),
            emit(skip_sid={}),
            emit(namespace=5),
            emit(callback=5),
            emit(data=float("nan")),
            emit(binary="yes"),
            {"method": "disconnect"},
            {"method": "disconnect", "sid": []},
            {"method": "disconnect", "sid": None},
            {"method": "enter_room", "sid": 5, "room": "r"},
            {"method": "enter_room", "sid": "x", "room": {}},
            {"method": "leave_room"},
            {"method": "close_room", "room": {}},
            {"method": "callback", "sid": {}, "id": 1, "args": []},
            {"method": "callback", "sid": "x", "id": "q", "args": []},
            {"method": "callback", "sid": "x", "id": 1, "args": 5},
        )
    ),
]


@pytest.mark.parametrize("raw", GARBAGE, ids=lambda raw: repr(raw[:60]))
def test_anything_else_never_reaches_python_socketio(raw: bytes) -> None:
    with pytest.raises(stock.NoMessage):
        stock.read(raw)
    manager = _manager()
    manager.hear(raw)
    assert manager._heard.empty()


async def test_a_burst_leaves_others_their_turn() -> None:
    manager = _manager()
    manager.set_server(socketio.AsyncServer(async_mode="aiohttp"))
    burst = 40 * HEARD_AT_ONCE_MAX
    for _ in range(burst):
        manager.hear(json.dumps(emit(host_id="another")).encode())
    listening = asyncio.create_task(manager._thread())
    turns = 0
    while not manager._heard.empty():
        await asyncio.sleep(0)
        turns += 1
    listening.cancel()
    await asyncio.wait([listening])
    assert turns >= burst // HEARD_AT_ONCE_MAX


def _manager() -> Manager:
    return Manager(MemoryPipeline(FakeAsyncRedis()), Sessions(), lambda _: None)
