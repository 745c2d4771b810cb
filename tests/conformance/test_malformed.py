"""Socket.IO packets that are none, or not now: the connection is closed."""

import json

import pytest

from tests.conformance.clients import Client
from tests.conformance.packets import RESERVED
from tests.conformance.servers import Sockets
from tests.conformance.wire import Transport
from tests.harness import wait_until

MALFORMED: dict[str, str] = {
    "nothing": "",
    "unknown type": "abc",
    "type 7": "7",
    "type 9": '9["x"]',
    "connect_error": "4",
    "connect_error with a payload": '4{"message":"no"}',
    "payload is an object": "2{}",
    "payload is a string": '2"x"',
    "payload is a number": "21",
    "payload is null": "2null",
    "no payload": "2",
    "empty array": "2[]",
    "name is an object": "2[{}]",
    "name is null": "2[null]",
    "bad json": '2["x',
    "more behind the json": '2["x"]]',
    "bad ack id": '2abc["x"]',
    "ack id with a sign": '2-1["x"]',
    "ack id with a fraction": '21.5["x"]',
    "ack id without end": "2" + "1" * 400 + '["x"]',
    "ack without id": "3[]",
    "ack with an object": "31{}",
    "ack without payload": "31",
    "disconnect with a payload": "1{}",
    "deep nesting": '2["x",' + "[" * 20_000 + "]" * 20_000 + "]",
    **{f"reserved name {name}": f"2{json.dumps([name])}" for name in RESERVED},
}


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED)
async def test_what_is_malformed_closes(
    sockets: Sockets, client: Client, packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    await client.send(packet)
    await client.closed()
    await wait_until(lambda: sockets.ended, what="the disconnect handler has run")
    await sockets.endpoint.gone(client.sid)
    assert "Traceback" not in caplog.text, "it is the client's fault, not the server's"


@pytest.mark.parametrize("packet", ['2["x"]', '21["x"]', "31[]", '51-["x"]', '2/custom,["x"]', "1"])
async def test_before_the_connect_only_a_connect_is_taken(
    sockets: Sockets, transport: Transport, packet: str
) -> None:
    seen: list[str] = []
    sockets.sio.on("x", seen.append)
    client = await sockets.client(transport)
    await client.send(packet)
    await client.closed()
    assert seen == []
    await sockets.endpoint.gone(client.sid)


@pytest.mark.parametrize("packet", ["0[", "0[]", '0"token"', "0/custom,{", '0{"a":1}x'])
async def test_a_malformed_connect_closes(
    sockets: Sockets, transport: Transport, packet: str
) -> None:
    client = await sockets.client(transport)
    await client.send(packet)
    await client.closed()
    assert client.unread() == []
