"""Packets, bodies and requests that are malformed: they end their own connection at most."""

import json
from collections.abc import Callable

import aiohttp
import pytest

from tests.harness import Cluster, Device, wait_until
from tests.integration.support import raw, snapshot

pytestmark = [pytest.mark.usefixtures("no_traceback"), pytest.mark.slow]

UPDATE = {"profileId": "1001", "type": "chat", "message": "typed"}
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
async def test_a_malformed_packet_closes_the_connection(brisk_server: Cluster, name: str) -> None:
    await malformed(brisk_server, CLOSING[name], closes=True)


@pytest.mark.parametrize("name", MAY_STAY)
async def test_an_odd_packet_harms_nobody(brisk_server: Cluster, name: str) -> None:
    await malformed(brisk_server, MAY_STAY[name], closes=False)


async def test_leaving_the_namespace_leaves_the_account(brisk_server: Cluster) -> None:
    other = await brisk_server.device()
    async with raw(brisk_server.urls[0]) as socket:
        await socket.register(brisk_server.token())
        await socket.send("41")
        sessions = brisk_server.servers[0].realtime.sessions
        await wait_until(lambda: len(sessions) == 1, what="the session is gone")
        before = len(socket.frames)
        await socket.send("421" + json.dumps(["updateMessage", UPDATE]))
        assert (await brisk_server.device()).id
        assert (await other.call("updateMessage", UPDATE))["ok"]
        assert not other.named("messageUpdated")
        assert not any(f.startswith("42") for f in socket.frames[before:])
    await wait_until(lambda: len(brisk_server.servers[0].realtime.server.eio.sockets) == 2)


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
    realtime = cluster.servers[0].realtime
    await wait_until(lambda: len(realtime.sessions) == 1, what="the session is gone")
    await wait_until(lambda: len(realtime.server.eio.sockets) == 1, what="the socket is gone")


async def test_events_without_connecting(brisk_server: Cluster) -> None:
    other = await brisk_server.device()
    async with raw(brisk_server.urls[0]) as socket:
        await socket.send('421["updateMessage",{"profileId":"1","type":"chat","message":"x"}]')
        await socket.send('451-["updateMessage",{"_placeholder":true,"num":0}]')
        await socket.send("41")
        await socket.send("40" + json.dumps({"token": "nonsense"}))
        await answers(lambda: socket.closed, lambda: any(f.startswith("44") for f in socket.frames))
        assert not [f for f in socket.frames if f.startswith(("42", "43"))]
    revision, _ = await snapshot(brisk_server)
    assert revision == 0
    await all_well(brisk_server, other)


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
async def test_a_malformed_polling_body(brisk_server: Cluster, name: str) -> None:
    other = await brisk_server.device()
    address = f"{brisk_server.urls[0]}/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:
        async with session.get(address) as response:
            sid = json.loads((await response.text())[1:])["sid"]
        url = f"{address}&sid={sid}"
        connect = "40" + json.dumps({"token": brisk_server.token()})
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
    sessions = brisk_server.servers[0].realtime.sessions
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
async def test_a_malformed_request(brisk_server: Cluster, method: str, query: str) -> None:
    url = f"{brisk_server.urls[0]}/socket.io/?{query}"
    async with aiohttp.ClientSession() as session, session.request(method, url) as response:
        assert 400 <= response.status < 500
