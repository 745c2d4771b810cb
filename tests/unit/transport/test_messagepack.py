"""Packets as MessagePack: what is taken of clients, and what they are sent."""

import struct
from typing import Any

import msgspec
import pytest

from alphasync.nesting import NESTING_MAX
from alphasync.transport.messagepack import ID_MAX, NUMBER_MAX, pack, read, unpack
from alphasync.transport.outgoing import Outgoing, message
from alphasync.transport.packing import Packed, Packing
from alphasync.transport.socket_packets import MalformedPacket, check

UNDEFINED = b"\xd4\0\0"


def written(**fields: Any) -> bytes:
    return msgspec.msgpack.encode({"type": 2, "nsp": "/", **fields})


def holding(payload: bytes) -> bytes:
    """An event with this argument."""
    head = b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa1x"
    return head + payload


def nested(depth: int) -> bytes:
    return b"\x91" * depth + b"\x90"


REFUSED: dict[str, str | bytes] = {
    "a text": '2["x"]',
    "nothing": b"",
    "no map": b"\x02",
    "an array": b"\x93\x02\xa1/\x90",
    "half a packet": written(data=["x"])[:-1],
    "more behind it": written(data=["x"]) + b"\xc0",
    "no type": msgspec.msgpack.encode({"nsp": "/", "data": ["x"]}),
    "no namespace": msgspec.msgpack.encode({"type": 2, "data": ["x"]}),
    "a type that is a text": written(type="2", data=["x"]),
    "a type that is true": written(type=True, data=["x"]),
    "a type with a fraction": written(type=2.0, data=["x"]),
    "connect_error": written(type=4, data={"message": "no"}),
    "a binary event": written(type=5, data=["x"]),
    "a negative type": written(type=-1, data=["x"]),
    "a namespace without a slash": written(nsp="x", data=["x"]),
    "no text for a namespace": written(nsp=1, data=["x"]),
    "a namespace that JSON could not name": written(nsp="/a,b", data=["x"]),
    "a field that is none": written(data=["x"], more=1),
    "a name of a field that is no text": b"\x84\x01\x02" + written(data=["x"])[1:],
    "a negative id": written(data=["x"], id=-1),
    "an id that is too long": written(data=["x"], id=ID_MAX + 1),
    "an id that is undefined": b"\x84\xa2id" + UNDEFINED + written(data=["x"])[1:],
    "no array": written(data={"x": 1}),
    "no payload": written(),
    "an empty payload": written(data=[]),
    "a name that is no text": written(data=[1]),
    "a reserved name": written(data=["disconnect", "sid"]),
    "an acknowledgement without an id": written(type=3, data=[]),
    "a disconnect with a payload": written(type=1, data=[]),
    "credentials that are none": written(type=0, data=["token"]),
    "a number beyond those that are exact": holding(msgspec.msgpack.encode(NUMBER_MAX + 1)),
    "the same below zero": holding(msgspec.msgpack.encode(-NUMBER_MAX - 1)),
    "64 bits": holding(b"\xcf" + b"\xff" * 8),
    "NaN": holding(b"\xcb" + struct.pack(">d", float("nan"))),
    "infinity": holding(b"\xcb" + struct.pack(">d", float("inf"))),
    "infinity in 32 bits": holding(b"\xca\xff\x80\0\0"),
    "no UTF-8": holding(b"\xa1\xff"),
    "half an emoji": holding(b"\xa3\xed\xa0\xbd"),
    "a name that is no UTF-8": holding(b"\x81\xa1\xff\x01"),
    "a time": holding(b"\xd6\xff\0\0\0\1"),
    "the time of the official client": holding(b"\xd7\0" + b"\0" * 8),
    "an extension": holding(b"\xc7\x03\x07abc"),
    "an extension like undefined": holding(b"\xd4\0\1"),
    "a number for a name": holding(b"\x81\x01\x02"),
    "an array for a name": holding(b"\x81\x91\x01\x02"),
    "undefined for a name": holding(b"\x81" + UNDEFINED + b"\x02"),
    "bytes for a name": holding(b"\x81\xc4\x01a\x02"),
    "too deep": holding(nested(NESTING_MAX - 1)),
    "objects that are too deep": holding(b"\x81\xa1a" * NESTING_MAX + b"\xc0"),
    "far too deep": holding(nested(60_000)),
    "an array without end": holding(b"\xdd\xff\xff\xff\xff"),
    "an object without end": holding(b"\xdf\xff\xff\xff\xff\xa1a"),
    "a text without end": holding(b"\xdb\xff\xff\xff\xffa"),
    "a byte without a meaning": holding(b"\xc1"),
    "one binary value too many": holding(b"\x93\xc4\x01a\xc4\x01b\xc4\x01c"),
}


@pytest.mark.parametrize("packet", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(packet: str | bytes) -> None:
    with pytest.raises(MalformedPacket):
        check(read(packet, 2)[0])


@pytest.mark.parametrize("around", [b"", b"\x91", b"\x81\xa1a", b"\x91" * (NESTING_MAX - 3)])
def test_no_many_names_come_to_be_that_are_no_text(around: bytes) -> None:
    """With the hashes that they have on purpose each would be compared with all the others."""
    names = b"".join(
        b"\x92" + msgspec.msgpack.encode(number) + b"\x01\x00" for number in range(500)
    )
    many = holding(around + b"\xde\x01\xf4" + names)
    with pytest.raises(MalformedPacket, match="Expected `str`, got `array`"):
        read(many, 0)


@pytest.mark.parametrize(
    "large", [[0] * 9_000, {"a": [[0] * 2_000] * 5}, dict.fromkeys(map(str, range(9_000)), 0)]
)
def test_there_are_so_many_values_at_most(large: Any) -> None:
    with pytest.raises(MalformedPacket, match="too many values"):
        value_of(msgspec.msgpack.encode(large))


def test_a_large_part_deep_inside() -> None:
    deep: Any = {"a": ["x" * 2_000, {"b": ["y" * 3_000, *range(1_000)]}]}
    for _ in range(NESTING_MAX - 6):
        deep = [deep, "z"]
    assert value_of(msgspec.msgpack.encode(deep)) == deep
    with pytest.raises(MalformedPacket):
        value_of(b"\x91" * 100 + msgspec.msgpack.encode("x" * 2_000))


def test_of_what_the_client_notes_for_its_own_nothing_is_made() -> None:
    assert read(written(data=["x"], options=msgspec.Raw(b"\x81\x91\x01\xa1\xff")), 0)[0].data == [
        "x"
    ]


def value_of(packet: bytes, binary_max: int = 0) -> Any:
    return read(holding(packet), binary_max)[0].data[1]


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 0, -1, NUMBER_MAX, -NUMBER_MAX, 0.5, -0.0, 1e300, "", "x" * 70_000),
        *("ünï 👋 \x00", [], {}, [[1, "2", {"a": [None]}]], {"": {"x": [{}]}}, list(range(100))),
        {f"{number}": number for number in range(70_000 // 10)},
    ],
)
def test_what_json_can_say_is_taken(value: object) -> None:
    assert value_of(msgspec.msgpack.encode(value)) == value


def test_it_may_be_as_deep_as_json() -> None:
    assert value_of(nested(NESTING_MAX - 2)) is not None


def test_undefined_is_what_it_is_in_json() -> None:
    assert value_of(b"\x92" + UNDEFINED + b"\x83\xa1a" + UNDEFINED + b"\xa1b\x01\xa1c\xc0") == [
        None,
        {"b": 1, "c": None},
    ]
    assert value_of(UNDEFINED) is None
    connect = b"\x83\xa4type\x00\xa3nsp\xa1/\xa4data" + UNDEFINED
    assert read(connect, 0)[0].data is None


def test_of_a_name_that_is_there_twice_the_last_counts_as_in_json() -> None:
    assert value_of(b"\x82\xa1a\x01\xa1a\x02") == msgspec.json.decode('{"a":1,"a":2}')


def test_as_many_binary_values_as_may_be() -> None:
    two = b"\x92\xc4\x01a\x81\xa1b\xc4\x01b"
    assert value_of(two, 2) == [b"a", {"b": b"b"}]
    with pytest.raises(MalformedPacket):
        value_of(two, 1)


def test_a_packet_that_is_read() -> None:
    whole = written(nsp="/x?token=1", data=["x", 1], id=7, options={"compress": True})
    packet, size = read(whole, 0)
    assert size == len(whole)
    assert (packet.packet_type, packet.namespace, packet.data, packet.id) == (2, "/x", ["x", 1], 7)


def test_many_small_values_count_as_more_than_they_are_long() -> None:
    smalls: tuple[Any, ...] = (1, [], {}, [[1]])
    for small in smalls:
        many = written(data=["x", [small] * 1_000])
        assert read(many, 0)[1] > 1_000 * 16 > len(many)


PACKETS: dict[str, dict[str, Any]] = {
    '2["x",{"a":[1,0.5,"ü",null,true]}]': {
        "type": 2,
        "nsp": "/",
        "data": ["x", {"a": [1, 0.5, "ü", None, True]}],
    },
    '2/custom,12["x"]': {"type": 2, "nsp": "/custom", "data": ["x"], "id": 12},
    "30[]": {"type": 3, "nsp": "/", "data": [], "id": 0},
    '0{"sid":"x"}': {"type": 0, "nsp": "/", "data": {"sid": "x"}},
    "1": {"type": 1, "nsp": "/"},
    "1/custom,": {"type": 1, "nsp": "/custom"},
    '4/a,"no"': {"type": 4, "nsp": "/a", "data": "no"},
}


@pytest.mark.parametrize("text", PACKETS)
def test_packets_of_ours_have_exactly_these_fields(text: str) -> None:
    """The official client takes a field that is null for one that is there, and gives up."""
    packed = pack(text)
    assert msgspec.msgpack.decode(packed) == PACKETS[text]
    assert unpack(packed) == text


def test_binary_parts_stand_where_they_belong() -> None:
    text = '52-7["x",{"_placeholder":true,"num":1},[{"_placeholder":true,"num":0}]]'
    packet = msgspec.msgpack.decode(pack(text, [b"one", b"two"]))
    assert packet == {"type": 2, "nsp": "/", "data": ["x", b"two", [b"one"]], "id": 7}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('["x","\\ud83d","👋"]', ["x", "\ufffd", "👋"]),
        (f'["x",{2**64},{{"\\ud83d":{10**30}}}]', ["x", 2.0**64, {"\ufffd": 1e30}]),
    ],
)
def test_what_messagepack_cannot_say_is_said_as_well_as_it_can(text: str, value: object) -> None:
    assert msgspec.msgpack.decode(pack(f"2{text}"))["data"] == value


def test_what_is_no_packet_is_not_packed() -> None:
    with pytest.raises(MalformedPacket):
        pack("x")


def test_the_same_message_is_packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[str] = []

    def noted(text: str, attachments: Any = ()) -> bytes:
        packed.append(text)
        return pack(text, attachments)

    monkeypatch.setattr("alphasync.transport.messagepack.pack", noted)
    packing = Packing()
    first, second = message('2["a"]'), message('2["b"]')
    assert [packing.of(first) for _ in range(3)] == [packing.of(first)] * 3
    assert packing.of(second).binary
    assert packed == ['2["a"]', '2["b"]']


@pytest.mark.parametrize("packet", [Outgoing("2"), Outgoing("6"), Outgoing(b"x"), Packed(b"x")])
def test_what_is_no_message_goes_as_it_is(packet: Outgoing) -> None:
    assert Packing().of(packet) is packet


def test_a_packed_message_says_what_it_is_also_after_a_move() -> None:
    packed = Packing().of(message('2["progress",{"run":1}]'))
    assert packed.said == '2["progress",{"run":1}]'
    assert Packed.of(packed.text).said == packed.said
    assert Packed.of("2").said == ""
    assert Outgoing.of(packed.text).said == "", "of somebody else it is an attachment"
