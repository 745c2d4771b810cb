"""A typed text is read in fewer steps than any other event, and as it would be in all of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from socketio.packet import EVENT

from alphasync.errors import InvalidPayload
from alphasync.nesting import NESTING_MAX
from alphasync.protocol.draft_commands import DRAFT_MAX, UpdateMessage
from alphasync.protocol.parsing import parse, read_text
from alphasync.transport.socket_packets import MalformedPacket, StrictPacket, check, plain_event
from tests.unit.protocol.payloads import NEEDED, WRONG

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
    packet = StrictPacket(encoded_packet=message, binary=False)
    check(packet)
    data: Any = packet.data
    if packet.packet_type != EVENT or packet.namespace or data[0] != "updateMessage":
        raise MalformedPacket("another packet")
    return packet.id, ["updateMessage", parse(UpdateMessage, tuple(data[1:]))]


def agree(message: str) -> bool:
    """Whether the short way takes it; then the long way does, and to the same."""
    found = plain_event(message, read_text)
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
