"""How a client leaves a Socket.IO namespace, and the end of its connection."""

import pytest

from tests.conformance.clients import Client, Polling
from tests.conformance.packets import connect, data_of, event, next_event, nothing_before
from tests.conformance.servers import MakeSockets, Sockets
from tests.conformance.wire import Transport
from tests.harness import wait_until

CUSTOM = "/custom"


def custom(sockets: Sockets) -> list[tuple[str, str]]:
    """Open the namespace; returns the list of who leaves it, and why."""
    ended: list[tuple[str, str]] = []
    sockets.sio.on("connect", lambda sid, environ, auth: None, namespace=CUSTOM)
    sockets.sio.on("disconnect", lambda sid, reason: ended.append((sid, reason)), namespace=CUSTOM)
    return ended


async def everywhere(sockets: Sockets, transport: Transport) -> Client:
    """A client in two namespaces."""
    client = await sockets.member(transport)
    await connect(client, CUSTOM)
    return client


async def test_a_client_leaves_one_namespace_only(sockets: Sockets, transport: Transport) -> None:
    ended = custom(sockets)
    client = await everywhere(sockets, transport)
    await client.send("1")
    await wait_until(lambda: sockets.ended, what="the handler runs")
    assert sockets.ended == [(client.sids["/"], "client disconnect")]
    await sockets.sio.emit("lost")
    await sockets.sio.emit("marker", namespace=CUSTOM)
    await nothing_before(client, "marker", CUSTOM)
    assert ended == []
    await client.send(f"1{CUSTOM},")
    await wait_until(lambda: ended, what="the handler runs")
    assert ended == [(client.sids[CUSTOM], "client disconnect")]
    assert sockets.ended == [(client.sids["/"], "client disconnect")], "once"


async def test_who_has_left_hears_nothing_more(sockets: Sockets, transport: Transport) -> None:
    custom(sockets)
    client = await everywhere(sockets, transport)
    sid = client.sids["/"]
    await sockets.sio.enter_room(sid, "room")
    await client.send("1")
    await wait_until(lambda: sockets.ended, what="the handler runs")
    for room in (sid, "room", None):
        await sockets.sio.emit("lost", room=room)
    await sockets.sio.emit("marker", namespace=CUSTOM)
    await nothing_before(client, "marker", CUSTOM)


async def test_who_has_left_may_come_again(sockets: Sockets, transport: Transport) -> None:
    custom(sockets)
    client = await everywhere(sockets, transport)
    first = client.sids["/"]
    await client.send("1")
    await wait_until(lambda: sockets.ended, what="the handler runs")
    second = await connect(client)
    assert second != first
    await sockets.sio.emit("hello", to=second)
    assert await next_event(client) == ["hello"]


async def test_the_server_disconnects(sockets: Sockets, transport: Transport) -> None:
    client = await sockets.member(transport)
    await sockets.sio.emit("before")
    await sockets.sio.disconnect(client.sids["/"])
    assert await next_event(client) == ["before"]
    assert await client.text() == "1"
    await client.closed()
    assert sockets.ended == [(client.sids["/"], "server disconnect")]
    await sockets.endpoint.gone(client.sid)


async def test_the_connection_lives_while_a_namespace_is_left(
    sockets: Sockets, transport: Transport
) -> None:
    ended = custom(sockets)
    client = await everywhere(sockets, transport)
    await sockets.sio.disconnect(client.sids["/"])
    assert await client.text() == "1"
    await sockets.sio.emit("marker", namespace=CUSTOM)
    await nothing_before(client, "marker", CUSTOM)
    assert not client.ended
    await sockets.sio.disconnect(client.sids[CUSTOM], namespace=CUSTOM)
    assert await client.text() == f"1{CUSTOM},"
    await client.closed()
    assert ended == [(client.sids[CUSTOM], "server disconnect")]
    assert sockets.ended == [(client.sids["/"], "server disconnect")]


async def test_a_handler_may_disconnect_its_client(sockets: Sockets, transport: Transport) -> None:
    async def leave(sid: str) -> None:
        await sockets.sio.emit("bye", to=sid)
        await sockets.sio.disconnect(sid)

    sockets.sio.on("leave", leave)
    client = await sockets.member(transport)
    await client.send(event("leave"))
    assert await next_event(client) == ["bye"]
    assert await client.text() == "1"
    await client.closed()
    assert sockets.ended == [(client.sids["/"], "server disconnect")]


async def test_disconnecting_a_stranger_is_no_error(sockets: Sockets) -> None:
    client = await sockets.member()
    await sockets.sio.disconnect("nobody")
    await sockets.sio.disconnect(client.sids["/"])
    await sockets.sio.disconnect(client.sids["/"])
    await client.closed()
    assert len(sockets.ended) == 1


async def test_the_end_of_the_connection_leaves_all_namespaces(
    sockets: Sockets, transport: Transport
) -> None:
    ended = custom(sockets)
    client = await everywhere(sockets, transport)
    await sockets.sio.enter_room(client.sids["/"], "room")
    if isinstance(client, Polling):
        await sockets.endpoint.post(client.sid, "1")
    else:
        await client.close()
    await wait_until(lambda: sockets.ended and ended, what="the handlers run")
    assert sockets.ended == [(client.sids["/"], "transport close")]
    assert ended == [(client.sids[CUSTOM], "transport close")]
    for namespace, room in (("/", "room"), ("/", None), (CUSTOM, None)):
        assert list(sockets.sio.manager.get_participants(namespace, room)) == []


async def test_a_disconnect_and_the_end_of_the_connection_count_once(
    sockets: Sockets, transport: Transport
) -> None:
    """As clients do it: a DISCONNECT, and the connection closed behind it."""
    client = await sockets.member(transport)
    if isinstance(client, Polling):
        await sockets.endpoint.post(client.sid, "41\x1e1")
    else:
        await client.send("1")
        await client.close()
    await wait_until(lambda: sockets.ended, what="the handler runs")
    await sockets.endpoint.gone(client.sid)
    assert sockets.ended == [(client.sids["/"], "client disconnect")]


async def test_a_ping_timeout_is_the_reason(make_sockets: MakeSockets) -> None:
    sockets = await make_sockets(ping_interval=1.0, ping_timeout=1.0)
    sid = await sockets.endpoint.sid()
    await sockets.endpoint.post(sid, "40")  # and polls no more
    await wait_until(lambda: sockets.ended, what="the handler runs")
    assert [reason for _, reason in sockets.ended] == ["ping timeout"]


async def test_an_event_behind_the_disconnect_is_not_handled(
    sockets: Sockets, transport: Transport
) -> None:
    seen: list[str] = []
    custom(sockets)
    sockets.sio.on("x", seen.append)
    client = await everywhere(sockets, transport)
    await client.send("1", event("x"))
    await wait_until(lambda: sockets.ended, what="the handler runs")
    assert seen == []


@pytest.mark.parametrize("legacy", [False, True], ids=["reason", "no-reason"])
async def test_a_disconnect_handler_with_and_without_a_reason(
    sockets: Sockets, legacy: bool
) -> None:
    seen: list[tuple[str, ...]] = []
    if legacy:
        sockets.sio.on("disconnect", lambda sid: seen.append((sid,)))
    else:
        sockets.sio.on("disconnect", lambda sid, reason: seen.append((sid, reason)))
    client = await sockets.member()
    await client.send("1")
    await wait_until(lambda: seen, what="the handler runs")
    assert seen == [(client.sids["/"],) if legacy else (client.sids["/"], "client disconnect")]


async def test_acknowledgements_that_are_due_end_with_the_client(sockets: Sockets) -> None:
    """A callback belongs to one client: the id of the next starts afresh, and nothing is mixed."""
    answers: list[str] = []
    first = await sockets.member()
    await sockets.sio.emit("ask", to=first.sids["/"], callback=lambda: answers.append("first"))
    await first.text()
    await first.close()
    await wait_until(lambda: sockets.ended, what="the handler runs")
    second = await sockets.member()
    await sockets.sio.emit("ask", to=second.sids["/"], callback=lambda: answers.append("second"))
    packet = await second.text()
    await second.send(f"3{packet[1 : packet.index('[')]}[]")
    await wait_until(lambda: answers, what="it is acknowledged")
    assert answers == ["second"]


async def test_a_client_that_is_gone_is_answered_by_nobody(sockets: Sockets) -> None:
    """What a handler returns when its client has left goes nowhere, without an error."""
    client = await sockets.member()
    other = await sockets.member()

    async def slow(sid: str) -> str:
        await wait_until(lambda: sockets.ended, what="the client has left")
        await other.send(event("done", id=1))
        return "too late"

    sockets.sio.on("slow", slow)
    sockets.sio.on("done", lambda sid: "done")
    await client.send(event("slow", id=1))
    await client.close()
    assert data_of(await other.text(), "31") == ["done"]
