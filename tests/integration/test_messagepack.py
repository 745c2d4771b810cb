"""Devices that speak MessagePack: the same state and events, and what they cost."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence

import msgspec
import pytest

from alphasync.transport import messagepack, passing_on
from alphasync.transport.forwarded import Forwarded
from tests.conformance.packed import EVENT, packed
from tests.harness import wait_until
from tests.integration.moving import Client, PackedClient, Pair, moved, pair_of

TEXT = {"profileId": "1001", "type": "chat", "message": "Hi"}


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[Pair]:
    async with pair_of(redis_url) as running:
        yield running


@contextlib.contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The name of each event that was encoded as MessagePack."""
    names: list[str] = []
    stock = messagepack.pack

    def pack(text: str, attachments: Sequence[bytes] = ()) -> bytes:
        if text.startswith('2["'):
            names.append(text.split('"')[1])
        return stock(text, attachments)

    with monkeypatch.context() as patch:
        patch.setattr(messagepack, "pack", pack)
        yield names


def typed(client: Client) -> list[str]:
    """The texts that others have typed."""
    return [told["message"] for told in client.named("messageUpdated")]


async def told(client: Client, text: str) -> None:
    await wait_until(lambda: text in typed(client), what=f"{text} is told")


async def test_an_event_is_encoded_once_however_many_devices_there_are(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing = await pair.cluster.device(0)
    others: list[Client] = [await pair.client() for _ in range(2)]
    with counted(monkeypatch) as names:
        assert (await typing.call("updateMessage", TEXT))["ok"]
        for client in others:
            await told(client, "Hi")
        assert names == [], "nobody speaks MessagePack"
    others += [await pair.client(kind=PackedClient) for _ in range(3)]
    with counted(monkeypatch) as names:
        for number in range(5):
            text = {**TEXT, "message": f"{number}"}
            assert (await typing.call("updateMessage", text))["ok"]
        for client in others:
            await told(client, "4")
        assert names == ["messageUpdated"] * 5


async def test_both_kinds_are_told_the_same(pair: Pair) -> None:
    typing = await pair.cluster.device(0)
    assert (await typing.call("updateMessage", TEXT))["ok"]
    plain, special = await pair.client(), await pair.client(kind=PackedClient)
    assert (await typing.call("updateMessage", {**TEXT, "message": "👋 <b>"}))["ok"]
    for client in (plain, special):
        await told(client, "👋 <b>")
    assert plain.named("deviceRegistered")[0].keys() == special.named("deviceRegistered")[0].keys()
    for name in ("messageSync", "messageUpdated"):
        assert special.named(name) == plain.named(name) != []


async def test_who_comes_back_gets_the_events_that_it_missed(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing = await pair.cluster.device(0)
    before = await pair.client(kind=PackedClient)
    for number in range(3):
        assert (await typing.call("updateMessage", {**TEXT, "message": f"{number}"}))["ok"]
    await told(before, "2")
    known = before.named("deviceRegistered")[0]
    offer = {name: known[name] for name in ("deviceId", "resumeToken", "epoch", "revision")}
    client = await pair.client(kind=PackedClient, connect=False, registered=False)
    assert isinstance(client, PackedClient)
    with counted(monkeypatch) as names:
        await client.connect(pair.cluster.token(), **offer)
        await told(client, "2")
        assert names[:4] == ["deviceRegistered", *["messageUpdated"] * 3]
    assert client.named("deviceRegistered")[0]["recovered"]
    assert client.named("messageUpdated") == before.named("messageUpdated")
    await wait_until(lambda: before.named("error"), what="the earlier connection is told")
    assert before.named("error")[0]["code"] == "superseded"


async def test_a_refusal_comes_as_an_event_and_as_an_acknowledgement(pair: Pair) -> None:
    client = await pair.client(kind=PackedClient)
    await client.emit("updateMessage", {"profileId": "1001"}, 1)
    await wait_until(lambda: client.named("error") and client.acks, what="refused")
    assert client.acks[1]["code"] == client.named("error")[0]["code"] == "invalid_payload"


async def test_a_binary_value_closes(pair: Pair) -> None:
    """No command has one."""
    client = await pair.client(kind=PackedClient)
    with contextlib.suppress(AssertionError):  # where the answer to its POST is that it is gone
        await client.emit("updateMessage", {**TEXT, "message": b"Hi"}, 1)
    await wait_until(lambda: not pair.first.realtime.sessions, what="closed")
    assert client.acks == {}


async def test_a_session_moves_and_keeps_its_order(pair: Pair) -> None:
    other = await pair.cluster.device(0)
    client = await pair.client(kind=PackedClient)

    async def type_on() -> None:
        for number in range(40):
            await other.emit("updateMessage", {**TEXT, "message": f"{number}"})
            await asyncio.sleep(0)

    typing = asyncio.create_task(type_on())
    await client.upgrade()
    await typing
    await moved(pair, client)
    await told(client, "39")
    assert typed(client) == [f"{number}" for number in range(40)]
    await client.emit("updateMessage", {**TEXT, "profileId": "1002"}, 7)
    await wait_until(lambda: 7 in client.acks, what="acknowledged")
    assert client.acks[7]["ok"]
    await other.wait_for("messageUpdated", profileId="1002")
    assert len(client.named("deviceRegistered")) == 1, "it is the device that it was"


async def test_what_waits_for_it_goes_with_it(pair: Pair) -> None:
    """Also what was put to it while it was between the two."""
    client = await pair.client(kind=PackedClient)
    ws = await client.endpoint.websocket(client.sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=30) == "3probe"
    assert client.polling
    await client.polling
    other = await pair.cluster.device(0)
    assert (await other.call("updateMessage", TEXT))["ok"]
    socket = pair.first.realtime.server.eio.sockets[client.sid]
    await wait_until(lambda: socket.waiting, what="it waits")
    await ws.send_str("5")
    while not client.named("messageUpdated"):
        frame = await ws.receive(timeout=30)
        client.take(frame.data)
    assert client.named("messageUpdated")[0]["message"] == "Hi"
    await ws.close()


@pytest.fixture
def unknowing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers ask for sessions as those do that know no MessagePack."""

    class Unknowing(Forwarded):
        __slots__ = ()

        @property
        def target(self) -> str:
            return super().target.replace("&packed=1", "")

    monkeypatch.setattr(passing_on, "Forwarded", Unknowing)


@pytest.mark.usefixtures("unknowing")
async def test_it_does_not_move_to_a_server_that_knows_no_messagepack(pair: Pair) -> None:
    client = await pair.client(kind=PackedClient)
    ws = await client.endpoint.websocket(client.sid)
    await ws.send_str("2probe")
    assert (await ws.receive(timeout=30)).extra == "no such session, or it has a WebSocket"
    await client.emit("updateMessage", TEXT, 1)
    await wait_until(lambda: 1 in client.acks, what="acknowledged by polling")
    assert client.acks[1]["ok"]
    assert client.sid in pair.first.realtime.server.eio.sockets


@pytest.mark.usefixtures("unknowing")
async def test_nor_where_it_speaks_first_while_it_moves(pair: Pair) -> None:
    client = await pair.client(kind=PackedClient, connect=False, registered=False)
    ws = await client.endpoint.websocket(client.sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=30) == "3probe"
    await client.connect(pair.cluster.token())
    await ws.send_str("5")
    assert (await ws.receive(timeout=30)).data == 1013
    await wait_until(lambda: not pair.first.realtime.server.eio.sockets, what="it is gone")
    assert not pair.second.realtime.server.eio.sockets


async def test_who_comes_from_a_server_that_knows_no_messagepack_stays_with_json(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = msgspec.msgpack.encode

    def as_before(told: object) -> bytes:
        written = msgspec.msgpack.decode(encode(told))
        return encode(written[:3])

    monkeypatch.setattr("alphasync.transport.moving.msgspec.msgpack.encode", as_before)
    client = await pair.client()
    await client.upgrade()
    await moved(pair, client)
    monkeypatch.undo()
    assert client.ws
    await client.ws.send_bytes(packed(EVENT, ["updateMessage", TEXT]))
    await wait_until(lambda: client.ws and client.ws.closed, what="closed")
    assert client.ws.close_code == 1002
