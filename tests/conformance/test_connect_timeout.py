"""A connection that is in no namespace does not stay."""

import asyncio

import pytest

from tests.conformance.packets import connect, data_of, next_event
from tests.conformance.servers import MakeSockets
from tests.conformance.wire import Transport
from tests.harness import PATIENCE

HASTY = 0.1
"""Seconds that a client has to connect to its first namespace, where it does not even try."""
ENOUGH = 2.0
"""The same where it is to do something before: time for that on a busy machine, too."""


async def test_who_does_not_connect_in_time_is_closed(
    make_sockets: MakeSockets, transport: Transport
) -> None:
    sockets = await make_sockets(connect_timeout=HASTY)
    client = await sockets.client(transport)
    await client.closed()
    assert client.unread() == []
    await sockets.endpoint.gone(client.sid)


@pytest.mark.parametrize("namespace", ["/", "/random"])
async def test_who_was_refused_is_closed_when_the_time_is_over(
    make_sockets: MakeSockets, transport: Transport, namespace: str
) -> None:
    sockets = await make_sockets(connect_timeout=ENOUGH)
    sockets.sio.on("connect", lambda sid, environ, auth: False)
    client = await sockets.client(transport)
    await client.send("0" if namespace == "/" else f"0{namespace}")
    data_of(await client.text(), "4" if namespace == "/" else f"4{namespace},")
    await client.closed()
    await sockets.endpoint.gone(client.sid)


async def test_who_connected_in_time_stays(make_sockets: MakeSockets, transport: Transport) -> None:
    sockets = await make_sockets(connect_timeout=ENOUGH)
    client = await sockets.client(transport)
    await connect(client)
    late = await sockets.client()  # connects to nothing, later
    await late.closed()
    await sockets.sio.emit("hello")
    assert await next_event(client) == ["hello"]
    assert not client.ended


async def test_the_time_is_not_longer_for_who_talks(
    make_sockets: MakeSockets, transport: Transport
) -> None:
    """Who has left all namespaces has as long to come to one, whatever else it sends."""
    sockets = await make_sockets(connect_timeout=ENOUGH)
    client = await sockets.client(transport)
    await connect(client)
    await client.send("1")
    async with asyncio.timeout(PATIENCE):
        while not client.ended:
            await client.send("1")
            await asyncio.sleep(ENOUGH / 20)


async def test_a_handler_that_fails_lets_nobody_in(
    make_sockets: MakeSockets, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does it leave the connection open for ever."""

    def on_connect(sid: str, environ: object, auth: object) -> None:
        raise RuntimeError("a bug in the handler")

    sockets = await make_sockets(connect_timeout=ENOUGH)
    sockets.sio.on("connect", on_connect)
    client = await sockets.client()
    await client.send("0")
    await client.closed()
    assert not [message for message in client.unread() if str(message).startswith("0")]
    assert sockets.ended == [], "it was never connected"
    assert "a bug in the handler" in caplog.text


async def test_the_oldest_of_them_makes_room_when_it_has_to(make_sockets: MakeSockets) -> None:
    """Not who has only just come, and nobody who is in a namespace."""
    sockets = await make_sockets(connect_timeout=60.0)
    member = await sockets.member()
    polling, oldest, newer = [
        await sockets.client(transport) for transport in ("polling", "websocket", "websocket")
    ]
    assert not sockets.sio.cut_stranger(after=30.0)
    assert sockets.sio.cut_stranger(after=0.0)
    await oldest.closed()
    await polling.closed()
    assert not newer.ended, "one WebSocket is enough"
    assert sockets.sio.cut_stranger(after=0.0)
    await newer.closed()
    assert not sockets.sio.cut_stranger(after=0.0)
    await sockets.sio.emit("hello")
    assert await next_event(member) == ["hello"]
