"""Fixtures of the contract's tests."""

import gc
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from tests.harness import PATIENCE, Cluster, be_patient_with_redis, cluster
from tests.integration.moving import Pair, pair_of


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    be_patient_with_redis(monkeypatch)


@pytest.fixture
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Bad input is expected: it writes no traceback and leaves no task that failed unseen."""
    gc.freeze()  # of all that is there already nothing is looked for: that takes 0.1 to 0.2 s
    with structlog.testing.capture_logs() as entries:
        yield
        gc.collect()  # a task that failed unseen says so when it is collected
    assert not [record for record in caplog.records if record.exc_info], caplog.text
    assert "Traceback" not in caplog.text
    assert not [entry for entry in entries if entry["log_level"] in ("error", "critical")]


@pytest.fixture(params=[1, 2], ids=["one-server", "two-servers"])
async def brisk(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    """As ``servers``, with pings so close together that an idle long poll soon ends.

    A pong may take its time: a client that has much to read comes to the ping behind it late.
    """
    async with cluster(
        redis_url, servers=request.param, ping_interval=0.5, ping_timeout=PATIENCE
    ) as running:
        yield running


@pytest.fixture
async def brisk_server(redis_url: str) -> AsyncIterator[Cluster]:
    """One server that soon notices a lost socket."""
    async with cluster(redis_url, ping_interval=0.5, ping_timeout=1.5) as running:
        yield running


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Pair]:
    async with pair_of(redis_url) as running:
        yield running
