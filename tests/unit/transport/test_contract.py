"""What is touched of other libraries beyond their documented interface.

A release of theirs that renames or reshapes one of these fails here, with its name, and not
somewhere in a socket.
"""

import ast
import asyncio
import inspect
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp.http
import engineio
import pytest
import socketio
from aiohttp import web
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.web_protocol import RequestHandler
from packaging.requirements import Requirement
from redis import asyncio as redis_asyncio
from socketio.async_pubsub_manager import AsyncPubSubManager
from socketio.packet import Packet as SocketPacket

import alphasync
from alphasync.transport.socket_packets import MalformedPacket, StrictPacket
from alphasync.transport.touched import TOUCHED

SOURCE = Path(alphasync.__file__).parent
MAY_TOUCH = ("transport/", "realtime/manager.py", "store/redis/wire.py")
"""Where those libraries' own attributes may be used."""


async def instances() -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    server = socketio.AsyncServer(async_mode="aiohttp")
    pubsub = AsyncPubSubManager()
    pubsub.set_server(server)
    manager = web.Server(lambda _: web.Response())  # type: ignore[arg-type, return-value]
    protocol = RequestHandler(manager, loop=loop)
    queue = WebSocketDataQueue(protocol, 1, loop=loop)
    redis = redis_asyncio.Connection()
    return {
        "engineio.AsyncServer": server.eio,
        "socketio.AsyncServer": server,
        "socketio.packet.Packet": SocketPacket(),
        "socketio.AsyncPubSubManager": pubsub,
        "socketio.AsyncManager": socketio.AsyncManager(),
        "redis.asyncio.connection.AbstractConnection": redis,
        "redis.asyncio.connection.AbstractConnection._parser": redis._parser,
        "aiohttp.web_protocol.RequestHandler": protocol,
        "aiohttp.http.WebSocketReader": aiohttp.http.WebSocketReader(
            queue, 1, compress=False, decode_text=True
        ),
        "aiohttp._websocket.reader.WebSocketDataQueue": queue,
    }


NAMED_TUPLE = ("_replace", "_asdict")
"""Public all the same, as the standard library says."""
LATER = {("socketio.AsyncPubSubManager", "thread"): "initialize"}
"""Attributes that only exist once a method has run: that method's source has to set them."""
SIGNATURES: dict[tuple[str, str], str] = {
    ("engineio.AsyncServer", "_cors_allowed_origins"): "(environ)",
    ("engineio.AsyncServer", "_cors_headers"): "(environ)",
    ("engineio.AsyncServer", "_generate_sid_cookie"): "(sid, attributes)",
    ("engineio.AsyncServer", "_trigger_event"): "(event, *args, **kwargs)",
    ("socketio.AsyncServer", "_engineio_server_class"): "()",
    ("socketio.AsyncServer", "_handle_ack"): "(eio_sid, namespace, id, data)",
    ("socketio.AsyncServer", "_handle_connect"): "(eio_sid, namespace, data)",
    ("socketio.AsyncServer", "_handle_disconnect"): "(eio_sid, namespace, reason=None)",
    ("socketio.AsyncServer", "_handle_eio_connect"): "(eio_sid, environ)",
    ("socketio.AsyncServer", "_handle_eio_disconnect"): "(eio_sid, reason)",
    (
        "socketio.AsyncServer",
        "_handle_event_internal",
    ): "(server, sid, eio_sid, data, namespace, id)",
    ("socketio.AsyncServer", "_send_eio_packet"): "(eio_sid, eio_pkt)",
    ("socketio.AsyncServer", "_send_packet"): "(eio_sid, pkt)",
    ("socketio.packet.Packet", "add_attachment"): "(attachment)",
    ("socketio.packet.Packet", "decode"): "(encoded_packet)",
    ("socketio.packet.Packet", "encode"): "()",
    ("socketio.packet.Packet", "reconstruct_binary"): "(data, attachments)",
    ("socketio.AsyncManager", "_generate_ack_id"): "(sid, callback)",
    ("socketio.AsyncManager", "basic_disconnect"): "(sid, namespace, **kwargs)",
    ("socketio.AsyncManager", "basic_enter_room"): "(sid, namespace, room, eio_sid=None)",
    ("socketio.AsyncManager", "basic_leave_room"): "(sid, namespace, room)",
    ("socketio.AsyncManager", "connect"): "(sid, namespace)",
    ("socketio.AsyncManager", "eio_sid_from_sid"): "(sid, namespace)",
    (
        "socketio.AsyncManager",
        "emit",
    ): "(event, data, namespace, room=None, skip_sid=None, callback=None, to=None, **kwargs)",
    ("socketio.AsyncManager", "get_participants"): "(namespace, room)",
    ("socketio.AsyncManager", "get_rooms"): "(sid, namespace)",
    ("socketio.AsyncManager", "is_connected"): "(sid, namespace)",
    ("socketio.AsyncManager", "is_pre_connected"): "(sid, namespace)",
    ("socketio.AsyncManager", "is_sid_room"): "(namespace, room)",
    ("socketio.AsyncManager", "pre_connect"): "(eio_sid, namespace)",
    ("socketio.AsyncManager", "pre_disconnect"): "(sid, namespace)",
    ("socketio.AsyncManager", "sid_from_eio_sid"): "(eio_sid, namespace)",
    ("socketio.AsyncPubSubManager", "_handle_disconnect"): "(message)",
    ("socketio.AsyncPubSubManager", "_listen"): "()",
    ("socketio.AsyncPubSubManager", "_publish"): "(data)",
    (
        "redis.asyncio.connection.AbstractConnection._parser",
        "parse_error",
    ): "(response)",
    ("aiohttp.web_protocol.RequestHandler", "connection_lost"): "(exc)",
    ("aiohttp.web_protocol.RequestHandler", "set_parser"): "(parser, data_received_cb=None)",
    ("aiohttp.http.WebSocketReader", "feed_data"): "(data)",
    ("aiohttp._websocket.reader.WebSocketDataQueue", "feed_data"): "(data, size)",
    ("aiohttp._websocket.reader.WebSocketDataQueue", "feed_eof"): "()",
    ("aiohttp._websocket.reader.WebSocketDataQueue", "set_exception"): (
        "(exc, exc_cause=BaseException())"
    ),
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
        assert SIGNATURES[owner, name] == shape(member)


def shape(method: Any) -> str:
    """Names and defaults: annotations come and go, compiled or not."""
    parameters = inspect.signature(method).parameters.values()
    return str(inspect.Signature([p.replace(annotation=p.empty) for p in parameters]))


def test_every_pinned_signature_is_of_something_touched() -> None:
    assert {(o, n) for o, names in TOUCHED.items() for n in names} >= set(SIGNATURES)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "9", "2", "2[", '2{"a":1', "51-", "5x-[]", "2/", "2[1", "\ud83d"),
        *('2["\ud83d', "2" + "9" * 200, "2" + "[" * 100_000),
    ],
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


def test_the_installed_versions_are_those_that_are_allowed() -> None:
    project = tomllib.loads((SOURCE.parent / "pyproject.toml").read_text())["project"]
    for requirement in map(Requirement, project["dependencies"]):
        if requirement.name in ("aiohttp", "python-engineio", "python-socketio", "redis"):
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
    """The private names used in those places are those of the list, and no others."""
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
                for cls in (
                    engineio.AsyncServer,
                    socketio.AsyncServer,
                    AsyncPubSubManager,
                    SocketPacket,
                    WebSocketDataQueue,
                ):
                    if node.name.startswith("_") and not node.name.startswith("__"):
                        assert not hasattr(cls, node.name) or node.name in listed
