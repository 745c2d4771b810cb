"""What a session may send besides what the application counts itself."""

import pytest

from alphasync.transport.meter import FRAGMENT_MIN, Allowance, Fragments, Meter, TooMuch
from tests.conformance.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

SLOW = Allowance(rate=0.001, burst=10, byte_rate=0.001, byte_burst=1000)


def test_so_many_and_no_more() -> None:
    meter = Meter(SLOW)
    meter.spend(10)
    with pytest.raises(TooMuch, match="control_rate"):
        meter.spend(1)


def test_so_many_bytes_and_no_more() -> None:
    meter = Meter(SLOW)
    meter.spend(0, 1000)
    with pytest.raises(TooMuch, match="byte_rate"):
        meter.spend(0, 1)
    meter.spend(1)


def test_what_was_of_use_is_given_back() -> None:
    meter = Meter(SLOW)
    for _ in range(100):
        meter.spend(1)
        meter.give_back()
    meter.give_back()
    meter.spend(10)
    with pytest.raises(TooMuch):
        meter.spend(1)


def test_what_is_left_goes_along_and_never_grows() -> None:
    before, after = Meter(SLOW), Meter(SLOW)
    before.spend(7, 900)
    after.lower(before.left)
    assert after.left == pytest.approx((3, 100), abs=0.1)
    after.lower((10, 1000))
    assert after.left == pytest.approx((3, 100), abs=0.1)


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
