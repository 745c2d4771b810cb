"""Who may see and touch what: limited tokens, other accounts, teams."""

import pytest

from tests.harness import Cluster, Device, wait_until
from tests.integration.support import (
    Payload,
    by_profile,
    reached,
    run_events,
    settled,
    snapshot,
    switch,
)

OWN, FOREIGN = "1001", "1003"

COMMANDS: list[tuple[str, Payload]] = [
    ("startProcessing", {"type": "chat", "message": "Hello"}),
    ("stopProcessing", {"type": "chat"}),
    ("updateMessage", {"type": "chat", "message": "typed"}),
    ("clearMessage", {"type": "chat"}),
    ("clearBlocklist", {"type": "chat"}),
    ("countBlocklist", {"type": "chat"}),
]


async def full_and_limited(servers: Cluster) -> tuple[Device, Device]:
    """A device that may see everything, and one (elsewhere) that may see ``OWN`` only."""
    full = await servers.device(0)
    limited = await servers.device(1, token=servers.token(profiles=[OWN]))
    return full, limited


async def marked(full: Device, limited: Device) -> None:
    """Everything before this has reached the limited device, if it ever does."""
    await settled(full, limited, marker=OWN)


@pytest.mark.parametrize(("event", "fields"), COMMANDS, ids=[name for name, _ in COMMANDS])
async def test_a_limited_token_cannot_touch_other_profiles(
    servers: Cluster, event: str, fields: Payload
) -> None:
    full, limited = await full_and_limited(servers)
    await full.start("1002")
    await full.wait_for("processingComplete", profileId="1002")
    await switch(servers, latency=0.1)
    assert (await full.start(FOREIGN))["ok"]
    await full.call("updateMessage", {"profileId": FOREIGN, "type": "chat", "message": "kept"})
    count = {"profileId": "1002", "type": "chat"}
    answers = []
    for profile in ("1002", FOREIGN, "there is none", "*", "../1001", f"{OWN}/"):
        ack = await limited.call(event, {"profileId": profile, **fields})
        answers.append(ack)
        error = limited.last("error")
        assert (error["code"], error["event"]) == ("unknown_profile", event)
    assert all(answer == answers[0] for answer in answers), "the same as for one that is not there"
    assert (answers[0]["ok"], answers[0]["code"]) == (False, "unknown_profile")
    await marked(full, limited)
    assert not full.named("error")
    assert not full.named("messageCleared")
    assert not full.named("blocklistCleared")
    assert not full.named("processingStopped")
    assert {d["profileId"] for d in full.named("messageUpdated")} <= {OWN}
    assert (await full.call("countBlocklist", count))["count"] == 24
    _, events = await snapshot(servers)
    state = by_profile(events)
    assert state["processingStateSync", FOREIGN, "chat"]["isProcessing"]
    assert state["messageSync", FOREIGN, "chat"]["message"] == "kept"


async def test_a_limited_token_may_use_its_own_profiles(servers: Cluster) -> None:
    full, limited = await full_and_limited(servers)
    assert (await limited.start(OWN))["ok"]
    await full.wait_for("processingComplete", profileId=OWN)
    assert run_events(full) == run_events(limited)
    for event, fields in COMMANDS[2:]:
        assert (await limited.call(event, {"profileId": int(OWN), **fields}))["ok"]
    await full.wait_for("blocklistCleared", profileId=OWN)


async def test_a_number_in_the_claim_is_the_same_profile(servers: Cluster) -> None:
    device = await servers.device(token=servers.token(profiles=[int(OWN)]))
    assert (await device.start(OWN))["ok"]
    assert (await device.start(FOREIGN))["code"] == "unknown_profile"


async def test_a_token_for_no_profile_sees_nothing(servers: Cluster) -> None:
    full = await servers.device()
    none = await servers.device(1, token=servers.token(profiles=[]))
    witness = await servers.device(1)
    await full.start(OWN)
    await witness.wait_for("processingComplete")
    assert (await none.call("stopAllProcessing"))["stopped"] == 0
    assert (await none.start(OWN))["code"] == "unknown_profile"
    assert {name for name in none.told() if name != "error"} <= {
        "deviceRegistered",
        "allProcessingStopped",
    }


async def test_a_limited_token_hears_only_of_its_profiles(servers: Cluster) -> None:
    full, limited = await full_and_limited(servers)
    await full.start("1002")
    await full.wait_for("processingComplete", profileId="1002")
    await full.call("clearBlocklist", {"profileId": "1002", "type": "chat"})
    await full.call("updateMessage", {"profileId": "1002", "type": "chat", "message": "secret"})
    await full.call("clearMessage", {"profileId": "1002", "type": "chat"})
    await full.start("1005")
    await full.call("stopProcessing", {"profileId": "1005", "type": "chat"})
    await full.start("nowhere")
    await full.wait_for("processingInterrupted")
    await full.start(OWN)
    await limited.wait_for("processingComplete", profileId=OWN)
    await marked(full, limited)
    about = {data["profileId"] for _, data in limited.events if "profileId" in data}
    assert about == {OWN}
    assert run_events(limited) == run_events(full, OWN)
    assert "secret" not in str(limited.events)


async def test_the_snapshot_of_a_limited_token(servers: Cluster) -> None:
    full = await servers.device()
    for profile in (OWN, "1002"):
        await full.start(profile)
        await full.wait_for("processingComplete", profileId=profile)
        await full.call(
            "updateMessage", {"profileId": profile, "type": "chat", "message": f"for {profile}"}
        )
    _, events = await snapshot(servers, server=1, token=servers.token(profiles=[OWN]))
    assert set(by_profile(events)) == {
        ("processingStateSync", OWN, "chat"),
        ("messageSync", OWN, "chat"),
    }


async def test_all_stopped_is_narrowed(servers: Cluster) -> None:
    await switch(servers, latency=0.2)
    full, limited = await full_and_limited(servers)
    await full.start(OWN)
    await full.start(FOREIGN)
    assert (await full.call("stopAllProcessing"))["stopped"] == 2
    summary = await limited.wait_for("allProcessingStopped")
    assert summary["stoppedProfiles"] == [{"profileId": OWN, "type": "chat"}]
    whole = await full.wait_for("allProcessingStopped")
    assert len(whole["stoppedProfiles"]) == 2
    assert {k: v for k, v in summary.items() if k != "stoppedProfiles"} == {
        k: v for k, v in whole.items() if k != "stoppedProfiles"
    }
    # A stop of nothing that it may see is none of its business.
    await full.start("1004")
    assert (await full.call("stopAllProcessing"))["stopped"] == 1
    await marked(full, limited)
    assert len(limited.named("allProcessingStopped")) == 1
    assert len(full.named("allProcessingStopped")) == 2


async def test_a_limited_token_stops_only_its_own(servers: Cluster) -> None:
    await switch(servers, latency=0.1)
    full, limited = await full_and_limited(servers)
    await full.start(OWN)
    await full.start(FOREIGN)
    assert (await limited.call("stopAllProcessing"))["stopped"] == 1
    summary = await full.wait_for("allProcessingStopped")
    assert summary["stoppedProfiles"] == [{"profileId": OWN, "type": "chat"}]
    assert [s["profileId"] for s in full.named("processingStopped")] == [OWN]
    before = (await full.wait_for("processingProgress"))["progress"]["current"]
    await wait_until(
        lambda: full.named("processingProgress")[-1]["progress"]["current"] > before,
        what="the other run goes on",
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
        if event == "stopProcessing":
            assert ack["code"] == "not_running"
        else:
            assert ack["ok"], ack
        if event == "countBlocklist":
            assert ack["count"] == 0
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
    ben = await servers.device(1, token=servers.token("ben", team="t1"))
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
