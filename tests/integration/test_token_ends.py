"""A device whose token ends: its run goes on while its operator signs in again."""

import time

from tests.harness import Cluster, Device, cluster, wait_until
from tests.integration.support import people


async def runs_out(world: Cluster) -> tuple[Device, Device]:
    """A device with a run whose token has ended, and one that watches."""
    watching = await world.device()
    device = await world.device(token=world.token(lifetime=2))
    assert (await device.start("p"))["ok"]
    await wait_until(lambda: not device.client.connected, what="cut at the end of its token")
    return device, watching


async def test_the_run_goes_on_until_the_device_is_back_with_a_new_token(redis_url: str) -> None:
    async with cluster(
        redis_url,
        people=people(p=2000),
        send_interval=0.05,
        device_grace=0.3,
        sign_in_timeout=60,
    ) as world:
        device, watching = await runs_out(world)
        ended = time.monotonic()
        away = await watching.wait_for("deviceReconnecting")
        assert away["grace"] == 60_000
        await wait_until(lambda: time.monotonic() > ended + 1)
        assert not watching.named("processingInterrupted")
        me = device.last("deviceRegistered")
        auth = {"deviceId": me["deviceId"], "resumeToken": me["resumeToken"]}
        back = await world.device(auth=auth)
        assert back.last("deviceRegistered")["resumed"] is True
        state = await back.wait_for("processingStateSync")
        assert state["isOwnDevice"] is True
        assert state["isProcessing"] is True
        assert (await back.call("stopAllProcessing"))["ok"]


async def test_it_is_interrupted_when_nobody_signs_in(redis_url: str) -> None:
    async with cluster(
        redis_url,
        people=people(p=2000),
        send_interval=0.05,
        device_grace=0.2,
        sign_in_timeout=0.6,
    ) as world:
        _, watching = await runs_out(world)
        lost = await watching.wait_for("processingInterrupted")
        assert lost["code"] == "sign_in_again"
        assert lost["reason"] == "The session has ended, and nobody signed in again"
