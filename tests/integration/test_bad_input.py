"""What does not fit: a clear answer or a clean close, nothing changed, nobody else touched."""

import asyncio
import gc
import json
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp
import pytest
import structlog

from alphasync.store.connect import make_client
from tests.harness import Cluster, Device, wait_until
from tests.integration.support import MAIL, check, raw, settled, snapshot

CHAT = {"profileId": "1001", "type": "chat"}
START = {**CHAT, "message": "Hello"}
UPDATE = {**CHAT, "message": "typed"}
IMAGE = {"title": "t", "link": "https://m.example.com/1.jpg", "message_type": "SENT_IMAGE"}
LETTER = {"profileId": "1001", "type": "mail", "message": MAIL}
PROFILE_EVENTS = {
    "startProcessing": START,
    "stopProcessing": CHAT,
    "updateMessage": UPDATE,
    "clearMessage": CHAT,
    "clearBlocklist": CHAT,
    "countBlocklist": CHAT,
}

BAD_IDS: list[object] = [None, True, 1.5, [], {}, "", "x" * 129, "a\nb", "a\x00b", [1001]]
BAD_TYPES: list[object] = [None, "Chat", "sms", "", 1, ["chat"], "chat "]
BAD_TEXTS: list[object] = [None, 5, ["x"], {"text": "x"}, True]
NOTHING: list[object] = [None, {}, (None,)]


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Bad input is expected: it writes no traceback and leaves no task that failed unseen."""
    with structlog.testing.capture_logs() as entries:
        yield
        gc.collect()  # a task that failed unseen says so when it is collected
    assert not [record for record in caplog.records if record.exc_info], caplog.text
    assert "Traceback" not in caplog.text
    assert not [entry for entry in entries if entry["log_level"] in ("error", "critical")]


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
    yield "attachments in a chat", "startProcessing", {**START, "attachments": [IMAGE]}
    for event in ("stopAllProcessing", "heartbeat"):
        yield f"{event} with a text", event, "all"
        yield f"{event} with a field", event, {"profileId": "1001"}
        yield f"{event} with two arguments", event, ({}, {})


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
    ("nothing to stop", "stopProcessing", CHAT, "not_running"),
]

ALL_CASES = [(name, event, payload, "invalid_payload") for name, event, payload in cases()]
ALL_CASES += OTHER_CODES


async def test_every_bad_command_is_refused_and_changes_nothing(replicas: Cluster) -> None:
    acting, other = await replicas.pair()
    await acting.call("updateMessage", {**UPDATE, "profileId": "kept", "message": "as it was"})
    before = await snapshot(replicas)
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
    assert await snapshot(replicas) == before
    assert (await acting.call("heartbeat"))["ok"], "the connection is kept"
    await settled(acting, other)
    assert [name for name, _ in other.events[events_before:]] == ["messageUpdated"]


async def test_without_an_acknowledgement_the_error_event_says_it(replicas: Cluster) -> None:
    acting, other = await replicas.pair()
    for name, event, payload, code in ALL_CASES[:: len(ALL_CASES) // 20] + OTHER_CODES:
        before = len(acting.named("error"))
        await acting.client.emit(event, payload)
        await acting.wait_for("error", count=before + 1)
        error = acting.last("error")
        assert (error["code"], error["event"]) == (code, event[:64]), name
    assert not other.named("error")


async def test_many_bad_commands_at_once(replicas: Cluster) -> None:
    acting, other = await replicas.pair()
    acks = await asyncio.gather(*(acting.call("updateMessage", {"bad": n}) for n in range(50)))
    assert {ack["code"] for ack in acks} == {"invalid_payload"}
    await settled(acting, other)


async def test_commands_without_fields_take_any_kind_of_nothing(replicas: Cluster) -> None:
    device = await replicas.device()
    for event in ("stopAllProcessing", "heartbeat"):
        for nothing in NOTHING:
            assert (await device.call(event, nothing))["ok"]


@pytest.mark.parametrize("attachments", [None, []])
async def test_no_attachments_is_fine(replicas: Cluster, attachments: object) -> None:
    a, b = await replicas.pair()
    for payload in (START, LETTER):
        assert (await a.call("startProcessing", {**payload, "attachments": attachments}))["ok"]
    await b.wait_for("processingComplete", count=2)


async def test_a_command_before_registration_is_not_lost_without_a_word(
    one_replica: Cluster,
) -> None:
    """While Redis hesitates the device is not registered yet; each command gets an answer."""
    seeing = await one_replica.device()
    async with raw(one_replica.urls[0]) as socket:
        client = make_client(one_replica.redis_url)
        await client.client_pause(500)
        await client.aclose()
        await socket.send("40" + json.dumps({"token": one_replica.token()}))
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


CLOSING = {
    "reserved connect": '42["connect"]',
    "reserved connect with fields": '42["connect",{"token":"x"}]',
    "reserved connect_error": '42["connect_error",{}]',
    "reserved disconnect": '42["disconnect",{}]',
    "reserved disconnect with ack": '427["disconnect"]',
    "reserved wildcard": '42["*","1234"]',
    "reserved wildcard with ack": '427["*",{}]',
    "cut off JSON": '42["updateMessage",{',
    "no JSON": "42updateMessage",
    "no array": "42{}",
    "a text": '42"updateMessage"',
    "empty array": "42[]",
    "number as name": "42[1]",
    "null as name": "42[null]",
    "list as name": '42[["updateMessage"]]',
    "object as name": '42[{"a":1}]',
    "no payload": "42",
    "empty packet": "4",
    "unknown packet type": "49",
    "letter as packet type": "4x",
    "connect error from a client": '44{"message":"no"}',
    "binary without a count": '45-["updateMessage",{}]',
    "binary without its part": '451-["updateMessage",{"_placeholder":true,"num":0}]',
    "binary count of a thousand": '451000-["updateMessage"]',
    "binary count of billions": '459999999999-["updateMessage"]',
    "binary without parts": '450-["heartbeat"]',
    "binary ack": '461-7["x"]',
    "a placeholder out of range": '451-["updateMessage",{"_placeholder":true,"num":7}]',
    "deep": "42" + "[" * 20_000,
    "deep and closed": "42" + "[" * 20_000 + "]" * 20_000,
    "deep in a payload": '42["updateMessage",' + '{"a":' * 9_000 + "1" + "}" * 9_000 + "]",
    "NaN in between": '42["updateMessage",nan]',
    "long number": "42[" + "9" * 6000 + "]",
    "trailing": '42["heartbeat"] x',
}
MAY_STAY: dict[str, str | bytes] = {
    "empty frame": "",
    "unknown frame type": "9",
    "letter": "x",
    "binary frame": b"\x00\x01\x02",
    "upgrade": "5",
    "probe": "2probe",
    "open again": '0{"sid":"x"}',
    "noop": "6",
    "pong twice": "3",
    "ack of nothing": "43[]",
    "ack of a number": "437[1]",
    "ack cut off": "437[",
    "long ack number": "42" + "9" * 50 + '["heartbeat"]',
    "very long ack number": "42" + "9" * 5000 + '["heartbeat"]',
    "connect again": '40{"token":"x"}',
    "another namespace": '42/other,["updateMessage",{}]',
    "connect to another namespace": "40/other,{}",
    "query in the namespace": '42/?a=1,["heartbeat"]',
    "NaN": '42["updateMessage",NaN]',
    "infinity": '42["updateMessage",{"profileId":1e999,"type":"chat","message":""}]',
    "huge id": '42["updateMessage",{"profileId":' + "9" * 400 + ',"type":"chat","message":""}]',
    "double field": '42["updateMessage",{"profileId":"1","profileId":"2"}]',
    "null byte": '42["up\\u0000date"]',
    "surrogate as name": '42["\\ud83d"]',
    "over the limit": '42["updateMessage","' + "x" * 70_000 + '"]',
    "way over the limit": '42["updateMessage","' + "x" * 3_000_000 + '"]',
    "close": "1",
}


async def answers(socket_closed: Callable[[], bool], acked: Callable[[], bool]) -> None:
    await wait_until(lambda: socket_closed() or acked(), what="an answer or a close")


@pytest.mark.parametrize("name", CLOSING)
async def test_a_malformed_packet_closes_the_connection(brisk_replica: Cluster, name: str) -> None:
    await malformed(brisk_replica, CLOSING[name], closes=True)


@pytest.mark.parametrize("name", MAY_STAY)
async def test_an_odd_packet_harms_nobody(brisk_replica: Cluster, name: str) -> None:
    await malformed(brisk_replica, MAY_STAY[name], closes=False)


async def test_leaving_the_namespace_leaves_the_account(brisk_replica: Cluster) -> None:
    other = await brisk_replica.device()
    async with raw(brisk_replica.urls[0]) as socket:
        await socket.register(brisk_replica.token())
        await socket.send("41")
        sessions = brisk_replica.replicas[0].realtime.sessions
        await wait_until(lambda: len(sessions) == 1, what="the session is gone")
        before = len(socket.frames)
        await socket.send("421" + json.dumps(["updateMessage", UPDATE]))
        assert (await brisk_replica.device()).id
        assert (await other.call("updateMessage", UPDATE))["revision"] == 1
        assert not any(f.startswith("42") for f in socket.frames[before:])
    await wait_until(lambda: len(brisk_replica.replicas[0].realtime.server.eio.sockets) == 2)


async def malformed(cluster: Cluster, *frames: str | bytes, closes: bool) -> None:
    other = await cluster.device()
    async with raw(cluster.urls[0]) as socket:
        device_id = await socket.register(cluster.token())
        for frame in frames:
            await socket.send(frame)
        if closes:
            await wait_until(lambda: socket.closed, what="closed")
        else:
            await socket.send('4277["heartbeat"]')
            await answers(
                lambda: socket.closed, lambda: any(f.startswith("4377[") for f in socket.frames)
            )
            still_there = not socket.closed
            typed = ["updateMessage", {**UPDATE, "message": device_id}]
            await socket.send("421" + json.dumps(typed))
            if still_there:
                await answers(
                    lambda: socket.closed, lambda: any(f.startswith("431[") for f in socket.frames)
                )
    await all_well(cluster, other)


async def all_well(cluster: Cluster, other: Device) -> None:
    """The other device is untouched, and what was closed is gone from the books."""
    assert (await other.call("heartbeat"))["ok"]
    realtime = cluster.replicas[0].realtime
    await wait_until(lambda: len(realtime.sessions) == 1, what="the session is gone")
    await wait_until(lambda: len(realtime.server.eio.sockets) == 1, what="the socket is gone")


async def test_events_without_connecting(brisk_replica: Cluster) -> None:
    other = await brisk_replica.device()
    async with raw(brisk_replica.urls[0]) as socket:
        await socket.send('421["updateMessage",{"profileId":"1","type":"chat","message":"x"}]')
        await socket.send('451-["updateMessage",{"_placeholder":true,"num":0}]')
        await socket.send("41")
        await socket.send("40" + json.dumps({"token": "nonsense"}))
        await answers(lambda: socket.closed, lambda: any(f.startswith("44") for f in socket.frames))
        assert not [f for f in socket.frames if f.startswith(("42", "43"))]
    revision, _ = await snapshot(brisk_replica)
    assert revision == 0
    await all_well(brisk_replica, other)


POLLING: dict[str, str | bytes] = {
    "empty body": "",
    "no packet": "x",
    "separators": "\x1e\x1e\x1e",
    "cut off JSON": '42["updateMessage",{',
    "reserved": '42["disconnect"]',
    "not UTF-8": b"\xff\xfe",
    "base64": "bnonsense!",
    "jsonp": "d=nonsense",
    "jsonp without a field": "d=",
    "too long": "4" + "x" * 70_000,
    "thousands of packets": "\x1e".join(["2"] * 5000),
}


@pytest.mark.parametrize("name", POLLING)
async def test_a_malformed_polling_body(brisk_replica: Cluster, name: str) -> None:
    other = await brisk_replica.device()
    address = f"{brisk_replica.urls[0]}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:
        async with session.get(address) as response:
            sid = json.loads((await response.text())[1:])["sid"]
        url = f"{address}&sid={sid}"
        connect = "40" + json.dumps({"token": brisk_replica.token()})
        async with session.post(url, data=connect) as response:
            assert response.status == 200
        registered = ""
        while "deviceRegistered" not in registered:
            async with session.get(url) as response:
                assert response.status == 200
                registered = await response.text()
        body = POLLING[name]
        async with session.post(url, data=body) as response:
            assert response.status in (200, 400, 413), response.status
        async with session.post(url, data="1") as response:
            assert response.status in (200, 400)
    assert (await other.call("heartbeat"))["ok"]
    sessions = brisk_replica.replicas[0].realtime.sessions
    await wait_until(lambda: len(sessions) == 1, what="the session is gone")


REQUESTS = [
    ("GET", ""),
    ("GET", "EIO=3&transport=polling"),
    ("GET", "EIO=4&transport=carrier-pigeon"),
    ("GET", "EIO=4&transport=websocket"),
    ("GET", "EIO=4&transport=polling&sid=nobody"),
    ("GET", "EIO=4&transport=polling&j=x"),
    ("POST", "EIO=4&transport=polling"),
    ("POST", "EIO=4&transport=polling&sid=nobody"),
    ("PUT", "EIO=4&transport=polling"),
    ("DELETE", "EIO=4&transport=polling"),
    ("GET", "EIO=4&transport=polling&sid=%00"),
    ("GET", "EIO=4&EIO=4&transport=polling&transport=websocket&sid=a&sid=b"),
]


@pytest.mark.parametrize(("method", "query"), REQUESTS)
async def test_a_malformed_request(brisk_replica: Cluster, method: str, query: str) -> None:
    url = f"{brisk_replica.urls[0]}/socket.io/?{query}"
    async with aiohttp.ClientSession() as session, session.request(method, url) as response:
        assert 400 <= response.status < 500
