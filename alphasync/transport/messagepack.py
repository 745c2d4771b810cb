"""Socket.IO packets as MessagePack, for clients with ``socket.io-msgpack-parser``.

A packet is one binary message, a map: ``type``, ``nsp`` and, where there are such, ``data`` and
``id``. The form is that of python-socketio's ``MsgPackPacket``. What is in it is bound as in JSON:
by what JSON can say, and how deep.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta
from socketio.packet import ACK, BINARY_ACK, BINARY_EVENT, CONNECT, EVENT
from socketio.packet import Packet as SocketPacket

from alphasync.nesting import NESTING_MAX
from alphasync.transport.socket_packets import HEADER, MalformedPacket, PlainEvent
from alphasync.transport.taking import Shortcut

NUMBER_MAX = 2**53
"""What JavaScript counts to exactly."""
ID_MAX = 10**15 - 1
"""Of an acknowledgement: as many digits as in JSON."""
UNDEFINED = 0, b"\0"
"""The one extension that is taken, type and value: the official client writes ``undefined`` so, and
leaves it in its packets."""
VALUE_SIZE = 16
"""Bytes that a value counts as, at least: there may be one in each byte of a packet, and to look at
so many takes as long as to read a text many times as long."""
NAMES_UNSEEN_MAX = 1024
"""Bytes of a part whose names need no look before it is read: so few names do no harm."""
MEMBERS_MAX = 8192
"""Of the larger parts of a packet: to look through more takes too long, and what is meant for us
has a hundred."""
ARRAYS = frozenset((*range(0x90, 0xA0), 0xDC, 0xDD))
"""First bytes of these."""
MAPS = frozenset((*range(0x80, 0x90), 0xDE, 0xDF))
SIZES = {0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}
"""Of those with many members: the bytes behind the first that say how many."""
UNBINARY = {BINARY_EVENT: EVENT, BINARY_ACK: ACK}
"""Binary parts stand where they belong: MessagePack needs no types of packets for them."""


class _Packet(msgspec.Struct, forbid_unknown_fields=True):
    type: Annotated[int, Meta(ge=CONNECT, le=ACK)]
    nsp: Annotated[str, Meta(pattern=r"\A/[^,]*\Z")]
    data: msgspec.Raw = msgspec.Raw(b"\xc0")
    id: Annotated[int, Meta(ge=0, le=ID_MAX)] | None = None
    options: msgspec.Raw = msgspec.Raw(b"\xc0")
    """What the official client notes for its own transport; nothing is made of it."""


def _undefined(code: int, data: memoryview) -> object:
    if (code, bytes(data)) == UNDEFINED:
        return UNSET
    raise MalformedPacket("an extension type")


_decoder = msgspec.msgpack.Decoder(_Packet)
_value = msgspec.msgpack.Decoder(ext_hook=_undefined)
_array = msgspec.msgpack.Decoder(list[msgspec.Raw])
_map = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_encoder = msgspec.msgpack.Encoder()


def read(
    message: str | bytes, binary_max: int, shortcut: Shortcut | None = None
) -> tuple[SocketPacket | PlainEvent, int]:
    """The packet in a client's message, and the bytes that it counts as.

    ``binary_max``: binary values in one packet. Raises MalformedPacket, as StrictPacket does.
    """
    if isinstance(message, str):
        raise MalformedPacket("a text, where MessagePack is spoken")
    try:
        found = _decoder.decode(message)
        if shortcut is not None and found.type == EVENT and found.nsp == "/":
            event = shortcut.packed(found.data)
            if event is not None:
                return PlainEvent(event, found.id), len(message)
        if len(message) > NAMES_UNSEEN_MAX:
            _check_names(found.data)
        data = _value.decode(found.data)
        values = _check(data, binary_max)
    except (ValueError, RecursionError) as error:
        raise MalformedPacket(str(error)) from None
    namespace = found.nsp.partition("?")[0]
    packet = SocketPacket(
        found.type, None if data is UNSET else data, namespace, found.id, binary=False
    )
    return packet, max(len(message), values * VALUE_SIZE)


def _check_names(data: msgspec.Raw) -> None:
    """Raises ValueError for a name that is no text. Arrays that are names have a hash that anybody
    can work out, and some thousand of them with the same one keep a server busy for a second: they
    must not come to be in a map."""
    level, members = [data], 0
    for _ in range(NESTING_MAX + 1):
        inner: list[msgspec.Raw] = []
        for part in level:
            members += _announced(part)
            if members > MEMBERS_MAX:
                raise MalformedPacket("too many values")
            first = memoryview(part)[0]
            if first in ARRAYS:
                inner += _array.decode(part)
            elif first in MAPS:
                inner += _map.decode(part).values()
        level = [part for part in inner if len(memoryview(part)) > NAMES_UNSEEN_MAX]
        if not level:
            return
    raise MalformedPacket("nested too deeply")


def _announced(part: msgspec.Raw) -> int:
    """How many members it says that it has; 0 for fewer than 16."""
    size = SIZES.get(memoryview(part)[0], 0)
    return int.from_bytes(memoryview(part)[1 : 1 + size], "big")


def _check(data: object, binary_max: int) -> int:
    """How many values there are. Raises ValueError for what JSON cannot say, binary ones apart.

    What is ``undefined`` is made what it is in JSON: null in an array, and nothing in an object.
    """
    level: list[Any] = [[data]]
    depth = binary = count = 0
    while level:
        depth += 1
        inner: list[Any] = []
        for holder in level:
            is_map = type(holder) is dict
            if is_map and not all(type(name) is str for name in holder):
                raise MalformedPacket("a name that is no text")
            values = holder.values() if is_map else holder
            count += len(holder)
            undefined = False
            for value in values:
                kind = type(value)
                if kind is str or kind is bool or value is None:
                    continue
                if kind is list or kind is dict:
                    if depth > NESTING_MAX:
                        raise MalformedPacket("nested too deeply")
                    if value:
                        inner.append(value)
                elif kind is int:
                    if not -NUMBER_MAX <= value <= NUMBER_MAX:
                        raise MalformedPacket("a number beyond those that are exact")
                elif kind is float:
                    if value - value != 0.0:
                        raise MalformedPacket("a number that is none, or infinite")
                elif kind is bytes:
                    binary += 1
                    if binary > binary_max:
                        raise MalformedPacket("too many binary values, or any")
                elif value is UNSET:
                    undefined = True
                else:
                    raise MalformedPacket("a time")
            if undefined:
                _leave_out(holder)
        level = inner
    return count


def _leave_out(holder: Any) -> None:
    if isinstance(holder, list):
        holder[:] = [None if value is UNSET else value for value in holder]
        return
    for name in [name for name, value in holder.items() if value is UNSET]:
        del holder[name]


def pack(text: str, attachments: Sequence[bytes] = ()) -> bytes:
    """A packet of ours from its JSON form, with its binary parts. Raises MalformedPacket."""
    header = HEADER.match(text)
    if header is None:
        raise MalformedPacket("no packet")
    kind, _, namespace, ack = header.groups()
    packet: dict[str, Any] = {"type": UNBINARY.get(int(kind), int(kind)), "nsp": namespace or "/"}
    payload = text[header.end() :]
    if payload:  # the official client takes a null for a payload, too, and a disconnect has none
        data = _decoded(payload)
        packet["data"] = SocketPacket.reconstruct_binary(data, attachments) if attachments else data
    if ack:
        packet["id"] = int(ack)
    try:
        return _encoder.encode(packet)
    except (OverflowError, UnicodeEncodeError):
        return _encoder.encode(_mended(packet))


def _decoded(payload: str) -> Any:
    try:
        return msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return json.loads(payload)  # half of a surrogate pair, and NaN: Python writes them


def _mended(value: Any) -> Any:
    """Without what MessagePack cannot say and JSON can: half of a surrogate pair, and whole numbers
    of more than 64 bits. A client in JavaScript knows neither."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(name): _mended(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)
    return value


def unpack(packed: bytes) -> str:
    """The JSON form of a packet of ours that has no binary values."""
    packet = msgspec.msgpack.decode(packed)
    namespace = "" if packet["nsp"] == "/" else f"{packet['nsp']},"
    payload = msgspec.json.encode(packet["data"]).decode() if "data" in packet else ""
    return f"{packet['type']}{namespace}{packet.get('id', '')}{payload}"
