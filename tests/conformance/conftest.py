"""Fixtures: servers, clients, a measure of memory."""

import contextlib
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from alphasync.transport import EngineServer, SocketServer
from tests.conformance.clients import Client
from tests.conformance.servers import OPTIONS, Engine, MakeEngine, MakeSockets, Sockets, hosted
from tests.conformance.stalled import Memory
from tests.conformance.wire import TRANSPORTS, Transport


@pytest.fixture
async def make_engine() -> AsyncIterator[MakeEngine]:
    async with contextlib.AsyncExitStack() as stack:

        async def make(*, send_buffer: int | None = None, **options: Any) -> Engine:
            eio = EngineServer(**OPTIONS | options)
            serving = hosted(eio, "engine.io", send_buffer)
            engine = Engine(eio, await stack.enter_async_context(serving))
            stack.push_async_callback(eio.shutdown)
            engine.listen()
            stack.push_async_callback(engine.leave)
            return engine

        yield make


@pytest.fixture
async def engine(make_engine: MakeEngine) -> Engine:
    return await make_engine()


@pytest.fixture
async def make_sockets() -> AsyncIterator[MakeSockets]:
    async with contextlib.AsyncExitStack() as stack:

        async def make(*, send_buffer: int | None = None, **options: Any) -> Sockets:
            sio = SocketServer(**OPTIONS | options)
            serving = hosted(sio, "socket.io", send_buffer)
            sockets = Sockets(sio, await stack.enter_async_context(serving))
            stack.push_async_callback(sio.shutdown)
            sockets.listen()
            stack.push_async_callback(sockets.leave)
            return sockets

        yield make


@pytest.fixture
async def sockets(make_sockets: MakeSockets) -> Sockets:
    return await make_sockets()


@pytest.fixture
async def client(sockets: Sockets, transport: Transport) -> Client:
    """In the namespace ``/``."""
    return await sockets.member(transport)


@pytest.fixture
def memory() -> Iterator[Memory]:
    """Counts what is allocated, from where the test starts it."""
    tracemalloc.start()
    yield Memory()
    tracemalloc.stop()


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    """What the protocol says of messages holds on both transports."""
    found: Transport = request.param
    return found
