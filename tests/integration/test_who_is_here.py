"""Who is here, over the wire: on every server, with every kind of end."""

import pytest

from alphasync.domain.roles import Role
from tests.harness import Cluster, Device, wait_until

NOBODY = {"name": "Mine", "deviceId": "0123456789abcdef"}
HALF = "\ud83d"
"""Of an emoji: it cannot be written as UTF-8."""


def here(device: Device) -> dict[str, str]:
    """The devices that a device knows of, and their states."""
    known: dict[str, str] = {}
    for name, data in device.events:
        if name in ("devicesSync", "devicesChanged"):
            known = {each["deviceId"]: each["state"] for each in data["devices"]}
        elif name in ("deviceJoined", "deviceUpdated"):
            known[data["deviceId"]] = data["state"]
        elif name == "deviceLeft":
            known.pop(data["deviceId"], None)
    return known


async def sees(device: Device, expected: dict[str, str]) -> None:
    await wait_until(lambda: here(device) == expected, what=f"{expected}, not {here(device)}")


async def test_each_is_told_of_the_others_wherever_they_are(servers: Cluster) -> None:
    first = await servers.device(0, auth={"deviceName": "Desk"})
    second = await servers.device(1, auth={"deviceName": "Phone"})
    await sees(first, {first.id: "here", second.id: "here"})
    await sees(second, {first.id: "here", second.id: "here"})
    told = second.last("devicesSync")["devices"]
    assert {each["name"]: each["isOwnDevice"] for each in told} == {"Desk": False, "Phone": True}
    joined = first.last("deviceJoined")
    assert (joined["name"], joined["operatorId"], joined["since"]) == (
        "Phone",
        "demo",
        joined["lastSeen"],
    )
    await second.drop()
    await sees(first, {first.id: "here", second.id: "away"})
    registered = second.last("deviceRegistered")
    proof = {name: registered[name] for name in ("deviceId", "resumeToken")}
    known = {name: registered[name] for name in ("epoch", "revision")}
    again = await servers.device(0, auth=proof | known)
    assert again.last("deviceRegistered")["recovered"]
    await sees(first, {first.id: "here", second.id: "here"})
    await again.wait_for("deviceUpdated", 2)
    told = [data["state"] for data in again.named("deviceUpdated")]
    assert told == ["away", "here"], "it gets what it missed"
    await again.close()
    assert (await first.wait_for("deviceLeft"))["reason"] == "left"


async def test_a_device_limited_to_profiles_sees_who_is_here_too(servers: Cluster) -> None:
    limited = await servers.device(0, token=servers.token(profiles=["1001"]))
    whole = await servers.device(1)
    await sees(limited, {limited.id: "here", whole.id: "here"})


async def test_another_account_is_told_nothing(servers: Cluster) -> None:
    ours = await servers.device(0)
    theirs = await servers.device(1, token=servers.token("other"))
    assert (await theirs.call("renameDevice", {"name": "x", "deviceId": ours.id}))["code"] == (
        "unknown_device"
    )
    assert (await theirs.call("signOutDevice", {"deviceId": ours.id}))["code"] == "unknown_device"
    assert (await theirs.call("heartbeat"))["ok"]
    assert set(here(theirs)) == {theirs.id}
    assert (await ours.call("heartbeat"))["ok"]


async def test_a_name_is_given_from_any_device_of_the_operator(servers: Cluster) -> None:
    desk, phone = await servers.pair(token=servers.token("anna", team="t"))
    mate = await servers.device(1, token=servers.token("ben", team="t"))
    assert await desk.call("renameDevice", {"name": " Front desk "}) == {
        "ok": True,
        "name": "Front desk",
    }
    assert (await desk.call("renameDevice", {"name": "Mine", "deviceId": phone.id}))["ok"]
    for device in (desk, phone, mate):
        await device.wait_for("deviceUpdated", count=2)
        told = {each["deviceId"]: each["name"] for each in device.named("deviceUpdated")}
        assert told == {desk.id: "Front desk", phone.id: "Mine"}
    for payload in (NOBODY, {"name": "x", "deviceId": mate.id}, {"name": "x", "deviceId": HALF}):
        assert (await desk.call("renameDevice", payload))["code"] == "unknown_device"
    for name in ("", " ", "x" * 65, "a\u202eb", "\u200d", HALF, 5, None):
        assert (await desk.call("renameDevice", {"name": name}))["code"] == "invalid_payload"
    assert (await desk.call("signOutDevice", {"deviceId": HALF}))["code"] == "unknown_device"


@pytest.mark.parametrize("name", ["👩\u200d💻 laptop", "می\u200cخواهم", "👋" * 64])
async def test_a_name_may_be_of_joined_characters(servers: Cluster, name: str) -> None:
    desk = await servers.device()
    assert await desk.call("renameDevice", {"name": name}) == {"ok": True, "name": name}
    phone = await servers.device(1, auth={"deviceName": name})
    assert phone.last("deviceRegistered")["name"] == name


async def test_in_a_team_each_event_says_who_did_it(servers: Cluster) -> None:
    anna = await servers.device(0, token=servers.token("anna", team="t", role=Role.MANAGER))
    ben = await servers.device(1, token=servers.token("ben", team="t"))
    about = {"profileId": "1001", "type": "chat"}
    assert (await anna.call("updateMessage", {**about, "message": "Hi"}))["ok"]
    assert (await anna.call("clearMessage", about))["ok"]
    assert (await anna.call("clearBlocklist", about))["ok"]
    assert (await anna.call("stopAllProcessing"))["ok"]
    await ben.wait_for("allProcessingStopped")
    names = ("messageUpdated", "messageCleared", "blocklistCleared", "allProcessingStopped")
    assert [ben.last(name)["operatorId"] for name in names] == ["anna"] * len(names)
    alone = await servers.device(0)
    assert (await alone.call("clearBlocklist", about))["ok"]
    assert "operatorId" not in await alone.wait_for("blocklistCleared"), "there is only one"


@pytest.mark.parametrize("place", [0, 1])
async def test_a_device_that_is_signed_out_is_told_and_gone(servers: Cluster, place: int) -> None:
    desk, phone = await servers.device(0), await servers.device(place)
    registered = phone.last("deviceRegistered")
    assert (await desk.call("signOutDevice", {"deviceId": phone.id}))["ok"]
    await wait_until(lambda: not phone.client.connected, what="its connection is closed")
    assert phone.last("error")["code"] == "signed_out"
    assert (await desk.wait_for("deviceLeft", deviceId=phone.id))["reason"] == "signed_out"
    proof = {name: registered[name] for name in ("deviceId", "resumeToken")}
    again = await servers.device(place, auth=proof)
    assert again.id != phone.id, "its resume token is void"
    refused = await desk.call("signOutDevice", {"deviceId": desk.id})
    assert refused["code"] == "invalid_payload"
