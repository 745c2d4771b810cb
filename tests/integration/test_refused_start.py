"""A start that is refused: the device that asked is told how that run stands."""

from typing import Any

import pytest

from tests.harness import Cluster, Device, cluster
from tests.integration.support import check, people, settled

pytestmark = pytest.mark.any_redis


def start(**fields: Any) -> dict[str, Any]:
    return {"profileId": "1001", "type": "chat", "message": "Hello", **fields}


REFUSED = {
    "too short": (start(message=""), "message_too_short"),
    "too long": (start(message="x" * 301), "message_too_long"),
    "a mail that is too short": (start(type="mail"), "message_too_short"),
    "no text": ({"profileId": "1001", "type": "chat"}, "invalid_payload"),
    "a field that nobody knows": (start(more=1), "invalid_payload"),
    "a number as text": (start(message=5), "invalid_payload"),
    "the profile as a number": (start(profileId=1001, message=""), "message_too_short"),
    "another one's profile": (start(profileId="not mine"), "unknown_profile"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_no_run_is_what_a_client_hears_that_gives_no_callback(
    servers: Cluster, case: str
) -> None:
    payload, code = REFUSED[case]
    token = servers.token(profiles=["1001"])
    asking, seeing = await servers.device(0, token=token), await servers.device(1)
    await asking.emit("startProcessing", payload)
    assert (await asking.wait_for("error"))["code"] == code
    sync = await asking.wait_for("processingStateSync")
    check(
        sync,
        profileId=str(payload["profileId"]),
        type=payload["type"],
        isProcessing=False,
        current=0,
        total=0,
        deviceId=asking.id,
        startedAt=int,
        isOwnDevice=True,
        operatorId="demo",
        status="none",
        revision=int,
    )
    assert asking.told() == ["deviceRegistered", "error", "processingStateSync"]
    await settled(seeing)
    assert not seeing.named("processingStateSync")


async def test_the_run_that_stands_in_the_way(redis_url: str) -> None:
    async with cluster(redis_url, 2, people=people(p=500), send_interval=0.02) as running:
        a, b = await running.pair()
        await a.start("p")
        await b.wait_for("processingProgress", 3)
        for device in (a, b):
            await device.emit("startProcessing", start(profileId="p"))
            assert (await device.wait_for("error"))["lockOwner"] == a.id
            sync = await device.wait_for("processingStateSync")
            check(sync, isProcessing=True, deviceId=a.id, isOwnDevice=device is a, total=500)
            assert_is_the_last_word(device)
        assert len(a.named("processingStateSync")) == len(b.named("processingStateSync")) == 1


def assert_is_the_last_word(device: Device) -> None:
    """What was told before it is not newer."""
    place = device.names().index("processingStateSync")
    before = [data.get("revision", 0) for _, data in device.events[:place]]
    assert device.events[place][1]["revision"] >= max(before, default=0)


async def test_each_refused_start_is_answered_for_its_own_profile(one_server: Cluster) -> None:
    device = await one_server.device()
    wanted = [(f"p{number}", type_) for number in range(20) for type_ in ("chat", "mail")]
    for profile, type_ in wanted:
        await device.emit("startProcessing", start(profileId=profile, type=type_, message=""))
    await device.wait_for("processingStateSync", len(wanted))
    told = [(sync["profileId"], sync["type"]) for sync in device.named("processingStateSync")]
    assert sorted(told) == sorted(wanted)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "start",
        {},
        start(type="fax"),
        start(profileId=True),
        start(profileId="a\x00b"),
        start(profileId="\ud800"),
        start(profileId="x" * 129),
    ],
)
async def test_what_names_no_run_is_told_of_none(one_server: Cluster, payload: object) -> None:
    device = await one_server.device()
    ack = await device.call("startProcessing", payload)
    assert ack["code"] == "invalid_payload"
    assert (await device.call("heartbeat"))["ok"]
    await settled(device, await one_server.device())
    assert not device.named("processingStateSync")


async def test_a_start_that_succeeds_and_other_commands_are_followed_by_nothing(
    one_server: Cluster,
) -> None:
    device = await one_server.device()
    await device.call("stopProcessing", {"profileId": "1001", "type": "chat"})
    await device.call("updateMessage", {"profileId": "1001", "type": "chat"})
    assert (await device.start())["ok"]
    await device.wait_for("processingComplete")
    assert not device.named("processingStateSync")
