"""A run whose runner lives while its device's server dies: the device may come back renamed."""

import pytest

from tests.harness import Cluster, cluster

pytestmark = pytest.mark.any_redis


async def test_the_end_of_the_run_names_the_device_as_it_is_called_by_then(redis_url: str) -> None:
    async with cluster(redis_url, servers=2, send_interval=0.05) as running:
        seeing, owner = await running.pair()
        await owner.start()
        await seeing.wait_for("processingProgress", count=3)
        await rename(running, owner.id, "feedfeedfeedfeed")
        complete = await seeing.wait_for("processingComplete")
        assert complete["deviceId"] == "feedfeedfeedfeed"
        progress = [e["deviceId"] for e in seeing.named("processingProgress")]
        assert progress[0] == owner.id
        assert progress[-1] == "feedfeedfeedfeed"


async def rename(running: Cluster, former: str, name: str) -> None:
    """Put on record what a takeover of the device does to its run."""
    client = running.servers[0].store.client
    run = "as:{o:demo}:run:chat:1001"
    identity = await client.hget(run, "identity")
    assert isinstance(identity, bytes)
    identity = identity.replace(former.encode(), name.encode())
    await client.hset(run, mapping={"device": name, "identity": identity})
    await client.hset("as:{o:demo}:lock:chat:1001", "device", name)
