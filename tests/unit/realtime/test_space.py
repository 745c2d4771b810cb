"""What waits takes no more memory than it may."""

import json
import sys

import pytest

from alphasync.errors import TooManyRequests
from alphasync.realtime.space import TASK, Space, weight


def test_an_account_has_so_much_and_no_more() -> None:
    space = Space(3 * TASK)
    with space.kept("a", ()), space.kept("a", ()):
        with pytest.raises(TooManyRequests), space.kept("a", ()):
            pass
        with space.kept("b", ()):
            pass
    with space.kept("a", "x" * TASK):
        pass


def test_room_comes_back_whatever_happened() -> None:
    space = Space(2 * TASK)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), space.kept("a", ()):
            raise ZeroDivisionError


def test_what_a_payload_weighs() -> None:
    text, small = "x" * 1000, json.loads("[" + "[]," * 999 + "[]]")
    assert weight(text, 10**9) == sys.getsizeof(text)
    assert weight({"a": [text]}, 10**9) > 1000 + 2 * 56
    assert weight(small, 10**9) >= 1000 * 56
    assert weight(small, 500) < 20_000
