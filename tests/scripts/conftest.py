"""The stores that every script runs on."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from alphasync.store.connect import make_client, make_store
from tests.harness import Valkey, be_patient_with_redis, wait_until
from tests.ports import free_port
from tests.scripts.bench import LIFETIMES, Bench


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    be_patient_with_redis(monkeypatch)


@pytest.fixture(scope="session")
def cluster_valkey() -> Iterator[Valkey]:
    """A cluster of one: it refuses scripts that touch two slots, like any cluster."""
    folder = Path(tempfile.mkdtemp(prefix="as-cluster-"))
    # Nobody connects there, but a server opens its cluster port all the same.
    port = str(free_port())
    options = ("--cluster-enabled", "yes", "--cluster-port", port, "--bind", "127.0.0.1")
    server = Valkey(folder, *options)

    async def start() -> None:
        await server.start()
        client = make_client(server.url)
        await client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        state: list[bytes] = []
        while not state or b"cluster_state:ok" not in state[-1]:
            state.append(await client.execute_command("CLUSTER", "INFO"))
            await asyncio.sleep(0.01)
        await client.aclose()

    asyncio.run(asyncio.wait_for(start(), 30))
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Bench]:
    bench = Bench(make_store(url, LIFETIMES))
    await bench.open()
    await wait_until(lambda: bench.store.pipeline.connected, what="connected")
    try:
        yield bench
    finally:
        await bench.close()


@pytest.fixture(params=["valkey", "cluster_valkey", "memory"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Each script test runs on a real Valkey, on one in cluster mode and on fakeredis."""
    if request.param == "memory":
        return "memory://"
    server: Valkey = request.getfixturevalue(request.param)
    return server.url


@pytest.fixture
async def bench(store_url: str) -> AsyncIterator[Bench]:
    async with opened(store_url) as bench:
        yield bench


@pytest.fixture
async def real(valkey: Valkey) -> AsyncIterator[Bench]:
    """For what only a real server shows."""
    async with opened(valkey.url) as bench:
        yield bench
