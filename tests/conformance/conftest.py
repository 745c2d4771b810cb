"""Fixtures: servers, clients, a measure of memory."""

import contextlib
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from alphasync.transport import EngineServer, SocketServer
from tests.conformance.clients import Client
from tests.conformance.servers import (
    OPTIONS,
    Engine,
    MakeEngine,
    MakeSockets,
    Pair,
    Road,
    Sockets,
    Street,
    forwarding,
    hosted,
)
from tests.conformance.signed import Request
from tests.conformance.stalled import Memory
from tests.conformance.wire import TRANSPORTS, Transport


@pytest.fixture
def road() -> Road:
    """How requests of a session reach the server that has it; some tests try both ways."""
    return "direct"


@pytest.fixture
async def make_engine(road: Road) -> AsyncIterator[MakeEngine]:
    async with contextlib.AsyncExitStack() as stack:

        async def make(*, send_buffer: int | None = None, **options: Any) -> Engine:
            street = Street()
            eio = EngineServer(**OPTIONS | options, peers=street.peers())
            endpoint = await stack.enter_async_context(hosted(eio, "engine.io", send_buffer))
            if road == "forwarded":
                front = EngineServer(**OPTIONS | options, peers=street.peers())
                await stack.enter_async_context(forwarding(front, eio, street, endpoint))
            engine = Engine(eio, endpoint)
            stack.push_async_callback(eio.shutdown)
            engine.listen()
            stack.push_async_callback(engine.leave)
            return engine

        yield make


@pytest.fixture
async def engine(make_engine: MakeEngine) -> Engine:
    return await make_engine()


@pytest.fixture
async def make_sockets(road: Road) -> AsyncIterator[MakeSockets]:
    async with contextlib.AsyncExitStack() as stack:

        async def make(*, send_buffer: int | None = None, **options: Any) -> Sockets:
            street = Street()
            limits: list[str] = []
            noted = {"on_limit": limits.append} | options
            sio = SocketServer(**OPTIONS | noted, peers=street.peers())
            endpoint = await stack.enter_async_context(hosted(sio, "socket.io", send_buffer))
            if road == "forwarded":
                front = SocketServer(**OPTIONS | options, peers=street.peers())
                await stack.enter_async_context(forwarding(front, sio.eio, street, endpoint))
            sockets = Sockets(sio, endpoint, limits=limits)
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


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    street = Street()
    limits: list[str] = []
    passed_on: list[str] = []
    front = EngineServer(
        **OPTIONS, peers=street.peers(), on_limit=limits.append, on_forward=passed_on.append
    )
    eio = EngineServer(**OPTIONS, peers=street.peers())
    async with (
        hosted(eio, "engine.io", None) as endpoint,
        forwarding(front, eio, street, endpoint),
    ):
        owner = Engine(eio, endpoint)
        owner.listen()
        yield Pair(owner, front, street, limits, passed_on)
        await eio.shutdown()


@pytest.fixture
async def asked(pair: Pair) -> Request:
    return Request(pair, await pair.endpoint.sid())
