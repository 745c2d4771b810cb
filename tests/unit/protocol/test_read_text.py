"""A typed text is read in fewer steps than any other event, and as it would be in all of them."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from socketio.packet import EVENT

from alphasync.errors import InvalidPayload
from alphasync.nesting import NESTING_MAX
from alphasync.protocol.draft_commands import DRAFT_MAX, UpdateMessage
from alphasync.protocol.parsing import parse, read_packed_text, read_text
from alphasync.transport.messagepack import NUMBER_MAX, read
from alphasync.transport.socket_packets import (
    MalformedPacket,
    PlainEvent,
    StrictPacket,
    check,
    plain_event,
)
from alphasync.transport.taking import Shortcut
from tests.unit.protocol.payloads import NEEDED, WRONG

SHORTCUT = Shortcut(read_text, read_packed_text)
LEAST = NEEDED[UpdateMessage]
PLAIN: list[dict[str, Any]] = [
    LEAST,
    {**LEAST, "type": "mail", "message": "", "profileId": 7},
    {**LEAST, "message": '\u00e9\U0001f642 "quoted" [{\'', "base": 0, "caret": 3},
    {**LEAST, "message": "x" * (DRAFT_MAX + 1)},
    {**LEAST, "operatorId": {"any": ["thing"]}, "deviceId": None},
]
ODD: list[dict[str, Any]] = [
    *({**LEAST, field: wrong} for field in LEAST for wrong in WRONG[field]),
    *({name: LEAST[name] for name in LEAST if name != field} for field in LEAST),
    {},
    {**LEAST, "odd": 1},
    {**LEAST, "profile_id": "1"},
    {**LEAST, "profileId": "a\nb"},
    {**LEAST, "profileId": 10**200},
    {**LEAST, "message": "\ud83d"},
    {**LEAST, "operatorId": float("nan")},
    {**LEAST, "base": -1},
    {**LEAST, "base": 2**53},
    {**LEAST, "base": 1.0},
    {**LEAST, "caret": 6},
    {**LEAST, "caret": -1},
]
NAME = '"updateMessage"'
ARRAYS = [
    "",
    "[",
    "null",
    "[]",
    f"[{NAME}]",
    f"[{NAME},null]",
    f"[{NAME},[]]",
    f"[{NAME},{json.dumps(LEAST)},1]",
    f"[ {NAME},{json.dumps(LEAST)}]",
    f"[{NAME}, {json.dumps(LEAST)} ] ",
    f"[{NAME},{json.dumps(LEAST)}]]",
    f"[{NAME},{json.dumps(LEAST)},]",
    f'["clearMessage",{json.dumps(LEAST)}]',
    f'["updateMessag\\u0065",{json.dumps(LEAST)}]',
    f'[{NAME},{json.dumps(LEAST)[:-1]},"message":"twice"}}]',
    f'[{NAME},{json.dumps(LEAST)[:-1]},"message":1}}]',
    f'[{NAME},{json.dumps(LEAST)[:-1]},"operatorId":{"[" * NESTING_MAX}{"]" * NESTING_MAX}}}]',
]
BEGINS = ["2", "20", "2007", f"2{'9' * 15}", f"2{'9' * 16}", "2/,5", "2/admin,5", "21-", "25x", "3"]
BEGINS += ["2\u0661", "2 ", "", "02"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(-9, 9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("profileId", "type", "message", "base", "caret", "operatorId", "deviceId")


def event(payload: object, *, ascii: bool = True) -> str:
    return f"[{NAME},{json.dumps(payload, ensure_ascii=ascii)}]"


def the_long_way(message: str) -> tuple[int | None, list[Any]]:
    """Id, name and command. Raises MalformedPacket and InvalidPayload."""
    return parsed(StrictPacket(encoded_packet=message, binary=False))


def parsed(packet: Any) -> tuple[int | None, list[Any]]:
    check(packet)
    data: Any = packet.data
    if (
        packet.packet_type != EVENT
        or packet.namespace not in (None, "/")
        or data[0] != "updateMessage"
    ):
        raise MalformedPacket("another packet")
    return packet.id, ["updateMessage", parse(UpdateMessage, tuple(data[1:]))]


def agree(message: str) -> bool:
    """Whether the short way takes it; then the long way does, and to the same."""
    found = plain_event(message, SHORTCUT)
    if found is None:
        return False
    assert (found.packet_type, found.namespace) == (EVENT, None)
    assert (found.id, found.data) == the_long_way(message)
    return True


@pytest.mark.parametrize("payload", PLAIN)
@pytest.mark.parametrize("ascii", [True, False])
def test_plain_ones_are_read_at_once(payload: dict[str, Any], ascii: bool) -> None:
    assert agree(f"217{event(payload, ascii=ascii)}")
    data = read_text(event(payload, ascii=ascii))
    assert data is not None
    assert parse(UpdateMessage, tuple(data[1:])) is data[1]


@pytest.mark.parametrize("payload", ODD)
def test_odd_ones_are_left_to_the_long_way(payload: dict[str, Any]) -> None:
    assert not agree(f"2{event(payload)}")


@pytest.mark.parametrize("array", ARRAYS)
def test_arrays_of_other_forms(array: str) -> None:
    agree(f"25{array}")


@pytest.mark.parametrize("begin", BEGINS)
def test_other_packets(begin: str) -> None:
    assert agree(f"{begin}{event(LEAST)}") == (begin in ("2", "20", "2007", f"2{'9' * 15}"))


def test_one_that_is_nested_too_deeply_is_refused_as_ever() -> None:
    deep = {**LEAST, "operatorId": json.loads("[" * NESTING_MAX + "]" * NESTING_MAX)}
    assert not agree(f"2{event(deep)}")
    with pytest.raises(MalformedPacket, match="nested too deeply"):
        the_long_way(f"2{event(deep)}")


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES), st.booleans())
def test_whatever_the_fields_are(fields: dict[str, Any], least: bool) -> None:
    message = f"2{event({**(LEAST if least else {}), **fields})}"
    if not agree(message):
        with pytest.raises((MalformedPacket, InvalidPayload)):
            the_long_way(message)


def packed(payload: object, *more: object, **fields: object) -> bytes:
    data = ["updateMessage", payload, *more]
    return msgspec.msgpack.encode({"type": 2, "nsp": "/", "data": data, "id": 7, **fields})


def agree_packed(message: bytes) -> bool:
    found, size = read(message, 10, SHORTCUT)
    if not isinstance(found, PlainEvent):
        return False
    packet, counted = read(message, 10)
    assert (found.id, found.data) == parsed(packet)
    assert size // 1024 == counted // 1024
    return True


PLAIN_PACKED: list[dict[str, Any]] = [
    *PLAIN[:-1],
    {**LEAST, "operatorId": "7", "deviceId": ""},
    {**LEAST, "profileId": NUMBER_MAX},
]
LONG_WAY_PACKED: list[dict[Any, Any]] = [
    *(odd for odd in ODD if odd.get("message") != "\ud83d" and odd.get("profileId") != 10**200),
    PLAIN[-1],
    {**LEAST, "message": b"Hello"},
    {**LEAST, "profileId": NUMBER_MAX + 1},
    {**LEAST, "operatorId": NUMBER_MAX + 1},
    {**LEAST, "operatorId": {b"a": 1}},
    {**LEAST, "deviceId": msgspec.msgpack.Ext(0, b"\0")},
    {**LEAST, "deviceId": msgspec.msgpack.Ext(1, b"\0")},
    {**LEAST, 1: 1},
]


@pytest.mark.parametrize("payload", PLAIN_PACKED)
def test_plain_ones_in_messagepack_are_read_at_once(payload: dict[str, Any]) -> None:
    assert agree_packed(packed(payload))


@pytest.mark.parametrize("payload", LONG_WAY_PACKED)
def test_odd_ones_in_messagepack_are_left_to_the_long_way(payload: dict[Any, Any]) -> None:
    message = packed(payload)
    assert read_packed_text(msgspec.Raw(msgspec.msgpack.encode(["updateMessage", payload]))) is None
    try:
        packet, size = read(message, 10)
    except MalformedPacket as error:
        with pytest.raises(MalformedPacket, match=re.escape(str(error))):
            read(message, 10, SHORTCUT)
    else:
        found, counted = read(message, 10, SHORTCUT)
        assert (found.data, counted) == (packet.data, size)


@pytest.mark.parametrize(
    "message",
    [packed(LEAST, 1), packed(LEAST, nsp="/admin"), packed(LEAST, type=3), packed(None)],
    ids=["two", "elsewhere", "an acknowledgement", "none"],
)
def test_other_packets_in_messagepack(message: bytes) -> None:
    assert not agree_packed(message)
