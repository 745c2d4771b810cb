"""Binary data in events and acknowledgements: a packet with placeholders, then its attachments."""

import asyncio
import json
from typing import Any

import pytest

from tests.conformance.clients import Client
from tests.conformance.packets import data_of, event, next_event
from tests.conformance.servers import MakeSockets, Sockets
from tests.conformance.wire import Message, Transport
from tests.harness import PATIENCE, wait_until

ATTACHMENTS_MAX = 10
"""How many a packet may have where nothing else is set."""
ONE = {"_placeholder": True, "num": 0}
TWO = {"_placeholder": True, "num": 1}


def binary(attachments: int | str, *payload: Any, start: str = "5", id: int | str = "") -> str:
    return f"{start}{attachments}-{id}{json.dumps(payload)}"


VIOLATIONS: dict[str, list[Message]] = {
    "too many": [binary(ATTACHMENTS_MAX + 1, "x", *[ONE] * (ATTACHMENTS_MAX + 1))],
    "far too many": [binary(999_999_999, "x", ONE)],
    "more digits than a number has": [binary("9" * 50, "x", ONE)],
    "no number": ['5-["x"]'],
    "a sign": ['5-1-["x"]'],
    "no dash": ['51["x"]'],
    "no event": ["51-{}", b"\x01"],
    "no name": ["51-[]", b"\x01"],
    "reserved name": [binary(1, "disconnect", ONE), b"\x01"],
    "bad json": ['51-["x"', b"\x01"],
    "text where an attachment is due": [binary(1, "x", ONE), event("x")],
    "text between two attachments": [binary(2, "x", ONE, TWO), b"\x01", event("x"), b"\x02"],
    "attachment of nothing": [b"\x01"],
    "attachment before its packet": [b"\x01", binary(1, "x", ONE)],
    "more attachments than announced": [binary(1, "x", ONE), b"\x01", b"\x02"],
    "placeholder beyond the last": [binary(1, "x", TWO), b"\x01"],
    "negative placeholder": [binary(1, "x", {"_placeholder": True, "num": -1}), b"\x01"],
    "placeholder by a text": [binary(1, "x", {"_placeholder": True, "num": "0"}), b"\x01"],
    "placeholder by a fraction": [binary(1, "x", {"_placeholder": True, "num": 0.5}), b"\x01"],
    "placeholder by nothing": [binary(1, "x", {"_placeholder": True, "num": None}), b"\x01"],
    "fewer placeholders than attachments": [binary(2, "x", ONE), b"\x01", b"\x02"],
    "ack with too many": [binary(ATTACHMENTS_MAX + 1, ONE, start="6", id=1)],
    "ack without an id": [binary(1, ONE, start="6"), b"\x01"],
    "a namespace that it is not in": [f"51-/custom,{json.dumps(['x', ONE])}", b"\x01"],
}


def noted(sockets: Sockets, name: str = "x", namespace: str = "/") -> list[tuple[Any, ...]]:
    seen: list[tuple[Any, ...]] = []
    sockets.sio.on(name, lambda sid, *data: seen.append(data), namespace=namespace)
    return seen


async def test_an_event_with_attachments_reaches_its_handler(
    sockets: Sockets, client: Client
) -> None:
    seen = noted(sockets)
    await client.send(binary(1, "x", ONE), b"\x01\x02")
    nested = {"a": [TWO, "text", {"b": ONE}]}
    await client.send(binary(2, "x", nested, 3), b"first", b"")
    await client.send(event("x", "last"))
    await wait_until(lambda: len(seen) == 3, what="three events")
    assert seen == [(b"\x01\x02",), ({"a": [b"", "text", {"b": b"first"}]}, 3), ("last",)]


async def test_an_event_with_attachments_reaches_the_client(
    sockets: Sockets, client: Client
) -> None:
    await sockets.sio.emit("x", b"\x01\x02")
    assert data_of(await client.text(), "51-") == ["x", ONE]
    assert await client.message() == b"\x01\x02"
    await sockets.sio.emit("x", ({"a": [b"first", "text", {"b": bytearray(b"second")}]}, 3))
    assert data_of(await client.text(), "52-") == ["x", {"a": [ONE, "text", {"b": TWO}]}, 3]
    assert [await client.message(), await client.message()] == [b"first", b"second"]
    await sockets.sio.emit("x", "no bytes")
    assert await next_event(client) == ["x", "no bytes"]


async def test_in_a_namespace(sockets: Sockets, transport: Transport) -> None:
    seen = noted(sockets, namespace="/custom")
    client = await sockets.member(transport, "/custom")
    await client.send(f"51-/custom,{json.dumps(['x', ONE])}", b"\x01")
    await wait_until(lambda: seen == [(b"\x01",)], what="the handler runs")
    await sockets.sio.emit("x", b"\x02", namespace="/custom")
    assert data_of(await client.text(), "51-/custom,") == ["x", ONE]
    assert await client.message() == b"\x02"


async def test_an_acknowledgement_with_attachments(sockets: Sockets, client: Client) -> None:
    sockets.sio.on("ask", lambda sid, data: (data, {"again": data}))
    await client.send(binary(1, "ask", ONE, id=456), b"\x01\x02")
    assert data_of(await client.text(), "62-456") == [ONE, {"again": TWO}]
    assert [await client.message(), await client.message()] == [b"\x01\x02", b"\x01\x02"]


async def test_the_client_acknowledges_with_attachments(sockets: Sockets, client: Client) -> None:
    answers: list[tuple[Any, ...]] = []
    sid = client.sids["/"]
    await sockets.sio.emit("ask", b"?", to=sid, callback=lambda *data: answers.append(data))
    packet = await client.text()
    id = int(packet.removeprefix("51-").split("[", 1)[0])
    assert data_of(packet, f"51-{id}") == ["ask", ONE]
    assert await client.message() == b"?"
    await client.send(binary(2, ONE, {"more": TWO}, start="6", id=id), b"!", b"!!")
    await wait_until(lambda: answers, what="it is acknowledged")
    assert answers == [(b"!", {"more": b"!!"})]


async def test_call_brings_bytes(sockets: Sockets, client: Client) -> None:
    call = asyncio.create_task(sockets.sio.call("ask", to=client.sids["/"], timeout=PATIENCE))
    packet = await client.text()
    id = packet[1 : packet.index("[")]
    await client.send(binary(1, ONE, start="6", id=id), b"bytes")
    assert await call == b"bytes"


async def test_a_packet_and_its_attachments_stay_together(sockets: Sockets, client: Client) -> None:
    """Whatever else is emitted meanwhile, by other tasks."""

    async def emitting(number: int) -> None:
        await sockets.sio.emit("bytes", {"number": number, "a": bytes([number]), "b": b"b"})
        await sockets.sio.emit("text", number)

    await asyncio.gather(*(emitting(number) for number in range(50)))
    bytes_seen, texts_seen = [], []
    for _ in range(100):
        packet = await client.text()
        if packet.startswith("2"):
            texts_seen.append(json.loads(packet[1:])[1])
            continue
        number = data_of(packet, "52-")[1]["number"]
        assert [await client.message(), await client.message()] == [bytes([number]), b"b"]
        bytes_seen.append(number)
    assert sorted(bytes_seen) == sorted(texts_seen) == list(range(50))


async def test_attachments_may_come_in_their_own_time(
    sockets: Sockets, transport: Transport
) -> None:
    """Each alone, and with another client's packets in between."""
    client, other = await sockets.member(transport), await sockets.member(transport)
    seen = noted(sockets)
    await client.send(binary(2, "x", ONE, TWO))
    await other.send(binary(1, "x", ONE))
    await client.send(b"1")
    await other.send(b"other")
    await wait_until(lambda: seen == [(b"other",)], what="one is whole")
    await client.send(b"2")
    await wait_until(lambda: len(seen) == 2, what="two events")
    assert seen[1] == (b"1", b"2")


async def test_as_many_attachments_as_allowed(sockets: Sockets, client: Client) -> None:
    seen = noted(sockets)
    parts = [bytes([number]) for number in range(ATTACHMENTS_MAX)]
    holders = [{"_placeholder": True, "num": number} for number in range(ATTACHMENTS_MAX)]
    await client.send(binary(ATTACHMENTS_MAX, "x", *holders), *parts)
    await wait_until(lambda: seen, what="the handler runs")
    assert seen == [tuple(parts)]


async def test_the_number_of_attachments_is_an_option(make_sockets: MakeSockets) -> None:
    sockets = await make_sockets(attachments_max=1)
    seen = noted(sockets)
    client = await sockets.member()
    await client.send(binary(1, "x", ONE), b"\x01")
    await wait_until(lambda: seen == [(b"\x01",)], what="the handler runs")
    await client.send(binary(2, "x", ONE, TWO))
    await client.closed()


@pytest.mark.parametrize("messages", VIOLATIONS.values(), ids=VIOLATIONS)
async def test_what_does_not_fit_closes(
    sockets: Sockets,
    client: Client,
    messages: list[Message],
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen = noted(sockets)
    await client.send(*messages)
    await client.closed()
    await wait_until(lambda: sockets.ended, what="the disconnect handler has run")
    assert seen == [] or messages[:2] == [binary(1, "x", ONE), b"\x01"]
    await sockets.endpoint.gone(client.sid)
    assert "Traceback" not in caplog.text


async def test_binary_before_the_connect_closes(sockets: Sockets, transport: Transport) -> None:
    client = await sockets.client(transport)
    await client.send(b"\x01")
    await client.closed()
