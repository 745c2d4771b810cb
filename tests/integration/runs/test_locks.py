"""One runner for a profile and type at a time."""

import asyncio

import pytest

from tests.harness import Cluster
from tests.integration.runs.counting import CHAT, SLOW
from tests.integration.support import MAIL, check, settled, switch

pytestmark = pytest.mark.any_redis


async def test_chat_and_mail_of_a_profile_run_side_by_side(servers: Cluster) -> None:
    await switch(servers, latency=0.05)
    a, b = await servers.pair()
    assert (await a.start(type="chat"))["ok"]
    assert (await b.start(type="mail", message=MAIL))["ok"]
    for type_ in ("chat", "mail"):
        stats = (await a.wait_for("processingComplete", type=type_))["stats"]
        assert stats["sent"] == 10


async def test_a_locked_profile_is_refused_to_the_other_device_only(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a, b = await servers.pair()
    assert (await a.start())["ok"]
    await b.emit("startProcessing", {**CHAT, "message": "Me too"})
    error = await b.wait_for("error")
    check(
        error,
        message="Another device is already processing this profile",
        lockOwner=a.id,
        code="locked",
        event="startProcessing",
    )
    ack = await b.start()
    check(
        ack,
        ok=False,
        code="locked",
        message="Another device is already processing this profile",
        retryable=bool,
        lockOwner=a.id,
    )
    await settled(a, b)
    assert not a.named("error")
    assert len(a.named("processingStarted")) == 1


async def test_the_own_device_cannot_start_twice(servers: Cluster) -> None:
    await switch(servers, latency=SLOW)
    a = await servers.device()
    assert (await a.start())["ok"]
    ack = await a.start()
    assert (ack["ok"], ack["code"], ack["lockOwner"]) == (False, "already_running", a.id)
    error = a.last("error")
    assert (error["code"], error["lockOwner"]) == ("already_running", a.id)


async def test_one_winner_when_two_start_at_once(servers: Cluster) -> None:
    # No run is at its end before the other device's start has come, however late that is.
    await switch(servers, latency=1.0)
    a, b = await servers.pair()
    for round_ in range(1, 21):
        acks = await asyncio.gather(a.start("1005"), b.start("1005"))
        assert sorted(ack["ok"] for ack in acks) == [False, True]
        loser = next(ack for ack in acks if not ack["ok"])
        winner = (a, b)[0 if acks[0]["ok"] else 1]
        assert (loser["code"], loser["lockOwner"]) == ("locked", winner.id)
        assert (await a.call("stopProcessing", {"profileId": "1005", "type": "chat"}))["ok"]
        for device in (a, b):
            await device.wait_for("processingStopped", round_)
