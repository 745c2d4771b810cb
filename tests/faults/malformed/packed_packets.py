"""Socket.IO packets as MessagePack: whole ones with odd values, and bytes that are none."""

import struct
from typing import Any

import msgspec
from hypothesis import strategies as st

from tests.faults.malformed.socket_packets import EVENTS, event
from tests.faults.malformed.values import Pairs, Verbatim, marred, odd, texts, to_bytes

GOOD: dict[str, Any] = {
    "type": 2,
    "nsp": "/",
    "data": ["heartbeat", {}],
    "id": 5,
    "options": {"compress": True},
}
BYTES = (
    *(
        b"\xc1",
        b"\xd4\0\0",
        b"\xd4\0\1",
        b"\xc7\x03\x07abc",
        b"\xd6\xff\0\0\0\1",
        b"\xd7\0" + b"\0" * 8,
    ),
    *(b"\xc4\x03abc", b"\xc6\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff"),
    *(b"\xdf\xff\xff\xff\xff", b"\xa1\xff", b"\xa3\xed\xa0\xbd", b"\xcb\x7f\xf8" + b"\0" * 6),
    *(b"\xca\xff\x80\0\0", b"\xcf" + b"\xff" * 8, b"\xd3\x80" + b"\0" * 7, b"\x81\x01\x02"),
    *(b"\x81\x91\x01\x02", b"\x82\xa1a\x01\xa1a\x02", b"\xdc\0\x01\x01", b"\xce\0\0\0\x01"),
    *(b"\x91" * 63 + b"\x90", b"\x91" * 64 + b"\x90", b"\x91" * 60_000 + b"\x90"),
    *(b"\x81\xa1a" * 64 + b"\xc0", b"\xdc\xea\x60" + b"\x80" * 60_000, b"\xd9\x05abc"),
)
"""Values that JSON has not, or that are cut off."""


def packed(value: Any) -> bytes:
    """As MessagePack, or what looks like it."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, Verbatim):
        return to_bytes(value.text)[:60_000]
    if isinstance(value, Pairs):
        return _map(value.items)
    if isinstance(value, dict):
        return _map(tuple(value.items()))
    if isinstance(value, list | tuple):
        return struct.pack("!BI", 0xDD, len(value)) + b"".join(map(packed, value))
    if isinstance(value, str):
        text = to_bytes(value)
        return struct.pack("!BI", 0xDB, len(text)) + text
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return b"\xcf" + b"\xff" * 8
    return msgspec.msgpack.encode(value)


def _map(items: tuple[tuple[Any, Any], ...]) -> bytes:
    head = struct.pack("!BI", 0xDF, len(items))
    return head + b"".join(packed(name) + packed(value) for name, value in items)


def _alone(packet: bytes) -> list[str | bytes]:
    return [packet]


_odd = st.one_of(odd, st.sampled_from(BYTES))


@st.composite
def _event(draw: st.DrawFn) -> bytes:
    """One that is written as it should be, with whatever in it."""
    name = draw(st.one_of(st.sampled_from(EVENTS), texts))
    return packed({**GOOD, "data": [name, *draw(st.lists(odd, max_size=3))]})


_holding = st.sampled_from(BYTES).map(lambda raw: packed({**GOOD, "data": ["heartbeat", raw]}))
_good = msgspec.msgpack.encode(GOOD)
_text = event().map(lambda text: f"4{text}")
KINDS: dict[str, st.SearchStrategy[list[str | bytes]]] = {
    "packets": st.one_of(st.just(_good), *[marred(GOOD, _odd).map(packed)] * 3).map(_alone),
    "events": st.one_of(st.just(_good), *[_event()] * 3).map(_alone),
    "what JSON has not": _holding.map(_alone),
    "cut off": st.integers(0, len(_good) - 1).map(lambda size: [_good[:size]]),
    "bytes": st.binary(max_size=40).map(_alone),
    "in a row": st.lists(st.one_of(_event(), _holding, _text), min_size=2, max_size=4),
}
