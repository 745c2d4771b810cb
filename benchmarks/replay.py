"""How long a device waits for 200 events that it missed, beside a device that gets a snapshot.

Both come back over a WebSocket to the same server, in turns. Measured by the client, from the start
of the connection to the last event. ``python -m benchmarks.replay [rounds]`` runs this work alone.
"""

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.bench import Bench
from tests.harness import Cluster, Device, Valkey, cluster

WORK = "replay"
CASE = "200 events missed"
DELAY = "from the connection to the last event"
MISSED = 200
TURNS = 10
"""Per round; their median counts."""


async def come_back(running: Cluster, away: Device, seen: int | None) -> float:
    """Seconds until the device is up to date; ``seen``: its last revision, None for a snapshot."""
    registered = away.last("deviceRegistered")
    offer = {"deviceId": away.id, "resumeToken": registered["resumeToken"]}
    if seen is not None:
        offer |= {"epoch": registered["epoch"], "revision": seen}
    device = Device(running.urls[0], running.token(), auth=offer)
    start = time.perf_counter()
    await device.connect()
    expected = "messageUpdated" if seen is not None else "messageSync"
    await device.wait_for(expected, count=MISSED)
    took = time.perf_counter() - start
    await device.drop()
    return took


async def measure(rounds: int) -> dict[str, list[float]]:
    """Seconds of every return, by its kind."""
    folder = Path(tempfile.mkdtemp(prefix="as-bench-"))
    valkey = Valkey(folder)
    times: dict[str, list[float]] = {"events": [], "snapshot": []}
    try:
        await valkey.start()
        async with cluster(valkey.url, device_grace=3600.0) as running:
            typist, away = await running.device(), await running.device()
            await away.drop()
            for number in range(MISSED):
                draft = {"profileId": str(number), "type": "chat", "message": "Hello there"}
                await typist.call("updateMessage", draft)
            for _ in range(rounds):
                times["events"].append(await come_back(running, away, seen=0))
                times["snapshot"].append(await come_back(running, away, seen=None))
    finally:
        valkey.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return times


async def run(bench: Bench) -> None:
    for _ in range(bench.rounds):
        for name, values in (await measure(2 if bench.quick else TURNS)).items():
            bench.results.add(WORK, CASE, name, DELAY, "ms", statistics.median(values) * 1000)


def show(times: dict[str, list[float]]) -> None:
    for name, values in times.items():
        tenths = statistics.quantiles(values, n=10)
        print(
            f"{MISSED} missed, by {name:<9} median {statistics.median(values) * 1000:6.1f} ms"
            f"   (10 %: {tenths[0] * 1000:.1f}, 90 %: {tenths[-1] * 1000:.1f})"
        )


if __name__ == "__main__":
    show(asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 30)))
