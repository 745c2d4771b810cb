"""Engine.IO: queries of handshakes, bodies of polling, and frames of WebSockets."""

import base64
import struct

from hypothesis import strategies as st

from tests.conformance.frames import BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT, frame
from tests.faults.malformed import socket_packets
from tests.faults.malformed.values import to_bytes

SEPARATOR = "\x1e"
RESERVED_BITS = (0x40, 0x20, 0x10)
CODES = (0, 1, 999, 1000, 1001, 1002, 1004, 1005, 1006, 1007, 1015, 2999, 3000, 4999, 5000, 65_535)
LENGTHS = (0, 1, 125, 126, 127, 65_535, 65_536, 10**6, 2**31, 2**63 - 1, 2**63, 2**64 - 1)

names = st.sampled_from(["EIO", "transport", "sid", "t", "j", "b64", "x", "%ff", "", "EIO[]"])
arguments = st.one_of(
    st.sampled_from(["4", "3", "", "polling", "websocket", "x", "0", "1", "%00", "%ff", "%c3%a9"]),
    st.sampled_from(["%", "+", "[]", "4.0", "x" * 3_000, "constructor", "a.b", "..", "true", "-1"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=8),
)
pairs = st.lists(st.tuples(names, arguments), max_size=5)


@st.composite
def query(draw: st.DrawFn) -> str:
    """Right but for what comes behind it, or anything."""
    right = [("EIO", "4"), ("transport", draw(st.sampled_from(["polling", "websocket"])))]
    found = (right if draw(st.booleans()) else []) + draw(pairs)
    return "&".join(f"{name}={value}" for name, value in draw(st.permutations(found)))


packets = st.one_of(
    socket_packets.packet().map(lambda text: f"4{text}"),
    st.sampled_from(
        ["", "0", "1", "2", "2probe", "3", "5", "6", "7", "9", "4", "b", "b!", "bAA=="]
    ),
    st.sampled_from(["40", "41", "42", "4" + "x" * 40_000, "2" * 300, "\x00", "b" + "A" * 9_000]),
    st.binary(max_size=12).map(lambda raw: f"b{base64.b64encode(raw).decode()}"),
    st.text(max_size=12),
)
body = st.one_of(
    st.lists(packets, max_size=5).map(lambda found: to_bytes(SEPARATOR.join(found))),
    st.lists(packets, max_size=5).map(lambda found: to_bytes(f"d={SEPARATOR.join(found)}")),
    st.binary(max_size=40),
)
payloads = st.one_of(
    packets.map(to_bytes),
    st.binary(max_size=130),
    st.sampled_from([b"\xff", b"4\xed\xa0\xbd", b""]),
)
opcodes = st.one_of(
    st.sampled_from([TEXT, TEXT, BINARY, CONTINUATION, PING, PONG]), st.integers(0, 15)
)
firsts = st.one_of(
    st.just(FIN),
    st.sampled_from(
        [0, FIN | RESERVED_BITS[0], FIN | RESERVED_BITS[1], RESERVED_BITS[2], FIN | 0x70]
    ),
)


@st.composite
def one_frame(draw: st.DrawFn) -> bytes:
    masked = draw(st.sampled_from([True, True, True, False]))
    return frame(draw(opcodes), draw(payloads), first=draw(firsts), masked=masked)


@st.composite
def closing(draw: st.DrawFn) -> bytes:
    code = struct.pack("!H", draw(st.sampled_from(CODES)))
    return frame(CLOSE, draw(st.sampled_from([b"", b"\x03", code])) + draw(st.binary(max_size=130)))


@st.composite
def lying(draw: st.DrawFn) -> bytes:
    """A frame that says another length than it has, perhaps in more bytes than it needs."""
    head = bytes([draw(firsts) | draw(opcodes)])
    length = draw(st.sampled_from(LENGTHS))
    size = draw(st.sampled_from([126, 127]))
    said = length & 0xFFFF if size == 126 else length
    long = struct.pack("!H" if size == 126 else "!Q", said)
    return head + bytes([0x80 | size]) + long + draw(st.binary(max_size=60))


KINDS_OF_FRAMES: dict[str, st.SearchStrategy[bytes]] = {
    "frames": st.lists(one_frame(), min_size=1, max_size=6).map(b"".join),
    "closing": st.lists(st.one_of(closing(), one_frame()), min_size=1, max_size=3).map(b"".join),
    "lengths": st.lists(st.one_of(lying(), one_frame()), min_size=1, max_size=3).map(b"".join),
    "cut off": st.tuples(one_frame(), st.integers(0, 20)).map(lambda cut: cut[0][: cut[1]]),
    "bytes": st.binary(min_size=1, max_size=80),
}
RIGHT = {"plain": "EIO=4&transport=polling", "upgrade": "EIO=4&transport=websocket"}
KINDS_OF_HANDSHAKES = {
    f"{method} {what}": st.one_of(st.just(RIGHT[what]), *[query()] * 3).map(
        lambda text, method=method, what=what: (method, text, what == "upgrade")  # type: ignore[misc]
    )
    for method, what in (
        *(("GET", "plain"), ("GET", "upgrade"), ("POST", "plain"), ("OPTIONS", "plain")),
        *(("PUT", "plain"), ("DELETE", "plain")),
    )
}
KINDS_OF_BODIES = {
    "before connecting": body.map(lambda raw: (False, raw)),
    "connected": body.map(lambda raw: (True, raw)),
}
