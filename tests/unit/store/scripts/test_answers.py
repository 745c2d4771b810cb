"""Reading what a script returned, of which a snapshot has thousands of values."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from alphasync.store.scripts.calls import Answer

NAMES: list[Any] = [b"name", b"age", b"town"]


def test_rows_are_named_and_lack_what_a_hash_has_not() -> None:
    answer = Answer([[NAMES, [b"Ada", b"36", b""], [b"Zo\xc3\xab", None, None]]])
    assert answer.rows(0) == [{"name": "Ada", "age": "36", "town": ""}, {"name": "Zoë"}]
    assert Answer([[]]).rows(0) == []


def test_rows_of_another_length_than_the_names_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        Answer([[NAMES, [b"Ada"]]]).rows(0)


def test_texts_are_texts() -> None:
    assert Answer([[b"a", b"\xc3\xab"]]).texts(0) == ["a", "ë"]
    with pytest.raises(TypeError, match="at 1"):
        Answer([b"OK", [b"a", 1]]).texts(1)


def calls_of(read: Callable[[], object]) -> int:
    """Functions that were called, those of Python itself left out."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        read()
    finally:
        sys.setprofile(None)
    return count


def of(size: int) -> Answer:
    """A hash with so many times three fields, and a row of as many."""
    record: list[Any] = [b"field", b"value"] * 3 * size
    rows: list[Any] = [NAMES * size, [b"value"] * 3 * size]
    return Answer([record, rows])


def test_a_record_with_many_fields_takes_no_call_for_each() -> None:
    few, many = of(1), of(40)
    assert calls_of(lambda: many.record(0)) == calls_of(lambda: few.record(0))
    assert calls_of(lambda: many.rows(1)) == calls_of(lambda: few.rows(1))
