"""Clients with a parser for MessagePack: known by their first packet, served beside all others."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from alphasync.transport import Allowance, Outgoing, messagepack
from tests.conformance.clients import Client
from tests.conformance.frames import BINARY, flooded, frame, raw_websocket
from tests.conformance.packed import (
    ACK,
    CONNECT,
    CONNECT_ERROR,
    DISCONNECT,
    EVENT,
    packed,
    packed_member,
    said,
    said_event,
    unpacked,
)
from tests.conformance.packets import event, next_event
from tests.conformance.servers import MakeSockets, Sockets
from tests.conformance.test_conflation import judge, key, progress
from tests.conformance.wire import Message, Transport, packets
from tests.harness import wait_until

POLICY = 1008
MALFORMED: dict[str, Message] = {
    "a text": event("x"),
    "nothing": b"",
    "half a packet": packed(EVENT, ["x"])[:-1],
    "no event": packed(EVENT, {}),
    "a reserved name": packed(EVENT, ["disconnect"]),
    "a second connect": packed(CONNECT),
    "deep nesting": packed(EVENT, ["x"])[:-2] + b"\x91" * 20_000 + b"\x90",
    "a namespace that it is not in": packed(EVENT, ["x"], "/custom"),
    "too many binary values": packed(EVENT, ["x", [b"y"] * 11]),
}


@contextlib.contextmanager
def counted(monkeypatch: pytest.MonkeyPatch, sockets: Sockets) -> Iterator[Counter[str]]:
    """How often something was encoded, by form."""
    found: Counter[str] = Counter()
    as_json, as_messagepack = sockets.sio.packet_class.encode, messagepack.pack

    def encode(self: Any) -> Any:
        found["json"] += 1
        return as_json(self)

    def pack(text: str, attachments: Sequence[bytes] = ()) -> bytes:
        found["messagepack"] += 1
        return as_messagepack(text, attachments)

    with monkeypatch.context() as patch:
        patch.setattr(sockets.sio.packet_class, "encode", encode)
        patch.setattr(messagepack, "pack", pack)
        yield found


async def test_events_and_acknowledgements(sockets: Sockets, transport: Transport) -> None:
    seen: list[tuple[Any, ...]] = []

    async def on_x(sid: str, *data: Any) -> list[Any]:
        seen.append(data)
        await sockets.sio.emit("seen", data, to=sid)
        return list(data)

    sockets.sio.on("x", on_x)
    client = await packed_member(sockets, transport)
    data = [1, "ünï 👋 \x00\x1e", {"three": [4.5, None, True]}, b"\x00\xff"]
    await client.send(packed(EVENT, ["x", *data], id=7))
    assert await said_event(client) == ["seen", *data]
    assert await said(client) == {"type": ACK, "nsp": "/", "id": 7, "data": [data]}
    assert seen == [tuple(data)]
    await client.send(packed(DISCONNECT))
    await wait_until(lambda: sockets.ended, what="it has left")
    assert sockets.ended == [(client.sids["/"], "client disconnect")]


async def test_the_events_of_a_client_keep_their_order(
    sockets: Sockets, transport: Transport
) -> None:
    seen: list[int] = []
    sockets.sio.on("x", lambda sid, number: seen.append(number))
    client = await packed_member(sockets, transport)
    await client.send(*(packed(EVENT, ["x", number]) for number in range(200)))
    await wait_until(lambda: len(seen) == 200, what="all have come")
    assert seen == list(range(200))


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_malformed_closes(
    sockets: Sockets, transport: Transport, packet: Message, caplog: pytest.LogCaptureFixture
) -> None:
    other = await sockets.member()
    client = await packed_member(sockets, transport)
    await client.send(packet)
    await client.closed()
    await wait_until(lambda: sockets.ended, what="the disconnect handler has run")
    await sockets.endpoint.gone(client.sid)
    assert "Traceback" not in caplog.text, "it is the client's fault, not the server's"
    await sockets.sio.emit("x")
    assert await next_event(other) == ["x"], "others do not notice"


async def test_who_has_begun_with_json_stays_with_it(sockets: Sockets, client: Client) -> None:
    await client.send(packed(EVENT, ["x"]))
    await client.closed()
    await sockets.endpoint.gone(client.sid)


@pytest.mark.parametrize(
    "packet",
    [packed(EVENT, ["x"]), packed(ACK, [], id=1), packed(DISCONNECT), packed(CONNECT, "token")],
)
async def test_before_the_connect_only_a_connect_is_taken(
    sockets: Sockets, transport: Transport, packet: bytes
) -> None:
    seen: list[str] = []
    sockets.sio.on("x", seen.append)
    client = await sockets.client(transport)
    await client.send(packet)
    await client.closed()
    assert seen == []
    assert client.unread() == []


async def test_a_refusal_is_messagepack_too(sockets: Sockets, transport: Transport) -> None:
    client = await sockets.client(transport)
    await client.send(packed(CONNECT, namespace="/random"))
    refusal = {"type": CONNECT_ERROR, "nsp": "/random", "data": {"message": "Invalid namespace"}}
    assert await said(client) == refusal


async def test_an_event_is_encoded_once_for_each_form(
    sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [await sockets.member() for _ in range(3)]
    with counted(monkeypatch, sockets) as found:
        for number in range(5):
            await sockets.sio.emit("x", number)
        assert found == {"json": 5}, "nobody speaks MessagePack"
    special = [await packed_member(sockets, transport) for transport in ("websocket", "polling")]
    special.append(await packed_member(sockets))
    with counted(monkeypatch, sockets) as found:
        for number in range(5, 10):
            await sockets.sio.emit("x", number)
        assert found == {"json": 5, "messagepack": 5}
    for client in plain:
        assert [await next_event(client) for _ in range(10)] == [["x", n] for n in range(10)]
    for client in special:
        assert [await said_event(client) for _ in range(5)] == [["x", n] for n in range(5, 10)]


async def test_so_is_one_with_binary_values(
    sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = await sockets.member()
    special = [await packed_member(sockets, transport) for transport in ("websocket", "polling")]
    with counted(monkeypatch, sockets) as found:
        await sockets.sio.emit("x", {"a": b"one", "b": [b"two"]})
        assert found == {"json": 1, "messagepack": 1}
    for client in special:
        assert await said_event(client) == ["x", {"a": b"one", "b": [b"two"]}]
    assert (await plain.text()).startswith("52-")
    assert [await plain.message() for _ in range(2)] == [b"one", b"two"]


async def test_latest_wins_messages_are_conflated(make_sockets: MakeSockets) -> None:
    sockets = await make_sockets(buffer_max=50_000, conflate=key)
    sid = await sockets.endpoint.sid()
    await sockets.endpoint.post(sid, Outgoing(packed(CONNECT)).text)
    assert (await sockets.endpoint.poll(sid)).text.startswith("b")
    rounds, notes = 200, 10
    await progress(sockets, rounds, notes)
    await sockets.sio.emit("end")
    events: list[list[Any]] = []
    while not events or events[-1] != ["end"]:
        text = (await sockets.endpoint.poll(sid)).text
        events += [unpacked(Outgoing.of(one).payload)["data"] for one in packets(text)]
    judge(events, rounds, notes)
    assert len(events) < rounds // 2, "that many cannot have been within the bound"


async def test_a_flood_of_acknowledgements_is_cut(make_sockets: MakeSockets) -> None:
    allowance = Allowance(rate=0.001, burst=200, byte_rate=0.001, byte_burst=300_000)
    sockets = await make_sockets(allowance=allowance)
    async with raw_websocket(sockets.endpoint.url) as ws:
        assert (await ws.text()).startswith("0")
        ws.write(frame(BINARY, packed(CONNECT)))
        assert (await ws.read())[0] == BINARY
        sockets.limits.clear()
        assert await flooded(ws, b"", frame(BINARY, packed(ACK, [], id=999))) == POLICY
    assert sockets.limits == ["control_rate"]


MANY = [1] * 8_000


async def test_a_packet_of_many_values_counts_as_several(make_sockets: MakeSockets) -> None:
    """Be it an event, which the application reckons with, or another one."""
    allowance = Allowance(rate=0.001, burst=10, byte_rate=0.001, byte_burst=300_000)
    sockets = await make_sockets(allowance=allowance)
    seen: list[int] = []
    sockets.sio.on("x", lambda sid, data: seen.append(len(data)))
    client = await packed_member(sockets)
    await client.send(packed(EVENT, ["x", MANY]))
    await wait_until(lambda: seen, what="it has come")
    assert sockets.sio.eio.sockets[client.sid].reckon() == len(MANY) * 16 // (16 * 1024)
    for _ in range(2):
        await client.send(packed(ACK, MANY, id=999))
    await client.closed()
    assert sockets.limits == ["control_rate"]


async def test_events_are_the_applications_to_count(make_sockets: MakeSockets) -> None:
    allowance = Allowance(rate=0.001, burst=20)
    sockets = await make_sockets(allowance=allowance)
    seen: list[int] = []
    sockets.sio.on("x", lambda sid, number: seen.append(number))
    client = await packed_member(sockets)
    await client.send(*(packed(EVENT, ["x", number]) for number in range(100)))
    await wait_until(lambda: len(seen) == 100, what="all have come")
