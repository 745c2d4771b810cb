"""Commands that are wrong: each is refused with a code, and changes nothing."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from alphasync.store.connect import make_client
from tests.harness import WHO_IS_HERE, Cluster
from tests.integration.support import MAIL, check, raw, settled, snapshot

pytestmark = pytest.mark.usefixtures("no_traceback")

CHAT = {"profileId": "1001", "type": "chat"}
START = {**CHAT, "message": "Hello"}
UPDATE = {**CHAT, "message": "typed"}
IMAGE = {"title": "t", "link": "https://m.example.com/1.jpg", "message_type": "SENT_IMAGE"}
LETTER = {"profileId": "1001", "type": "mail", "message": MAIL}
PROFILE_EVENTS: dict[str, dict[str, Any]] = {
    "previewRun": CHAT,
    "startProcessing": START,
    "readRun": CHAT,
    "stopProcessing": CHAT,
    "updateMessage": UPDATE,
    "clearMessage": CHAT,
    "listVersions": CHAT,
    "readVersion": {**CHAT, "version": 1},
    "restoreVersion": {**CHAT, "version": 1},
    "updateAttachments": {"profileId": "1001", "type": "mail", "attachments": []},
    "clearBlocklist": CHAT,
    "countBlocklist": CHAT,
}
BAD_IDS: list[object] = [None, True, 1.5, [], {}, "", "x" * 129, "a\nb", "a\x00b", [1001]]
BAD_TYPES: list[object] = [None, "Chat", "sms", "", 1, ["chat"], "chat "]
BAD_TEXTS: list[object] = [None, 5, ["x"], {"text": "x"}, True]
NOTHING: list[object] = [None, {}, (None,)]


def without(payload: dict[str, Any], field: str) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name != field}


def cases() -> Iterator[tuple[str, str, object]]:
    """Name, event and payload; each is refused as ``invalid_payload``."""
    for event, good in PROFILE_EVENTS.items():
        for field in good:
            yield f"{event} without {field}", event, without(good, field)
        for shape, payload in {
            "no argument": None,
            "a text": "1001",
            "a number": 5,
            "a list": [good],
            "true": True,
            "an empty object": {},
            "an unknown field": {**good, "more": 1},
            "a field in another case": {**without(good, "profileId"), "profileid": "1"},
            "two arguments": (good, good),
        }.items():
            yield f"{event} with {shape}", event, payload
        for value in BAD_IDS:
            yield f"{event} profileId {value!r:.20}", event, {**good, "profileId": value}
        for value in BAD_TYPES:
            yield f"{event} type {value!r}", event, {**good, "type": value}
    for event in ("readVersion", "restoreVersion"):
        for value in (None, True, 0, -1, 1.5, "1", [1], 2**53 + 1, 2**64):
            yield f"{event} version {value!r}", event, {**CHAT, "version": value}
    for event, good in (("startProcessing", START), ("updateMessage", UPDATE)):
        for value in BAD_TEXTS:
            yield f"{event} message {value!r}", event, {**good, "message": value}
    broken: list[tuple[str, object]] = [
        ("six", [IMAGE] * 6),
        ("ten thousand", [IMAGE] * 400),
        ("an object", {"0": IMAGE}),
        ("a text", "SENT_IMAGE"),
        ("a null in the list", [None]),
        ("no link", [without(IMAGE, "link")]),
        ("an empty link", [{**IMAGE, "link": ""}]),
        ("a long link", [{**IMAGE, "link": "x" * 2049}]),
        ("no title", [without(IMAGE, "title")]),
        ("a long title", [{**IMAGE, "title": "x" * 301}]),
        ("a number as title", [{**IMAGE, "title": 1}]),
        ("another type", [{**IMAGE, "message_type": "SENT_PDF"}]),
        ("no type", [without(IMAGE, "message_type")]),
        ("an unknown field", [{**IMAGE, "more": 1}]),
        ("a list as id", [{**IMAGE, "id": [1]}]),
    ]
    for name, attachments in broken:
        yield f"attachments {name}", "startProcessing", {**LETTER, "attachments": attachments}
        draft = without({**LETTER, "attachments": attachments}, "message")
        yield f"attachments of a draft {name}", "updateAttachments", draft
    yield "attachments in a chat", "startProcessing", {**START, "attachments": [IMAGE]}
    yield "attachments of a chat", "updateAttachments", {**CHAT, "attachments": [IMAGE]}
    twice = {**without(LETTER, "message"), "attachments": [IMAGE, IMAGE]}
    yield "an attachment twice", "updateAttachments", twice
    for event in ("stopAllProcessing", "heartbeat"):
        yield f"{event} with a text", event, "all"
        yield f"{event} with a field", event, {"profileId": "1001"}
        yield f"{event} with two arguments", event, ({}, {})


WRONG_LINKS = ["javascript:alert(1)", "data:text/html,x", "https://a:b@m.example/1.jpg", "//m/1"]
OTHER_CODES: list[tuple[str, str, object, str]] = [
    ("unknown event", "sendEverything", {"a": 1}, "unknown_event"),
    ("event of the server", "processingStarted", START, "unknown_event"),
    ("event in another case", "startprocessing", START, "unknown_event"),
    ("event without a name", "", {}, "unknown_event"),
    ("event of python", "__class__", {}, "unknown_event"),
    ("error", "error", {}, "unknown_event"),
    ("message", "message", "hello", "unknown_event"),
    ("long name", "x" * 5000, {}, "unknown_event"),
    ("odd name", "a\nb\x00{}\"'é👋", {}, "unknown_event"),
    ("empty chat", "startProcessing", {**START, "message": ""}, "message_too_short"),
    ("long chat", "startProcessing", {**START, "message": "x" * 301}, "message_too_long"),
    ("short mail", "startProcessing", {**LETTER, "message": "x" * 149}, "message_too_short"),
    ("long mail", "startProcessing", {**LETTER, "message": "x" * 5001}, "message_too_long"),
    ("long draft", "updateMessage", {**UPDATE, "message": "x" * 10_001}, "message_too_long"),
    *(
        (f"{event} {link!r}", event, {**payload, "attachments": [{**IMAGE, "link": link}]}, code)
        for link in WRONG_LINKS
        for code in ("wrong_link",)
        for event, payload in (
            ("startProcessing", LETTER),
            ("updateAttachments", without(LETTER, "message")),
            ("planRun", {**LETTER, "startAt": 2**52}),
        )
    ),
    ("no version to read", "readVersion", {**CHAT, "version": 9}, "unknown_version"),
    ("no version to restore", "restoreVersion", {**CHAT, "version": 9}, "unknown_version"),
    ("nothing to stop", "stopProcessing", CHAT, "not_running"),
]
ALL_CASES = [(name, event, payload, "invalid_payload") for name, event, payload in cases()]
ALL_CASES += OTHER_CODES


async def test_every_bad_command_is_refused_and_changes_nothing(servers: Cluster) -> None:
    acting, other = await servers.pair()
    await acting.call("updateMessage", {**UPDATE, "profileId": "kept", "message": "as it was"})
    before = await snapshot(servers)
    events_before = len(other.events)
    for name, event, payload, code in ALL_CASES:
        errors = len(acting.named("error"))
        ack = await acting.call(event, payload)
        check(ack, ok=False, code=code, message=str, retryable=False)
        assert ack["message"], name
        assert len(acting.named("error")) == errors + 1, name
        error = acting.last("error")
        check(error, message=ack["message"], code=code, event=event[:64])
        assert "lockOwner" not in error
    assert await snapshot(servers) == before
    assert (await acting.call("heartbeat"))["ok"], "the connection is kept"
    await settled(acting, other)
    told = [name for name, _ in other.events[events_before:] if name not in WHO_IS_HERE]
    assert told == ["messageUpdated"]


async def test_without_an_acknowledgement_the_error_event_says_it(servers: Cluster) -> None:
    acting, other = await servers.pair()
    for name, event, payload, code in ALL_CASES[:: len(ALL_CASES) // 20] + OTHER_CODES:
        before = len(acting.named("error"))
        await acting.client.emit(event, payload)
        await acting.wait_for("error", count=before + 1)
        error = acting.last("error")
        assert (error["code"], error["event"]) == (code, event[:64]), name
    assert not other.named("error")


async def test_many_bad_commands_at_once(servers: Cluster) -> None:
    acting, other = await servers.pair()
    acks = await asyncio.gather(*(acting.call("updateMessage", {"bad": n}) for n in range(50)))
    assert {ack["code"] for ack in acks} == {"invalid_payload"}
    await settled(acting, other)


async def test_commands_without_fields_take_any_kind_of_nothing(servers: Cluster) -> None:
    device = await servers.device()
    for event in ("stopAllProcessing", "heartbeat"):
        for nothing in NOTHING:
            assert (await device.call(event, nothing))["ok"]


@pytest.mark.parametrize("attachments", [None, []])
async def test_no_attachments_is_fine(servers: Cluster, attachments: object) -> None:
    a, b = await servers.pair()
    for payload in (START, LETTER):
        assert (await a.call("startProcessing", {**payload, "attachments": attachments}))["ok"]
    await b.wait_for("processingComplete", count=2)


async def test_a_command_before_registration_is_not_lost_without_a_word(
    one_server: Cluster,
) -> None:
    """While Redis hesitates the device is not registered yet; each command gets an answer."""
    seeing = await one_server.device()
    async with raw(one_server.urls[0]) as socket:
        client = make_client(one_server.redis_url)
        await client.client_pause(500)
        await client.aclose()
        await socket.send("40" + json.dumps({"token": one_server.token()}))
        await socket.frame("40")
        await socket.send("420" + json.dumps(["updateMessage", UPDATE]))
        frame = await socket.frame("430")
        ack = json.loads(frame[3:])[0]
        events = [json.loads(f[2:])[0] for f in socket.frames if f.startswith('42["')]
        assert events[0] == "deviceRegistered"
        assert ack["ok"]
        await seeing.wait_for("messageUpdated", message="typed")
        await socket.send("421" + json.dumps(["updateMessage", {**UPDATE, "message": "later"}]))
        assert json.loads((await socket.frame("431"))[3:])[0]["ok"]
