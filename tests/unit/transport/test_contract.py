"""What is touched of python-engineio and python-socketio beyond their documented interface.

A release of theirs that renames or reshapes one of these fails here, with its name, and not
somewhere in a socket.
"""

import ast
import inspect
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import engineio
import pytest
import socketio
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet
from engineio.payload import Payload
from packaging.requirements import Requirement
from socketio.packet import Packet as SocketPacket

import alphasync
from alphasync.transport import engine
from alphasync.transport.engine import (
    RESERVED,
    TOUCHED,
    MalformedPacket,
    SocketServer,
    StrictPacket,
)

SOURCE = Path(alphasync.__file__).parent
MAY_TOUCH = ("transport/", "realtime/manager.py")
"""Where those libraries' own attributes may be used."""


async def eio_socket() -> AsyncSocket:
    server = engineio.AsyncServer(async_mode="aiohttp")
    return AsyncSocket(server, "sid")


async def instances() -> dict[str, Any]:
    server = socketio.AsyncServer(async_mode="aiohttp")
    redis = socketio.AsyncRedisManager("redis://nowhere.invalid")
    redis.set_server(server)
    return {
        "engineio.AsyncServer": server.eio,
        "engineio.payload.Payload": Payload(),
        "engineio.async_socket.AsyncSocket": await eio_socket(),
        "socketio.AsyncServer": server,
        "socketio.packet.Packet": SocketPacket(),
        "socketio.AsyncRedisManager": redis,
        "socketio.AsyncManager": socketio.AsyncManager(),
    }


NAMED_TUPLE = ("_replace", "_asdict")
"""Public all the same, as the standard library says."""
LATER = {("socketio.AsyncRedisManager", "thread"): "initialize"}
"""Attributes that only exist once a method has run: that method's source has to set them."""
SIGNATURES: dict[tuple[str, str], str] = {
    ("engineio.async_socket.AsyncSocket", "_websocket_handler"): "(ws)",
    ("engineio.async_socket.AsyncSocket", "handle_post_request"): "(environ)",
    ("engineio.async_socket.AsyncSocket", "receive"): "(pkt)",
    ("socketio.AsyncServer", "_handle_eio_connect"): "(eio_sid, environ)",
    ("socketio.AsyncServer", "_handle_eio_message"): "(eio_sid, data)",
    ("socketio.AsyncServer", "_handle_eio_disconnect"): "(eio_sid, reason)",
    ("socketio.AsyncServer", "_handle_event"): "(eio_sid, namespace, id, data)",
    ("engineio.async_socket.AsyncSocket", "check_ping_timeout"): "()",
    ("engineio.async_socket.AsyncSocket", "close"): "(wait=True, abort=False, reason=None)",
    ("socketio.packet.Packet", "decode"): "(encoded_packet)",
    ("socketio.AsyncRedisManager", "_handle_disconnect"): "(message)",
    ("socketio.AsyncRedisManager", "_publish"): "(data)",
    ("socketio.AsyncRedisManager", "_redis_connect"): "()",
    ("socketio.AsyncManager", "basic_enter_room"): "(sid, namespace, room, eio_sid=None)",
    ("socketio.AsyncManager", "get_participants"): "(namespace, room)",
    ("socketio.AsyncManager", "connect"): "(sid, namespace)",
}
"""Of all that is called or overridden."""


@pytest.mark.parametrize(
    ("owner", "name"), [(owner, name) for owner, names in TOUCHED.items() for name in names]
)
async def test_each_touched_attribute_is_there(owner: str, name: str) -> None:
    instance = (await instances())[owner]
    if (owner, name) in LATER:
        method = getattr(type(instance), LATER[owner, name])
        sources = [
            inspect.getsource(getattr(cls, method.__name__))
            for cls in type(instance).__mro__
            if method.__name__ in vars(cls)
        ]
        assert any(f"self.{name} = " in source for source in sources)
        return
    assert hasattr(instance, name)
    member = getattr(instance, name)
    if inspect.ismethod(member):
        assert SIGNATURES[owner, name] == str(inspect.signature(member))


def test_every_pinned_signature_is_of_something_touched() -> None:
    assert {(o, n) for o, names in TOUCHED.items() for n in names} >= set(SIGNATURES)


async def test_a_sockets_queue_takes_packets_without_waiting() -> None:
    socket = await eio_socket()
    assert socket.closed is False
    server = engineio.AsyncServer(async_mode="aiohttp")
    assert server.sockets == {}
    server.sockets["sid"] = socket
    packet = engine.message('2["x",{}]')
    engine.put(server, "sid", packet)
    engine.put(server, "nobody", packet)
    assert socket.queue.get_nowait() is packet
    socket.closed = True
    engine.put(server, "sid", packet)
    assert socket.queue.empty()


def test_a_finished_packet_leaves_as_it_is() -> None:
    text = '2["messageUpdated",{"message":"ß😀"}]'
    packet = engine.message(text)
    assert (packet.packet_type, packet.binary) == (MESSAGE, False)
    # One packet goes to many sockets: encoding must not change it.
    assert packet.encode() == packet.encode() == f"4{text}"
    assert Packet(encoded_packet=f"4{text}").data == text


async def test_participants_are_socket_ids_with_their_engine_ids() -> None:
    manager = socketio.AsyncManager()
    manager.set_server(socketio.AsyncServer(async_mode="aiohttp"))
    sid = await manager.connect("eio", "/")
    manager.basic_enter_room(sid, "/", "o:1/*")
    assert list(manager.get_participants("/", ["o:1/*", "o:1/5"])) == [(sid, "eio")]
    assert list(manager.get_participants("/", ["o:2/*"])) == []
    assert manager.eio_sid_from_sid(sid, "/") == "eio"
    assert manager.rooms["/"]["o:1/*"] == {sid: "eio"}


@pytest.mark.parametrize(
    "text",
    ["", "x", "9", "2", "2[", '2{"a":1', "51-", "5x-[]", "2/", "2[1", "\ud83d", "2" + "9" * 200],
)
def test_what_is_no_packet_fails_in_one_way_or_is_no_event(text: str) -> None:
    try:
        packet = StrictPacket(encoded_packet=text)
    except MalformedPacket:
        return
    assert not isinstance(packet.data, list)


def test_a_good_packet_is_decoded_as_before() -> None:
    packet = StrictPacket(encoded_packet='217["x",{"a":[1]}]')
    assert (packet.packet_type, packet.id, packet.data) == (2, 17, ["x", {"a": [1]}])


@pytest.mark.parametrize(
    "data", [None, [], {}, "x", 5, [5], [None], [["x"]], *([name] for name in sorted(RESERVED))]
)
async def test_an_event_needs_a_name_of_its_own(data: Any) -> None:
    server = SocketServer(async_mode="aiohttp")
    with pytest.raises(MalformedPacket):
        await server._handle_event("eio", "/", None, data)


def test_the_installed_versions_are_those_that_are_allowed() -> None:
    project = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text())["project"]
    for requirement in map(Requirement, project["dependencies"]):
        if requirement.name in ("python-engineio", "python-socketio"):
            assert requirement.specifier.contains(version(requirement.name))


def private_accesses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every ``x._name`` where x is neither ``self`` nor ``cls``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_"):
            continue
        if node.attr in NAMED_TUPLE or (node.attr.startswith("__") and node.attr.endswith("__")):
            continue
        owner = node.value
        if isinstance(owner, ast.Name) and owner.id in ("self", "cls"):
            continue
        yield node.lineno, ast.unparse(node)


def own_private_names() -> set[str]:
    """Private names that alphasync itself defines: reaching for those is another matter."""
    names: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(node.name)
            elif (
                isinstance(node, ast.Attribute)
                and isinstance(node.ctx, ast.Store)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            ):
                names.add(node.attr)
    return names


def test_nobody_else_reaches_into_those_libraries() -> None:
    own = own_private_names()
    found = []
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE).as_posix()
        if place.startswith(MAY_TOUCH):
            continue
        for line, text in private_accesses(ast.parse(file.read_text())):
            if text.rpartition(".")[2] not in own:
                found.append(f"{place}:{line}: {text}")
    assert found == []


def test_what_transport_touches_is_listed() -> None:
    """The private names used in the two places are those of the list, and no others."""
    listed = {name for names in TOUCHED.values() for name in names}
    own = own_private_names() - listed
    for file in sorted(SOURCE.rglob("*.py")):
        if not file.relative_to(SOURCE).as_posix().startswith(MAY_TOUCH):
            continue
        tree = ast.parse(file.read_text())
        for line, text in private_accesses(tree):
            name = text.rpartition(".")[2]
            assert name in listed | own, f"{file}:{line}: {text} is not in TOUCHED"
        for node in ast.walk(tree):
            # An override of a private method is a touch too.
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for cls in (socketio.AsyncServer, socketio.AsyncRedisManager, SocketPacket):
                    if node.name.startswith("_") and not node.name.startswith("__"):
                        assert not hasattr(cls, node.name) or node.name in listed
