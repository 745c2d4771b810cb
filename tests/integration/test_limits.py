"""Who may see and touch what: limited tokens, other accounts, teams."""

import pytest

from tests.harness import Cluster, wait_until
from tests.integration.limited import COMMANDS, FOREIGN, OWN, full_and_limited, marked
from tests.integration.support import (
    Payload,
    by_profile,
    run_events,
    snapshot,
    switch,
)


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
