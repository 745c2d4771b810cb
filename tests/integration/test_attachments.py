"""What goes with a mail is the same on all devices, whoever chose it, and stays for those that come
later."""

import asyncio

import pytest

from tests.harness import Cluster, cluster
from tests.integration.support import Payload, by_profile, check, deliveries, snapshot
from tests.js.node import node_with_client, run_scenario

pytestmark = pytest.mark.any_redis

ABOUT = {"profileId": "1001", "type": "mail"}


def picture(name: str) -> Payload:
    link = f"https://media.example/{name}.jpg"
    return {"title": name, "link": link, "message_type": "SENT_IMAGE", "id": name}


def wanted(*names: str, base: tuple[str, ...] | None = None) -> Payload:
    """The payload of a device that has these, and knew those of ``base``."""
    known = {} if base is None else {"base": [picture(name)["link"] for name in base]}
    return {**ABOUT, "attachments": [picture(name) for name in names], **known}


def names(payload: Payload) -> list[str]:
    return [item["title"] for item in payload["attachments"]]


async def stored(running: Cluster) -> Payload:
    _, events = await snapshot(running)
    return by_profile(events)["messageSync", "1001", "mail"]


async def test_all_devices_are_told_and_one_that_comes_later_finds_them(servers: Cluster) -> None:
    a, b = await servers.pair()
    ack = await a.call("updateAttachments", wanted("sea", "sun"))
    check(ack, ok=True, revision=int, attachments=[picture("sea"), picture("sun")])
    for device in (a, b):
        event = await device.wait_for("attachmentsUpdated", revision=ack["revision"])
        check(event, deviceId=a.id, timestamp=int, attachments=ack["attachments"], **ABOUT)
    found = await stored(servers)
    check(found, message="", revision=0, attachmentsRevision=ack["revision"])
    assert names(found) == ["sea", "sun"]


async def test_typing_and_clearing_leave_them_and_carry_none(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.call("updateAttachments", wanted("sea"))
    await a.call("updateMessage", {**ABOUT, "message": "Hello"})
    assert "attachments" not in await b.wait_for("messageUpdated")
    await b.call("clearMessage", ABOUT)
    found = await stored(servers)
    assert (names(found), found["message"]) == (["sea"], "")
    await a.call("updateMessage", {**ABOUT, "type": "chat", "message": "Hello"})
    _, events = await snapshot(servers)
    assert "attachments" not in by_profile(events)["messageSync", "1001", "chat"]


async def test_what_two_devices_do_at_once_is_all_there(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.call("updateAttachments", wanted("sea"))
    await asyncio.gather(
        a.call("updateAttachments", wanted("sea", "a", base=("sea",))),
        b.call("updateAttachments", wanted("sea", "b", base=("sea",))),
    )
    for device in (a, b):
        await device.wait_for("attachmentsUpdated", count=3)
        assert sorted(names(device.last("attachmentsUpdated"))) == ["a", "b", "sea"]
    await asyncio.gather(
        a.call("updateAttachments", wanted("a", "b", base=("sea", "a", "b"))),
        b.call("updateAttachments", wanted("sea", "a", base=("sea", "a", "b"))),
    )
    assert names(await stored(servers)) == ["a"]
    full = await a.call("updateAttachments", wanted("a", *"cdef", base=("a",)))
    assert names(full) == ["a", *"cdef"]
    refused = await b.call("updateAttachments", wanted("a", "g", base=("a",)))
    assert refused["code"] == "too_many_attachments"
    assert names(await stored(servers)) == ["a", *"cdef"]


async def test_a_device_that_was_away_gets_what_it_missed(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.call("updateAttachments", wanted("sea"))
    before = await b.wait_for("attachmentsUpdated")
    known = b.last("deviceRegistered")
    await b.drop()
    await a.call("updateAttachments", wanted("sea", "sun", base=("sea",)))
    offer = {name: known[name] for name in ("deviceId", "resumeToken", "epoch")}
    back = await servers.device(0, auth={**offer, "revision": before["revision"]})
    assert back.last("deviceRegistered")["recovered"]
    assert names(await back.wait_for("attachmentsUpdated")) == ["sea", "sun"]
    await back.drop()
    again = await servers.device(1, auth={**offer, "epoch": "another"})
    assert names(await again.wait_for("messageSync")) == ["sea", "sun"]


async def test_nobody_elses_are_touched(servers: Cluster) -> None:
    a = await servers.device()
    await a.call("updateAttachments", wanted("sea"))
    limited = await servers.device(1, token=servers.token(profiles=["2"]))
    other = await servers.device(1, token=servers.token("another"))
    refused = await limited.call("updateAttachments", wanted())
    assert refused["code"] == "unknown_profile"
    assert (await other.call("updateAttachments", wanted()))["ok"]
    assert names(await stored(servers)) == ["sea"]
    for device in (limited, other):
        assert (await device.call("heartbeat"))["ok"]
    assert not limited.named("attachmentsUpdated")
    assert [names(event) for event in other.named("attachmentsUpdated")] == [[]]


@pytest.mark.slow
async def test_the_javascript_client_attaches_and_a_start_elsewhere_sends_it(
    redis_url: str,
) -> None:
    async with cluster(redis_url, servers=2) as running:
        result = await run_scenario(node_with_client(), "attaching", running.urls)
        assert result["ok"], result["error"]
        sent = await deliveries(running, "1001")
        assert len(sent) == 10
        for delivery in sent:
            assert [item["title"] for item in delivery["attachments"]] == ["Sea", "Sun"]
