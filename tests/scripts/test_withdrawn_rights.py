"""A script that Redis refuses midway, as where a right of the server was withdrawn."""

import contextlib
from collections.abc import AsyncIterator

import pytest

from alphasync.domain.events import MessageUpdated
from alphasync.errors import StoreUnavailable
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE


@contextlib.asynccontextmanager
async def without(bench: Bench, command: str) -> AsyncIterator[None]:
    acl = ("ACL", "SETUSER", "default")
    await bench.client.execute_command(*acl, f"-{command}")
    try:
        yield
    finally:
        await bench.client.execute_command(*acl, f"+{command}")


async def test_no_revision_without_an_event(real: Bench) -> None:
    before = await real.type("Hello")
    async with without(real, "xadd"):
        with pytest.raises(StoreUnavailable):
            await real.type("Hello again")
    snapshot = await real.snapshot()
    assert snapshot.revision == before
    assert snapshot.drafts[PROFILE, "chat"].message == "Hello"
    async with real.verify(MessageUpdated):
        assert await real.type("Hello again") == before + 1
