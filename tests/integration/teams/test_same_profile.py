"""Operators of one team who want the same profile at the same moment, on two servers."""

import asyncio
from collections import Counter

import pytest

from alphasync.gateway.sandbox import Faults
from tests.harness import cluster
from tests.integration.support import people

ROUNDS = 100


@pytest.mark.slow
async def test_exactly_one_of_two_operators_runs_it_each_time(redis_url: str) -> None:
    # Nobody takes messages: each run tries one recipient and then waits to be stopped.
    async with cluster(
        redis_url, servers=2, people=people(p=5), faults=Faults(refuse=1.0), send_interval=600
    ) as running:
        names = ("ann", "bob")
        devices = {
            name: await running.device(at, token=running.token(name, team="red"))
            for at, name in enumerate(names)
        }
        wins: Counter[str] = Counter()
        for turn in range(ROUNDS):
            asked = names if turn % 2 else names[::-1]  # who asks first, by a hair
            acks = dict(
                zip(
                    asked,
                    await asyncio.gather(*(devices[name].start("p") for name in asked)),
                    strict=True,
                )
            )
            [winner] = [name for name in names if acks[name]["ok"]]
            [loser] = [name for name in names if name != winner]
            assert acks[loser]["code"] == "locked", acks
            assert acks[loser]["lockOwner"] == devices[winner].id
            wins[winner] += 1
            about = {"profileId": "p", "type": "chat"}
            assert (await devices[loser].call("stopProcessing", about))["code"] == "not_allowed"
            assert (await devices[winner].call("stopProcessing", about))["ok"]
        for device in devices.values():
            await device.wait_for("processingStopped", ROUNDS)
            started = device.named("processingStarted")
            assert Counter(event["operatorId"] for event in started) == wins
        assert min(wins[name] for name in names) > 0, f"no race at all: {wins}"


async def test_they_work_on_two_profiles_at_once(redis_url: str) -> None:
    async with cluster(
        redis_url, servers=2, people=people(p=5, q=5), faults=Faults(refuse=1.0), send_interval=600
    ) as running:
        ann = await running.device(0, token=running.token("ann", team="red"))
        bob = await running.device(1, token=running.token("bob", team="red"))
        acks = await asyncio.gather(ann.start("p"), bob.start("q"))
        assert [ack["ok"] for ack in acks] == [True, True]
        for device in (ann, bob):
            of_p = await device.wait_for("processingStarted", profileId="p")
            of_q = await device.wait_for("processingStarted", profileId="q")
            assert (of_p["operatorId"], of_q["operatorId"]) == ("ann", "bob")
