"""What another account sees and may touch, and what a team shares."""

import pytest

from alphasync.domain.roles import Role
from tests.harness import Cluster, Device
from tests.integration.limited import COMMANDS, FOREIGN, OWN
from tests.integration.support import (
    Payload,
    by_profile,
    reached,
    settled,
    snapshot,
    switch,
)


async def everything(device: Device, profile: str = OWN) -> None:
    """Let a device do one of everything."""
    await device.call(
        "updateMessage", {"profileId": profile, "type": "chat", "message": "private words"}
    )
    await device.start(profile)
    await device.wait_for("processingComplete", profileId=profile)
    await device.call("clearBlocklist", {"profileId": profile, "type": "chat"})
    await device.start("1005")
    await device.call("stopAllProcessing")
    await device.call("clearMessage", {"profileId": profile, "type": "chat"})


async def test_another_account_sees_and_changes_nothing(servers: Cluster) -> None:
    ours = await servers.device(0)
    witness = await servers.device(1)
    theirs = await servers.device(1, token=servers.token("other"))
    also_theirs = await servers.device(0, token=servers.token("other"))
    await everything(ours)
    await witness.wait_for("messageCleared")  # behind everything, on the server of ``theirs``
    await settled(theirs, also_theirs)
    for device in (theirs, also_theirs):
        names = set(device.told())
        assert names <= {"deviceRegistered", "messageUpdated"}, names
        assert "private words" not in str(device.events)
    _, events = await snapshot(servers, token=servers.token("other"))
    assert set(by_profile(events)) == {("messageSync", "marker", "chat")}


@pytest.mark.parametrize(("event", "fields"), COMMANDS, ids=[name for name, _ in COMMANDS])
async def test_the_same_profile_of_another_account_is_another(
    servers: Cluster, event: str, fields: Payload
) -> None:
    ours, witness = await servers.pair()
    await ours.start(OWN)
    await ours.wait_for("processingComplete")
    await switch(servers, latency=0.1)
    await ours.start(FOREIGN)
    await ours.call("updateMessage", {"profileId": FOREIGN, "type": "chat", "message": "kept"})
    theirs = await servers.device(1, token=servers.token("other"))
    for profile in (OWN, FOREIGN):
        ack = await theirs.call(event, {"profileId": profile, **fields})
        if event in ("stopProcessing", "readRun"):
            assert ack["code"] == "not_running"
        else:
            assert ack["ok"], ack
        if event == "countBlocklist":
            assert ack["count"] == 0
        if event == "previewRun":
            assert ack["messagedBefore"] == 0
        if event == "clearBlocklist":
            assert ack["deletedCount"] == 0
    await settled(ours, witness)
    assert (await ours.call("countBlocklist", {"profileId": OWN, "type": "chat"}))["count"] == 10
    _, events = await snapshot(servers)
    state = by_profile(events)
    assert state["processingStateSync", FOREIGN, "chat"]["isProcessing"]
    assert state["messageSync", FOREIGN, "chat"]["message"] == "kept"
    for name in ("blocklistCleared", "processingStopped", "messageCleared"):
        assert not witness.named(name)


async def test_a_team_shares_its_account(servers: Cluster) -> None:
    anna = await servers.device(0, token=servers.token("anna", team="t1"))
    ben = await servers.device(1, token=servers.token("ben", team="t1", role=Role.MANAGER))
    outsider = await servers.device(1, token=servers.token("anna"))
    await anna.emit("updateMessage", {"profileId": "1", "type": "chat", "message": "Hi Ben"})
    await ben.wait_for("messageUpdated", message="Hi Ben")
    await switch(servers, latency=0.1)
    assert (await anna.start())["ok"]
    refused = await ben.start()
    assert (refused["code"], refused["lockOwner"]) == ("locked", anna.id)
    assert (await ben.wait_for("processingStarted"))["operatorId"] == "anna"
    assert (await ben.call("stopProcessing", {"profileId": OWN, "type": "chat"}))["ok"]
    stopped = await anna.wait_for("processingStopped")
    assert (stopped["operatorId"], stopped["stoppedBy"]) == ("anna", ben.id)
    await settled(anna, ben)
    assert outsider.told() == ["deviceRegistered"]


async def test_a_team_and_an_operator_of_one_name_are_two_accounts(servers: Cluster) -> None:
    operator = await servers.device(0, token=servers.token("seven"))
    team, mate = [
        await servers.device(number, token=servers.token(name, team="seven"))
        for number, name in enumerate(("x", "y"))
    ]
    await settled(team, mate)
    assert (await operator.call("heartbeat"))["ok"]
    assert operator.told() == ["deviceRegistered"]


NAMES = ["*", "a/b", "a:b", "{x}", "a}b", "o:demo", "é 漢", "a%2Fb", "..", "x" * 128]


async def test_operators_of_odd_names_are_kept_apart(servers: Cluster) -> None:
    devices = {name: await servers.device(0, token=servers.token(name)) for name in NAMES}
    pairs = {name: await servers.device(1, token=servers.token(name)) for name in NAMES}
    for name, device in devices.items():
        await device.call(
            "updateMessage", {"profileId": "*", "type": "chat", "message": f"by {name}"}
        )
    for name, device in pairs.items():
        await device.wait_for("messageUpdated")
        assert [d["message"] for d in device.named("messageUpdated")] == [f"by {name}"]


async def test_profiles_of_odd_names_are_kept_apart(servers: Cluster) -> None:
    full = await servers.device()
    limited = {
        name: await servers.device(1, token=servers.token(profiles=[name])) for name in NAMES
    }
    for name in NAMES:
        ack = await full.call(
            "updateMessage", {"profileId": name, "type": "chat", "message": f"for {name}"}
        )
        assert ack["ok"]
    for name, device in limited.items():
        await device.wait_for("messageUpdated")
        assert [d["message"] for d in device.named("messageUpdated")] == [f"for {name}"]


@pytest.mark.parametrize("claimed", ["other", 7, None, {"a": 1}])
async def test_identity_comes_from_the_token_only(servers: Cluster, claimed: object) -> None:
    await switch(servers, latency=0.1)
    ours, witness = await servers.pair()
    theirs = await servers.device(1, token=servers.token("other"))
    lie: Payload = {"operatorId": claimed, "deviceId": theirs.id if claimed == "other" else claimed}
    assert (await ours.start(**lie))["ok"]
    started = await witness.wait_for("processingStarted")
    assert (started["operatorId"], started["deviceId"]) == ("demo", ours.id)
    ack = await ours.call(
        "updateMessage", {"profileId": "1", "type": "chat", "message": "typed", **lie}
    )
    assert ack["ok"]
    assert (await witness.wait_for("messageUpdated"))["deviceId"] == ours.id
    ack = await witness.call("stopProcessing", {"profileId": OWN, "type": "chat", **lie})
    assert ack["ok"]
    assert (await ours.wait_for("processingStopped"))["stoppedBy"] == witness.id
    assert (await ours.call("heartbeat", lie))["ok"]
    assert theirs.told() == ["deviceRegistered"]
    assert set((await reached(servers)).values()) <= {1}
