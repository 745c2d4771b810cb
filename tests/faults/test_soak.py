"""Random kills and pauses for a while, and a checker of what everybody saw."""

import asyncio
import logging
import random
import shutil
from pathlib import Path

import msgspec
import pytest

from alphasync.gateway.sandbox import Faults
from alphasync.gateway.sandbox.faults import Drop
from tests.faults.books import Account, judged
from tests.faults.checker import check
from tests.faults.harness import site
from tests.faults.people_at_work import CAST, CYCLE_PAUSE_MIN
from tests.faults.soak import Soak
from tests.integration.support import people

log = logging.getLogger(__name__)

SETTLE = 180.0
"""Seconds on top of the soak's own length: starting, settling and judging."""
MEMORY_GROWTH_MAX = 30 * 2**20
"""Bytes from the first tenth of the time to its end."""
ALWAYS_JUDGED = ("paused", "detached", "planned", "rests", "avoided")
"""What 40 seconds bring about, whatever the seed."""
FILES_GROWTH_MAX = 40
"""Sockets of devices that moved here, and connections to the gateway that are kept open."""

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
"""With ``everysec`` a kill may take an event with it that devices have seen already."""

pytestmark = [
    pytest.mark.faults,
    pytest.mark.slow,
    pytest.mark.timeout(0),  # its length is a flag; it keeps the time by itself
    pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc"),
]


async def test_a_soak(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    seconds = float(request.config.getoption("--soak"))
    seed = request.config.getoption("--soak-seed")
    seed = random.SystemRandom().randrange(10_000) if seed is None else int(seed)
    faults = Faults(
        latency=0.01,
        drop=Drop(every_nth=41, after_recording=seed // 2 % 2 == 0),
        idempotency=seed % 2 == 0,
    )
    async with (
        asyncio.timeout(seconds + SETTLE),
        site(
            3,
            people=people(**CAST),
            faults=faults,
            valkey=DURABLE,
            send_interval=0.05,
            cycle_pause_min=CYCLE_PAUSE_MIN,
        ) as running,
    ):
        soak = Soak(running, seed)
        try:
            await soak.run(seconds)
            account = await soak.account()
            found = check(account)
            told = {history.name: len(history.events) for history in account.histories}
            seen = judged(account)
            sent = f"{len(account.deliveries)} messages, {dict(seen)}"
            shown = f"{sent}, {dict(soak.faults)}, events {told}"
            text = "\n".join([f"seed {seed}: {shown}", *found[:20]])
            log.info(text)
            (tmp_path / "history.json").write_bytes(_books(account))
            assert not found, f"{len(found)} violations, history in {tmp_path}; {text}"
            assert running.complaints() == [], text
            assert account.deliveries, text
            assert len(soak.faults) == 5 or seconds < 40, text
            assert all(seen[kind] for kind in ALWAYS_JUDGED) or seconds < 40, text
            early, late = soak.sizes[len(soak.sizes) // 10], soak.sizes[-1]
            assert late[0] - early[0] < MEMORY_GROWTH_MAX, f"{early} to {late}; {text}"
            assert late[1] - early[1] < FILES_GROWTH_MAX, f"{early} to {late}; {text}"
        except BaseException:
            leave_out = shutil.ignore_patterns("*.sock")
            shutil.copytree(running.folder, tmp_path / "logs", ignore=leave_out)
            raise
        finally:
            await soak.close()


def _books(account: Account) -> bytes:
    """What one needs to understand a violation."""
    lists = {"/".join(key): value for key, value in account.lists.items()}
    return msgspec.json.encode(
        {
            "deliveries": account.deliveries,
            "histories": account.histories,
            "openings": account.openings,
            "retries": account.retries,
            "avoided": account.avoided,
            "ofRuns": account.of_runs,
            "lists": lists,
        }
    )
