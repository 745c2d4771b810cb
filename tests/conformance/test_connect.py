"""How a client gets into a Socket.IO namespace, and what happens to one that does not."""

import asyncio
import json
from typing import Any

import pytest
from socketio.exceptions import ConnectionRefusedError as Refused

from tests.conformance.packets import connect, data_of, event, next_event, nothing_before
from tests.conformance.servers import MakeSockets, Sockets
from tests.conformance.wire import Transport
from tests.harness import wait_until


async def test_a_connect_is_answered_with_a_sid(sockets: Sockets, transport: Transport) -> None:
    client = await sockets.client(transport)
    await client.send("0")
    answer = data_of(await client.text(), "0")
    assert list(answer) == ["sid"]
    assert isinstance(answer["sid"], str)
    assert answer["sid"] != client.sid, "not the id that lets a stranger into the connection"


async def test_the_payload_reaches_the_handler(sockets: Sockets, transport: Transport) -> None:
    seen: list[tuple[str, object]] = []
    sockets.sio.on("connect", lambda sid, environ, auth: seen.append((sid, auth)))
    auth = {"token": "123", "more": [1, {"ü": None}]}
    sid = await connect(await sockets.client(transport), auth=auth)
    assert seen == [(sid, auth)]
    sid = await connect(await sockets.client(transport))
    assert seen[1] == (sid, None)


async def test_a_handler_without_auth_works(sockets: Sockets) -> None:
    seen: list[str] = []
    sockets.sio.on("connect", lambda sid, environ: seen.append(environ["REQUEST_METHOD"]))
    await connect(await sockets.client())
    assert seen == ["GET"]


async def test_the_request_reaches_the_handler(sockets: Sockets, transport: Transport) -> None:
    seen: list[Any] = []
    sockets.sio.on("connect", lambda sid, environ, auth: seen.append(environ))
    sid = await connect(await sockets.client(transport))
    assert f"transport={transport}" in seen[0]["QUERY_STRING"]
    assert seen[0]["aiohttp.request"].path == "/socket.io/"
    assert sockets.sio.get_environ(sid) is seen[0]


async def test_a_custom_namespace(sockets: Sockets, transport: Transport) -> None:
    seen: list[object] = []
    sockets.sio.on("connect", lambda sid, environ, auth: seen.append(auth), namespace="/custom")
    client = await sockets.client(transport)
    await connect(client, "/custom", {"token": "abc"})
    assert seen == [{"token": "abc"}]


async def test_a_namespace_with_a_query(sockets: Sockets) -> None:
    """Of earlier protocol versions; the query is no part of the name."""
    sockets.sio.on("connect", lambda sid, environ, auth: None, namespace="/custom")
    client = await sockets.client()
    await client.send("0/custom?token=1,")
    assert list(data_of(await client.text(), "0/custom,")) == ["sid"]


async def test_one_connection_may_be_in_several_namespaces(
    sockets: Sockets, transport: Transport
) -> None:
    sockets.sio.on("connect", lambda sid, environ, auth: None, namespace="/custom")
    client = await sockets.client(transport)
    first, second = await connect(client), await connect(client, "/custom")
    assert first != second
    await sockets.sio.emit("hello", 1)
    assert await next_event(client) == ["hello", 1]
    await sockets.sio.emit("hello", 2, namespace="/custom")
    assert await next_event(client, "/custom") == ["hello", 2]


async def test_an_unknown_namespace_is_refused(sockets: Sockets, transport: Transport) -> None:
    client = await sockets.client(transport)
    await client.send("0/random")
    assert await client.text() == '4/random,{"message":"Invalid namespace"}'
    await connect(client)  # and nothing else is


async def test_a_star_accepts_every_namespace(make_sockets: MakeSockets) -> None:
    sockets = await make_sockets(namespaces="*")
    await connect(await sockets.client(), "/whatever")


async def test_what_the_handler_emits_comes_behind_the_connect(
    sockets: Sockets, transport: Transport
) -> None:
    async def on_connect(sid: str, environ: object, auth: object) -> None:
        await sockets.sio.enter_room(sid, "room")
        await sockets.sio.emit("to sid", 1, to=sid)
        await asyncio.sleep(0)
        await sockets.sio.emit("to room", 2, room="room")
        await sockets.sio.emit("to all", 3)
        await sockets.sio.emit("binary", b"\x04", to=sid)
        await sockets.sio.send("message", to=sid)

    sockets.sio.on("connect", on_connect)
    client = await sockets.client(transport)
    await connect(client)
    assert [await next_event(client) for _ in range(3)] == [
        ["to sid", 1],
        ["to room", 2],
        ["to all", 3],
    ]
    assert (await client.text()).startswith('51-["binary",')
    assert await client.message() == b"\x04"
    assert await next_event(client) == ["message", "message"]


async def test_what_others_emit_meanwhile_comes_behind_the_connect(
    sockets: Sockets, transport: Transport
) -> None:
    """Behind it or not at all, as the client is not there yet; never before."""
    entered, go = asyncio.Event(), asyncio.Event()

    async def on_connect(sid: str, environ: object, auth: object) -> None:
        await sockets.sio.enter_room(sid, "room")
        entered.set()
        await go.wait()

    sockets.sio.on("connect", on_connect)
    client = await sockets.client(transport)
    sending = asyncio.create_task(client.send("0"))  # its POST may be answered in the end only
    await entered.wait()
    await sockets.sio.emit("early", room="room")
    await sockets.sio.emit("early")
    go.set()
    await sending
    sid = data_of(await client.text(), "0")["sid"]
    await wait_until(lambda: sockets.sio.manager.is_connected(sid, "/"), what="it is in")
    await sockets.sio.emit("marker")
    while (found := await next_event(client)) != ["marker"]:
        assert found == ["early"]


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (Refused("No token"), {"message": "No token"}),
        (Refused("No token", {"code": 7}), {"message": "No token", "data": {"code": 7}}),
        (Refused(), {"message": "Connection rejected by server"}),
        (ConnectionRefusedError(), {"message": "Connection refused by server"}),
    ],
)
async def test_a_refusal_says_why(
    sockets: Sockets, transport: Transport, raised: Exception, said: object
) -> None:
    async def on_connect(sid: str, environ: object, auth: object) -> None:
        await sockets.sio.emit("secret", to=sid)
        await sockets.sio.emit("secret")
        raise raised

    sockets.sio.on("connect", on_connect)
    client = await sockets.client(transport)
    await client.send("0")
    assert data_of(await client.text(), "4") == said
    # And nothing of what the handler emitted comes after it, either.
    await client.send("0/random")
    assert (await client.text()).startswith("4/random,")
    assert sockets.ended == [], "it was never connected"


async def test_false_refuses(sockets: Sockets) -> None:
    sockets.sio.on("connect", lambda sid, environ, auth: False)
    client = await sockets.client()
    await client.send("0")
    assert data_of(await client.text(), "4") == {"message": "Connection rejected by server"}


async def test_a_refused_client_may_try_again(sockets: Sockets, transport: Transport) -> None:
    def on_connect(sid: str, environ: object, auth: dict[str, str]) -> bool:
        return auth["token"] == "right"

    sockets.sio.on("connect", on_connect)
    client = await sockets.client(transport)
    await client.send(f"0{json.dumps({'token': 'wrong'})}")
    data_of(await client.text(), "4")
    await connect(client, auth={"token": "right"})
    await sockets.sio.emit("hello")
    assert await next_event(client) == ["hello"]


async def test_a_second_connect_to_a_namespace_closes(
    sockets: Sockets, transport: Transport
) -> None:
    client = await sockets.client(transport)
    sid = await connect(client)
    await client.send("0")
    await client.closed()
    await wait_until(lambda: sockets.ended, what="the disconnect handler has run")
    assert [ended for ended, _ in sockets.ended] == [sid]


async def test_an_event_before_the_connect_closes_its_sender_only(
    sockets: Sockets, transport: Transport
) -> None:
    other = await sockets.client(transport)
    await connect(other)
    client = await sockets.client(transport)
    await client.send(event("early"))
    await client.closed()
    await sockets.sio.emit("marker")
    await nothing_before(other, "marker")
