"""The frames of a WebSocket that bring no message are counted."""

import pytest

from alphasync.transport.incoming import FRAGMENT_MIN, Fragments
from tests.conformance.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

LARGE, SMALL = b"x" * FRAGMENT_MIN, b"x" * (FRAGMENT_MIN - 1)

COUNTED = [
    (frame(PING), 1),
    (frame(PONG, b"x" * 125), 1),
    (frame(CLOSE, b"\x03\xe8"), 1),
    (frame(TEXT, b"4"), 0),
    (frame(TEXT), 0),
    (frame(BINARY, b"x" * 70_000), 0),
    (frame(TEXT, first=0), 1),
    (frame(CONTINUATION, first=0), 1),
    (frame(CONTINUATION, SMALL, first=0), 1),
    (frame(CONTINUATION, LARGE, first=0), 0),
    (frame(CONTINUATION, b"the end"), 0),
    (frame(PING, b"x", masked=False), 1),
    (frame(TEXT, b"x" * 126, masked=False), 0),
]


@pytest.mark.parametrize(("data", "expected"), COUNTED)
def test_which_frames_count(data: bytes, expected: int) -> None:
    assert Fragments().count(data) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000, 8192, 10**6])
def test_in_whatever_pieces_they_come(size: int) -> None:
    data = b"".join(one for one, _ in COUNTED) * 3
    fragments = Fragments()
    found = sum(fragments.count(data[at : at + size]) for at in range(0, len(data), size))
    assert found == 3 * sum(expected for _, expected in COUNTED)


def test_a_length_beyond_all_measure() -> None:
    fragments = Fragments()
    assert fragments.count(b"\x82\xff" + b"\xff" * 8 + b"mask") == 0
    assert fragments.count(frame(PING) * 100) == 0
