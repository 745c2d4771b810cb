"""Somebody without a token takes what there is, at a server that may have 1,024 files open."""

import asyncio
import logging
from pathlib import Path

import pytest

from tests.faults.bystanders import bystanders, troublemaker
from tests.faults.few_files import FILES
from tests.faults.harness import ServerProcess, Site, site
from tests.faults.soak import measure
from tests.faults.strangers import DEEDS, HELD
from tests.harness import PATIENCE

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc"),
]

CALM, STORM = 2.0, 6.0
"""Seconds before and while it happens."""
ONE = ["127.0.0.2"]
MANY = [f"127.0.0.{last}" for last in range(2, 10)]
"""Addresses that Linux takes for its own."""
CASES = [
    *(pytest.param(deed, ONE, id=deed) for deed in DEEDS),
    *(pytest.param(deed, MANY, id=f"{deed} of many") for deed in ("half requests", "websockets")),
]

log = logging.getLogger(__name__)


async def health(running: Site, server: ServerProcess) -> tuple[int, str]:
    """Status and message of what ``/readyz`` answers."""
    async with asyncio.timeout(PATIENCE), running.http.get(f"{server.url}/readyz") as answer:
        return answer.status, (await answer.json()).get("message", "")


@pytest.mark.parametrize(("deed", "addresses"), CASES)
async def test_others_get_in_and_notice_nothing(deed: str, addresses: list[str]) -> None:
    async with site(0, valkey=()) as running:
        server = await running.add_server(("-m", "tests.faults.few_files"))
        async with bystanders(running) as others:
            await others.pass_by("before", CALM)
            async with troublemaker(
                "tests.faults.strangers", server.url, deed, *addresses
            ) as trouble:
                await trouble.begun()
                await others.pass_by(deed, STORM)
                files, said = measure(server.pid)[1], await health(running, server)
                counts = await trouble.end()
        log.info("%s: %s, %s, %d files", deed, counts, said, files)
        assert files < FILES
        assert said in ((200, ""), (503, "too many connections"), (503, "overloaded"))
        if deed == "bombs":
            assert set(counts) == {"opened", "400"}
        else:
            assert counts["opened"] >= HELD
