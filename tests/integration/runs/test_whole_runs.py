"""Runs from beginning to end: who is messaged, and what is said of it."""

import pytest

from tests.harness import Cluster, Device, cluster, wait_until
from tests.integration.runs.counting import CHAT, SLOW, counted
from tests.integration.support import (
    MAIL,
    Payload,
    check,
    deliveries,
    people,
    reached,
    run_events,
    settled,
    switch,
)

pytestmark = pytest.mark.any_redis


async def test_a_run_from_beginning_to_end(servers: Cluster) -> None:
    a, b = await servers.pair()
    ack = await a.start(1001)
    assert ack["ok"]
    for device in (a, b):
        await device.wait_for("processingComplete")
    assert run_events(a) == run_events(b), "all devices get the same, the acting one included"
    names = [name for name, _ in run_events(a)]
    assert names[0] == "processingStarted"
    assert set(names[1:-1]) == {"processingProgress"}
    assert names[-1] == "processingComplete"

    started = a.last("processingStarted")
    check(
        started,
        profileId="1001",
        type="chat",
        deviceId=a.id,
        startedAt=int,
        operatorId="demo",
        timestamp=started["startedAt"],
        revision=int,
    )
    assert ack["startedAt"] == started["startedAt"]

    for progress in a.named("processingProgress"):
        check(
            progress,
            profileId="1001",
            type="chat",
            deviceId=a.id,
            operatorId="demo",
            timestamp=int,
            progress=dict,
            revision=int,
        )
        check(
            progress["progress"],
            current=int,
            total=10,
            message=str,
            deviceId=a.id,
            startedAt=started["startedAt"],
            sent=int,
            skipped=0,
            failed=0,
            uncertain=0,
        )
        assert progress["progress"]["message"]
    currents = [progress["progress"]["current"] for progress in a.named("processingProgress")]
    assert currents == sorted(currents)
    assert set(range(1, 11)) <= set(currents), "progress is told for every recipient"

    complete = a.last("processingComplete")
    check(
        complete,
        profileId="1001",
        type="chat",
        deviceId=a.id,
        completedAt=int,
        operatorId="demo",
        timestamp=complete["completedAt"],
        stats=dict,
        revision=int,
    )
    check(
        complete["stats"],
        current=10,
        total=10,
        duration=complete["completedAt"] - started["startedAt"],
        sent=10,
        skipped=0,
        failed=0,
        uncertain=0,
    )
    places = [data["revision"] for _, data in run_events(a)]
    assert places == list(range(places[0], places[0] + len(places)))
    times = [data["timestamp"] for _, data in run_events(a)]
    assert times == sorted(times)
    assert all(count == 1 for count in (await reached(servers)).values())


async def test_the_clock_of_a_run_is_in_milliseconds(redis_url: str) -> None:
    async with cluster(redis_url, send_interval=0.05, people=people(p=5)) as slow:
        a = await slow.device()
        await a.start("p")
        stats = (await a.wait_for("processingComplete"))["stats"]
        assert 200 <= stats["duration"] < 10_000


@pytest.mark.slow
async def test_two_hundred_recipients_exactly_once(servers: Cluster) -> None:
    a, b = await servers.pair()
    assert (await a.start("1004", message="Ciao 👋"))["ok"]
    stats = (await b.wait_for("processingComplete"))["stats"]
    assert counted(stats) == {"current": 200, "total": 200, "sent": 200, "skipped": 0, "failed": 0}
    found = await deliveries(servers)
    assert len(found) == 200
    assert len({d["recipientId"] for d in found}) == 200
    assert len({d["idempotencyKey"] for d in found}) == 200
    assert {(d["profileId"], d["type"], d["message"]) for d in found} == {
        ("1004", "chat", "Ciao 👋")
    }


async def test_a_second_run_messages_nobody_until_the_blocklist_is_cleared(
    servers: Cluster,
) -> None:
    a, b = await servers.pair()
    await a.start()
    await b.wait_for("processingComplete")
    assert (await b.call("countBlocklist", CHAT))["count"] == 10

    await b.start(message="Once more")
    second = (await a.wait_for("processingComplete", count=2))["stats"]
    assert counted(second) == {"current": 10, "total": 10, "sent": 0, "skipped": 10, "failed": 0}
    assert len(await deliveries(servers)) == 10

    ack = await a.call("clearBlocklist", {"profileId": 1001, "type": "chat"})
    assert ack["deletedCount"] == 10
    for device in (a, b):
        cleared = await device.wait_for("blocklistCleared")
        check(
            cleared,
            profileId="1001",
            type="chat",
            deletedCount=10,
            deviceId=a.id,
            timestamp=int,
            message="Cleared 10 blocked recipients",
            revision=int,
        )
    assert (await b.call("countBlocklist", CHAT))["count"] == 0

    await a.start(message="And again")
    third = (await b.wait_for("processingComplete", count=3))["stats"]
    assert counted(third) == {"current": 10, "total": 10, "sent": 10, "skipped": 0, "failed": 0}
    assert set((await reached(servers)).values()) == {2}


async def test_the_blocklist_is_kept_apart_by_type(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.start()
    await b.wait_for("processingComplete", type="chat")
    await a.start(type="mail", message=MAIL)
    stats = (await b.wait_for("processingComplete", type="mail"))["stats"]
    assert stats["sent"] == 10
    ack = await a.call("clearBlocklist", {"profileId": "1001", "type": "mail"})
    assert ack["deletedCount"] == 10
    assert (await a.call("countBlocklist", CHAT))["count"] == 10


async def test_a_profile_without_recipients(redis_url: str) -> None:
    async with cluster(redis_url, servers=2, people=people(nobody=0)) as empty:
        a, b = await empty.pair()
        assert (await a.start("nobody"))["ok"]
        stats = (await b.wait_for("processingComplete"))["stats"]
        assert counted(stats) == {"current": 0, "total": 0, "sent": 0, "skipped": 0, "failed": 0}
        assert (await b.start("nobody"))["ok"], "the lock is free"


async def test_a_profile_that_the_gateway_does_not_know(servers: Cluster) -> None:
    a, b = await servers.pair()
    assert (await a.start("nowhere"))["ok"]
    for device in (a, b):
        interrupted = await device.wait_for("processingInterrupted")
        check(
            interrupted,
            profileId="nowhere",
            type="chat",
            deviceId=a.id,
            reason=str,
            operatorId="demo",
            timestamp=int,
            code="unknown_profile",
            revision=int,
        )
    assert (await b.start("nowhere"))["ok"], "the lock is free"


ATTACHMENTS: list[Payload] = [
    {"title": "By the sea", "link": "https://m.example.com/1.jpg", "message_type": "SENT_IMAGE"},
    {
        "title": "Hills",
        "link": "https://m.example.com/2.mp4",
        "message_type": "SENT_VIDEO",
        "id": "1001-video-1",
    },
    {
        "title": "",
        "link": "https://m.example.com/3.mp3",
        "message_type": "SENT_AUDIO",
        "id": 77,
    },
]


async def test_a_mail_with_attachments(servers: Cluster) -> None:
    a, b = await servers.pair()
    started = await a.start(type="mail", message=MAIL, attachments=ATTACHMENTS)
    assert started["ok"], started
    await b.wait_for("processingComplete", type="mail")
    found = await deliveries(servers)
    assert len(found) == 10
    expected = [*ATTACHMENTS[:2], {**ATTACHMENTS[2], "id": "77"}]
    for delivery in found:
        assert delivery["type"] == "mail"
        assert delivery["message"] == MAIL
        got = [{k: v for k, v in item.items() if v is not None} for item in delivery["attachments"]]
        assert got == expected
    keys = [delivery["idempotencyKey"] for delivery in found]
    assert all(keys)
    assert len(set(keys)) == 10


LENGTHS = [
    ("chat", "x", True),
    ("chat", "x" * 300, True),
    ("chat", "👋" * 150, True),
    ("chat", "", "message_too_short"),
    ("chat", "x" * 301, "message_too_long"),
    ("chat", "👋" * 150 + "x", "message_too_long"),
    ("mail", "x" * 150, True),
    ("mail", "👋" * 75, True),
    ("mail", "x" * 5000, True),
    ("mail", "x" * 149, "message_too_short"),
    ("mail", "👋" * 74 + "x", "message_too_short"),
    ("mail", "x" * 5001, "message_too_long"),
    ("mail", "👋" * 2500 + "x", "message_too_long"),
]


async def test_the_length_of_a_message(servers: Cluster) -> None:
    a, b = await servers.pair()
    for number, (type_, message, expected) in enumerate(LENGTHS):
        profile = f"nowhere{number}"
        ack = await a.start(profile, type=type_, message=message)
        if expected is True:
            assert ack["ok"], (type_, len(message), ack)
            await b.wait_for("processingStarted", profileId=profile)
        else:
            assert ack["code"] == expected, (type_, len(message), ack)
            assert a.last("error")["code"] == expected
    await settled(a, b)
    assert len(b.named("processingStarted")) == sum(case[2] is True for case in LENGTHS)


async def no_more_than_once(servers: Cluster, device: Device) -> None:
    """Finish the interrupted run: everybody is messaged, nobody twice."""
    await wait_until(lambda: device.named("runSettled"), what="the last answer")
    await switch(servers)
    assert (await device.start("1003"))["ok"]
    await device.wait_for("processingComplete", profileId="1003")
    found = await reached(servers, "1003")
    assert len(found) == 60
    assert set(found.values()) == {1}


@pytest.mark.parametrize("profile", ["1001", 1001])
async def test_a_number_as_profile_id_is_the_same_profile(
    servers: Cluster, profile: str | int
) -> None:
    a, b = await servers.pair()
    await switch(servers, latency=SLOW)
    assert (await a.start(profile))["ok"]
    other = 1001 if profile == "1001" else "1001"
    assert (await b.start(other))["code"] == "locked"
    assert (await b.call("stopProcessing", {"profileId": other, "type": "chat"}))["ok"]
    assert (await a.wait_for("processingStopped"))["profileId"] == "1001"
