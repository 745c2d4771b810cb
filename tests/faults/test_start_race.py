"""Two devices on two servers that start the same profile at the same instant."""

import asyncio

import pytest

from alphasync.gateway.sandbox import Faults
from tests.faults import patient
from tests.faults.harness import site
from tests.harness import PATIENCE
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

ROUNDS = 1000


async def test_one_winner_each_time() -> None:
    # Nobody takes messages: each run tries one recipient and then waits to be stopped.
    async with site(
        program=patient.PROGRAM, people=people(p=100), faults=Faults(refuse=1.0), send_interval=600
    ) as running:
        devices = [await running.device(0), await running.device(1)]
        wins = dict.fromkeys((device.id for device in devices), 0)
        for turn in range(ROUNDS):
            devices.reverse()  # who asks first, by a hair
            async with asyncio.timeout(PATIENCE):
                acks = await asyncio.gather(*(device.start("p") for device in devices))
                assert sorted(ack["ok"] for ack in acks) == [False, True], (turn, acks)
                winner, loser = devices if acks[0]["ok"] else reversed(devices)
                refused = acks[1] if acks[0]["ok"] else acks[0]
                assert refused["code"] == "locked"
                assert refused["message"] == "Another device is already processing this profile"
                assert refused["lockOwner"] == winner.id
                wins[winner.id] += 1
                # Any device may stop it.
                stop = {"profileId": "p", "type": "chat"}
                assert (await loser.call("stopProcessing", stop))["ok"]
        for device in devices:
            await device.wait_for("processingStopped", ROUNDS)
            assert len(device.named("processingStarted")) == ROUNDS
            lost = device.named("error")
            assert len(lost) == ROUNDS - wins[device.id]
            assert {error["lockOwner"] for error in lost} <= set(wins) - {device.id}
        assert min(wins.values()) > 0, f"no race at all: {wins}"
