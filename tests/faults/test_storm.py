"""A thousand devices that come back at once."""

import asyncio

import pytest

from tests.faults import patient
from tests.faults.harness import site
from tests.faults.returning import ReturningDevice

pytestmark = [pytest.mark.faults, pytest.mark.slow]

DEVICES = 1000
AT_A_TIME = 50
BACK_WITHIN = 400.0
"""Seconds, on a machine that runs other tests as well; on an idle one of two cores it takes 3."""
CONNECT_WITHIN = 120.0
"""Seconds. The JavaScript client's are 20: on a machine that is busy with other tests a server had
nothing to do but with those who give up and come again."""
DRAFTS = 5


@pytest.mark.parametrize("accounts", [100, 1], ids=["many-accounts", "one-account"])
async def test_all_are_back_with_their_snapshots(accounts: int) -> None:
    async with site(2, program=patient.PROGRAM) as running:
        dying, surviving = running.servers
        for account in range(accounts):
            writer = await running.device(1, token=running.token(f"operator {account}"))
            for profile in range(DRAFTS):
                draft = {"profileId": profile, "type": "chat", "message": f"draft {profile}"}
                assert (await writer.call("updateMessage", draft))["ok"]
            await writer.close()

        devices: list[ReturningDevice] = []
        for begin in range(0, DEVICES, AT_A_TIME):
            devices += await asyncio.gather(
                *(
                    running.returning(
                        dying.url,
                        surviving.url,
                        token=running.token(f"operator {place % accounts}"),
                    )
                    for place in range(begin, begin + AT_A_TIME)
                )
            )
        before = {device: device.id for device in devices}
        for device in devices:
            device.offers_position = False
            device.connect_timeout = CONNECT_WITHIN
            device.events.clear()
        dying.kill()
        away = devices  # each is looked at until it is back: looking is work for the same process
        async with asyncio.timeout(BACK_WITHIN):
            while away := [one for one in away if len(one.named("messageSync")) < DRAFTS]:
                await asyncio.sleep(0.2)
        for device in devices:
            assert (device.id, device.url) == (before[device], surviving.url)
            assert device.last("deviceRegistered")["resumed"]
