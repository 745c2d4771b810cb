"""What a session may send besides what the application counts itself."""

import pytest

from alphasync.transport.meter import Allowance, Meter, TooMuch

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
