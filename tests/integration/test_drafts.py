"""Drafts: what one device types, the others see, in the order in which it was typed."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from tests.harness import Cluster, Device, wait_until
from tests.integration.support import Payload, by_profile, check, raw, snapshot

pytestmark = pytest.mark.any_redis

STROKES = 500


def draft(message: str, profile: str | int = "123", type: str = "chat") -> Payload:
    return {"profileId": profile, "type": type, "message": message}


def texts(device: Device) -> list[str]:
    return [data["message"] for data in device.named("messageUpdated")]


async def stored(cluster: Cluster, profile: str = "123", type: str = "chat") -> str:
    _, events = await snapshot(cluster)
    return str(by_profile(events)["messageSync", profile, type]["message"])


async def test_updated_and_cleared_have_all_fields(servers: Cluster) -> None:
    a, b = await servers.pair()
    updated = await a.call("updateMessage", draft("Hello there!", 123))
    seen = await b.wait_for("messageUpdated")
    check(
        seen,
        profileId="123",
        type="chat",
        message="Hello there!",
        deviceId=a.id,
        timestamp=int,
        revision=updated["revision"],
    )
    cleared = await a.call("clearMessage", {"profileId": 123, "type": "chat"})
    gone = await b.wait_for("messageCleared")
    check(
        gone,
        profileId="123",
        type="chat",
        deviceId=a.id,
        timestamp=int,
        revision=cleared["revision"],
    )
    assert gone["timestamp"] >= seen["timestamp"] > 1_600_000_000_000
    assert await stored(servers) == ""


async def test_the_acting_device_gets_no_echo(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.emit("updateMessage", draft("from a"))
    await b.wait_for("messageUpdated", message="from a")
    await a.emit("clearMessage", {"profileId": "123", "type": "chat"})
    await b.wait_for("messageCleared")
    await b.emit("updateMessage", draft("from b"))
    await a.wait_for("messageUpdated", message="from b")
    # Behind b's text everything of a's own would have come.
    assert texts(a) == ["from b"]
    assert not a.named("messageCleared")
    await a.emit("updateMessage", draft("from a again"))
    await b.wait_for("messageUpdated", message="from a again")
    assert texts(b) == ["from a", "from a again"]


async def test_every_other_device_sees_it(servers: Cluster) -> None:
    a, *others = [await servers.device(number) for number in range(6)]
    await a.emit("updateMessage", draft("for all"))
    seen = [await device.wait_for("messageUpdated") for device in others]
    assert all(event == seen[0] for event in seen)


async def test_drafts_are_kept_apart_by_profile_and_type(servers: Cluster) -> None:
    a, b = await servers.pair()
    await a.call("updateMessage", draft("one", "1", "chat"))
    await a.call("updateMessage", draft("two", "1", "mail"))
    await a.call("updateMessage", draft("three", "2", "chat"))
    await a.call("clearMessage", {"profileId": "1", "type": "mail"})
    await b.wait_for("messageCleared", type="mail", profileId="1")
    _, events = await snapshot(servers)
    found = {key[1:]: data["message"] for key, data in by_profile(events).items()}
    assert found == {("1", "chat"): "one", ("1", "mail"): "", ("2", "chat"): "three"}


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_key_strokes_arrive_in_order(brisk: Cluster, transport: str) -> None:
    a = await brisk.device(0, transports=[transport])
    b = await brisk.device(1)
    c = await brisk.device(1, transports=["polling"])
    typed = ["x" * length for length in range(1, STROKES + 1)]
    for number, text in enumerate(typed):
        await a.emit("updateMessage", draft(text))
        if number % 5 == 0:
            await asyncio.sleep(0)  # as between two key strokes: other things may happen
    for device in (b, c):
        await device.wait_for("messageUpdated", message=typed[-1])
        assert texts(device) == typed
    assert await stored(brisk) == typed[-1]


@pytest.mark.parametrize("count", [16, 17, 40])
async def test_key_strokes_that_share_one_request(one_server: Cluster, count: int) -> None:
    """A polling client sends what was typed during its last request in one more."""
    seeing = await one_server.device()
    address = f"{one_server.urls[0]}/socket.io/?EIO=4&transport=polling"
    typed = ["x" * length for length in range(1, count + 1)]
    async with aiohttp.ClientSession() as session:
        async with session.get(address) as response:
            sid = json.loads((await response.text())[1:])["sid"]

        async def post(*packets: str) -> int:
            async with session.post(f"{address}&sid={sid}", data="\x1e".join(packets)) as answer:
                return answer.status

        async def poll() -> str:
            async with session.get(f"{address}&sid={sid}") as answer:
                return await answer.text()

        assert await post("40" + json.dumps({"token": one_server.token()})) == 200
        while "deviceRegistered" not in await poll():
            pass
        status = await post(*("42" + json.dumps(["updateMessage", draft(text)]) for text in typed))
        assert status == 200
        await wait_until(lambda: texts(seeing)[-1:] == typed[-1:], what="the last text")
        assert texts(seeing) == typed
        assert await post("41", "1") == 200


TEXTS = {
    "empty": "",
    "emoji": "👋 👩‍👩‍👧‍👦 🏳️‍🌈 🇮🇹",
    "line breaks": "one\ntwo\r\nthree\u2028four\u2029five",
    "controls": "a\x00b\x1fc\x7f\x1ed",
    "quotes": "\"quoted\" 'so' \\ and \\n <b>&amp;</b> </script>",
    "right to left": "שלום \u202eolleh",
    "combining": "e\u0301 Z\u0351\u036b\u0343",
    "beyond the plane": "\U0001f600\U0010ffff",
    "long": "ß" * 10_000,
}


@pytest.mark.parametrize("name", TEXTS)
async def test_a_text_arrives_as_it_was_typed(servers: Cluster, name: str) -> None:
    a, b = await servers.pair()
    assert (await a.call("updateMessage", draft(TEXTS[name])))["ok"]
    await b.wait_for("messageUpdated")
    assert texts(b) == [TEXTS[name]]
    assert await stored(servers) == TEXTS[name]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("\ud83d", "\ufffd"), ("a\udc4bz", "a\ufffdz"), ("\ud83d\ud83d\udc4b", "\ufffd👋")],
)
async def test_half_an_emoji_is_shown_as_a_replacement(
    servers: Cluster, typed: str, shown: str
) -> None:
    a, b = await servers.pair()
    assert (await a.call("updateMessage", draft(typed)))["ok"]
    await b.wait_for("messageUpdated", message=shown)
    assert await stored(servers) == shown


async def test_a_lone_surrogate_written_as_an_escape(one_server: Cluster) -> None:
    seeing = await one_server.device()
    async with raw(one_server.urls[0]) as socket:
        await socket.register(one_server.token())
        await socket.send(
            r'42["updateMessage",{"profileId":"123","type":"chat","message":"\ud83d"}]'
        )
        await seeing.wait_for("messageUpdated", message="\ufffd")


@pytest.mark.slow
async def test_two_devices_typing_at_once_end_equal(servers: Cluster) -> None:
    a, b = await servers.pair()
    c = await servers.device(0)
    d = await servers.device(1)
    own: dict[str, tuple[int, str]] = {}

    async def type_all(device: Device, name: str) -> None:
        for number in range(200):
            text = f"{name} {number}"
            ack = await device.call("updateMessage", draft(text))
            own[name] = (ack["revision"], ack.get("message", text))

    await asyncio.gather(type_all(a, "a"), type_all(b, "b"))
    last = max(own.values())
    for device in (c, d):
        await device.wait_for("messageUpdated", revision=last[0])
    assert c.named("messageUpdated") == d.named("messageUpdated")
    assert len(texts(c)) == 400
    places = [data["revision"] for data in c.named("messageUpdated")]
    assert all(after == before + 1 for before, after in pairwise(places))
    # On the typing devices the newest of the own and the other's texts is what is shown.
    for device, name in ((a, "a"), (b, "b")):
        other = own["b" if name == "a" else "a"]
        await device.wait_for("messageUpdated", revision=other[0])
        newest = device.last("messageUpdated")
        assert max(own[name], (newest["revision"], newest["message"])) == last
    assert await stored(servers) == last[1]


async def test_commands_of_one_device_keep_their_order_across_kinds(servers: Cluster) -> None:
    a, b = await servers.pair()
    expected: list[tuple[str, Any]] = []
    for number in range(50):
        await a.emit("updateMessage", draft(str(number)))
        await a.emit("clearMessage", {"profileId": "123", "type": "chat"})
        expected += [("messageUpdated", str(number)), ("messageCleared", None)]
    await b.wait_for("messageCleared", count=50)
    seen = [(n, d.get("message")) for n, d in b.events if n.startswith("message")]
    assert seen == expected
