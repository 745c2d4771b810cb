"""Who gets what: rooms, sids, namespaces; and what is kept for each client."""

import pytest
import socketio

from tests.conformance.clients import Client
from tests.conformance.packets import connect, data_of, event, next_event
from tests.conformance.servers import Sockets
from tests.conformance.wire import Transport
from tests.harness import wait_until


class Group:
    """Clients of one namespace, by letter."""

    def __init__(self, sockets: Sockets, members: dict[str, Client]) -> None:
        self.sockets = sockets
        self.members = members

    def sid(self, letter: str) -> str:
        return self.members[letter].sids["/"]

    async def enter(self, room: object, letters: str) -> None:
        for letter in letters:
            await self.sockets.sio.enter_room(self.sid(letter), room)

    async def heard(self, name: str = "x") -> str:
        """Who got the event so far, each letter as often as it came."""
        await self.sockets.sio.emit("marker")
        found = ""
        for letter, client in self.members.items():
            while (packet := await next_event(client)) != ["marker"]:
                assert packet[0] == name
                found += letter
        return found


@pytest.fixture
async def group(sockets: Sockets, transport: Transport) -> Group:
    return Group(sockets, {letter: await sockets.member(transport) for letter in "abcd"})


async def test_all(group: Group) -> None:
    await group.sockets.sio.emit("x", 1)
    assert await group.heard() == "abcd"


async def test_a_room(group: Group) -> None:
    await group.enter("room", "bc")
    await group.sockets.sio.emit("x", room="room")
    assert await group.heard() == "bc"
    await group.sockets.sio.emit("x", to="room")
    assert await group.heard() == "bc"


async def test_entering_twice_is_entering_once(group: Group) -> None:
    await group.enter("room", "bb")
    await group.sockets.sio.emit("x", room="room")
    assert await group.heard() == "b"


async def test_leaving(group: Group) -> None:
    await group.enter("room", "abc")
    await group.sockets.sio.leave_room(group.sid("b"), "room")
    await group.sockets.sio.leave_room(group.sid("d"), "room")  # it was not in it
    await group.sockets.sio.emit("x", room="room")
    assert await group.heard() == "ac"


async def test_closing_a_room(group: Group) -> None:
    await group.enter("room", "abc")
    await group.enter("kept", "a")
    await group.sockets.sio.close_room("room")
    await group.sockets.sio.emit("x", room="room")
    assert await group.heard() == ""
    await group.sockets.sio.emit("x", room="kept")
    assert await group.heard() == "a"
    assert set(group.sockets.sio.rooms(group.sid("a"))) == {group.sid("a"), "kept"}
    assert set(group.sockets.sio.rooms(group.sid("b"))) == {group.sid("b")}


async def test_a_room_that_nobody_is_in(group: Group) -> None:
    await group.sockets.sio.emit("x", room="empty")
    await group.sockets.sio.close_room("empty")
    assert await group.heard() == ""


async def test_several_rooms_one_copy_each(group: Group) -> None:
    await group.enter("one", "ab")
    await group.enter("two", "bc")
    await group.sockets.sio.emit("x", room=["one", "two", "empty"])
    assert await group.heard() == "abc"
    await group.sockets.sio.emit("x", to=["one", group.sid("a"), group.sid("d")])
    assert await group.heard() == "abd"


async def test_each_sid_is_a_room(group: Group) -> None:
    await group.sockets.sio.emit("x", to=group.sid("c"))
    assert await group.heard() == "c"


async def test_skipping_one_and_several(group: Group) -> None:
    await group.enter("room", "abc")
    await group.sockets.sio.emit("x", skip_sid=group.sid("a"))
    assert await group.heard() == "bcd"
    await group.sockets.sio.emit("x", room="room", skip_sid=[group.sid("a"), group.sid("d")])
    assert await group.heard() == "bc"


async def test_a_room_may_have_any_name(group: Group) -> None:
    await group.enter(7, "a")
    await group.enter("7", "b")
    await group.enter("\u00fc /,\n", "c")
    await group.sockets.sio.emit("x", room=7)
    assert await group.heard() == "a"
    await group.sockets.sio.emit("x", room="\u00fc /,\n")
    assert await group.heard() == "c"


async def test_the_rooms_of_a_client(group: Group) -> None:
    sio, sid = group.sockets.sio, group.sid("a")
    assert set(sio.rooms(sid)) == {sid}
    await group.enter("one", "a")
    await group.enter("two", "a")
    assert set(sio.rooms(sid)) == {sid, "one", "two"}
    await sio.leave_room(sid, "one")
    assert set(sio.rooms(sid)) == {sid, "two"}


async def test_who_leaves_is_in_no_room(group: Group) -> None:
    sio, sid = group.sockets.sio, group.sid("a")
    await group.enter("room", "ab")
    await group.members.pop("a").close()
    await wait_until(lambda: group.sockets.ended, what="it is gone")
    assert list(sio.rooms(sid)) == []
    assert [member for member, _ in sio.manager.get_participants("/", "room")] == [group.sid("b")]
    await sio.emit("x", room="room")
    assert await group.heard() == "b"


async def test_a_thousand_rooms(group: Group) -> None:
    sio = group.sockets.sio
    for number in range(1000):
        await group.enter(f"room {number}", "a" if number % 2 else "b")
    assert len(list(sio.rooms(group.sid("a")))) == 501
    await group.members.pop("a").close()
    await wait_until(lambda: group.sockets.ended, what="it is gone")
    for number in (0, 1, 998, 999):
        await sio.emit("x", room=f"room {number}")
    assert await group.heard() == "bb"


async def test_a_broadcast_from_a_handler(group: Group) -> None:
    sio = group.sockets.sio

    async def tell(sid: str, text: str) -> str:
        await sio.emit("x", text, skip_sid=sid)
        return "told"

    sio.on("tell", tell)
    await group.members["b"].send(event("tell", "news", id=1))
    assert data_of(await group.members["b"].text(), "31") == ["told"]
    assert await group.heard() == "acd"


async def test_namespaces_share_no_rooms(sockets: Sockets, transport: Transport) -> None:
    sockets.sio.on("connect", lambda sid, environ, auth: None, namespace="/custom")
    client = await sockets.member(transport)
    sid = await connect(client, "/custom")
    await sockets.sio.enter_room(client.sids["/"], "room")
    await sockets.sio.emit("x", 1, room="room", namespace="/custom")
    await sockets.sio.emit("x", 2, room="room")
    assert await next_event(client) == ["x", 2]
    await sockets.sio.enter_room(sid, "room", namespace="/custom")
    await sockets.sio.emit("x", 3, room="room", namespace="/custom")
    assert await next_event(client, "/custom") == ["x", 3]


async def test_a_session_is_kept_for_each_client(sockets: Sockets, transport: Transport) -> None:
    sio = sockets.sio
    sio.on("connect", lambda sid, environ, auth: None, namespace="/custom")
    first, second = await sockets.member(transport), await sockets.member(transport)
    one, two = first.sids["/"], second.sids["/"]
    await sio.save_session(one, {"who": 1})
    await sio.save_session(two, {"who": 2})
    async with sio.session(one) as session:
        session["more"] = True
    assert await sio.get_session(one) == {"who": 1, "more": True}
    assert await sio.get_session(two) == {"who": 2}
    there = await connect(first, "/custom")
    assert await sio.get_session(there, namespace="/custom") == {}
    await sio.save_session(there, {"who": 3}, namespace="/custom")
    assert await sio.get_session(one) == {"who": 1, "more": True}


async def test_a_session_saved_in_the_connect_handler(sockets: Sockets) -> None:
    async def on_connect(sid: str, environ: object, auth: object) -> None:
        await sockets.sio.save_session(sid, {"auth": auth})

    sockets.sio.on("connect", on_connect)
    client = await sockets.client()
    sid = await connect(client, auth={"token": "t"})
    assert await sockets.sio.get_session(sid) == {"auth": {"token": "t"}}


async def test_a_session_ends_with_its_client(sockets: Sockets) -> None:
    client = await sockets.member()
    await client.close()
    await wait_until(lambda: sockets.ended, what="it is gone")
    with pytest.raises(KeyError):
        await sockets.sio.get_session(client.sids["/"])


async def test_a_namespace_written_as_a_class(sockets: Sockets, transport: Transport) -> None:
    class Custom(socketio.AsyncNamespace):  # type: ignore[misc]  # it has no types
        async def on_connect(self, sid: str, environ: object, auth: object) -> None:
            await self.enter_room(sid, "room")

        async def on_ask(self, sid: str, data: object) -> object:
            await self.emit("asked", data, room="room")
            return data

    sockets.sio.register_namespace(Custom("/custom"))
    client = await sockets.member(transport, "/custom")
    await client.send(event("ask", 5, id=2, namespace="/custom"))
    assert await next_event(client, "/custom") == ["asked", 5]
    assert await client.text() == "3/custom,2[5]"
