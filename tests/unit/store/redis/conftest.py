"""Fixtures for the tests of the ordered pipeline."""

from collections.abc import AsyncIterator

import pytest

from alphasync.store.redis import ordered as ordered_module
from tests.unit.store.redis.ordered import Bench


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A connected pipeline whose time is short."""
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 0.05)
    monkeypatch.setattr(ordered_module, "WATCH_INTERVAL", 0.005)
    monkeypatch.setattr(ordered_module, "backoff", lambda _attempt: 0.0)
    bench = Bench()
    bench.pipeline.start()
    await bench.connected()
    yield bench
    await bench.pipeline.close()


@pytest.fixture
def no_hurry(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which nothing is to be overdue, however busy the machine: after ``bench``, which
    is in a hurry."""
    monkeypatch.setattr(ordered_module, "ANSWER_TIMEOUT", 60.0)
