"""Merging: what somebody wrote stays, what somebody took away goes, and words stay whole."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alphasync.domain.merging import (
    STEPS_MAX,
    STRETCHES_MAX,
    Edit,
    Steps,
    Stretch,
    apply,
    change,
    edit_between,
    end_of,
    move,
    moved,
    slid,
)

LETTERS = "ab \r\n\U0001f600\u05d0\u4e2d\u0301"
TEXTS = st.text(LETTERS, max_size=30)
WORDS = st.lists(st.sampled_from(["one ", "two ", "three\n", "\u4e2d", " "]), max_size=20).map(
    "".join
)
ANY = TEXTS | WORDS
CASES = json.loads((Path(__file__).parents[2] / "console" / "merging_cases.json").read_text())
"""Three texts and what becomes of them, each as a list of parts and how often each stands there."""


def between(before: str, after: str) -> Edit:
    return edit_between(before, after, Steps())


def merge(base: str, theirs: str, mine: str) -> str:
    return apply(theirs, move(between(base, mine), between(base, theirs)))


def gone(base: str, edit: Edit) -> set[int]:
    return {place for start, end, _ in edit for place in range(start, end)}


@given(ANY, ANY)
@example("a\r\n", "a\n")
@example("a\rb", "a\r\nb")
def test_an_edit_makes_one_text_of_the_other(before: str, after: str) -> None:
    edit = between(before, after)
    assert apply(before, edit) == after
    assert all(0 <= start <= end <= len(before) for start, end, _ in edit)
    for one, other in pairwise(edit):
        assert one.end < other.start
    assert all(start < end or text for start, end, text in edit)
    assert bool(edit) == (change(before, after).size > 0) == (before != after)
    for start, end, _ in edit:
        for place in (start, end):
            assert before[place - 1 : place + 1] != "\r\n" or not place
    if edit:
        assert end_of(edit) <= len(after)


@given(ANY, ANY, st.integers(-1, 40))
@example("th", "thh", 1)
@example("aab", "aabaab", 0)
def test_what_is_put_in_may_slide_where_the_text_is_the_same(
    before: str, after: str, place: int
) -> None:
    edit = slid(between(before, after), before, place)
    assert apply(before, edit) == after
    for one, other in pairwise(edit):
        assert one.end < other.start


def test_what_is_put_in_slides_to_the_caret() -> None:
    assert between("th", "thh") == [(2, 2, "h")]
    assert slid([Stretch(2, 2, "h")], "th", 1) == [(1, 1, "h")]
    assert slid([Stretch(3, 3, "aab")], "aab", 0) == [(0, 0, "aab")]
    assert slid([Stretch(1, 1, "ba")], "aba", 3) == [(3, 3, "ba")]
    assert slid([Stretch(2, 2, "x")], "th", 1) == [(2, 2, "x")]


@given(ANY, ANY, ANY)
def test_no_character_of_either_edit_is_lost_or_doubled(base: str, theirs: str, mine: str) -> None:
    one, other = between(base, theirs), between(base, mine)
    left = gone(base, one) | gone(base, other)
    kept = "".join(letter for place, letter in enumerate(base) if place not in left)
    written = "".join(text for edit in (one, other) for _, _, text in edit)
    result = apply(theirs, move(other, one))
    assert Counter(result) == Counter(kept + written)
    # In the order of the base, and of each edit.
    for part in (kept, *(text for edit in (one, other) for _, _, text in edit)):
        letters = iter(result)
        assert all(letter in letters for letter in part)


@given(ANY, ANY, ANY, st.integers(-1, 30))
def test_a_moved_edit_is_an_edit(base: str, theirs: str, mine: str, caret: int) -> None:
    over = between(base, theirs)
    edit = move(between(base, mine), over, caret)
    assert all(0 <= start <= end <= len(theirs) for start, end, _ in edit)
    for one, other in pairwise(edit):
        assert one.end <= other.start


@given(ANY, ANY)
def test_what_only_one_has_done_stays_as_it_is(base: str, mine: str) -> None:
    assert merge(base, base, mine) == mine
    assert merge(base, mine, base) == mine


@given(ANY, ANY, ANY)
def test_it_ends_the_same_on_both_sides(base: str, theirs: str, mine: str) -> None:
    """Where no place is the same: of two at one place somebody has to be the first."""
    one, other = between(base, theirs), between(base, mine)
    places = {place for start, end, _ in one for place in range(start, end + 1)}
    if places.isdisjoint(place for start, end, _ in other for place in range(start, end + 1)):
        assert merge(base, theirs, mine) == merge(base, mine, theirs)


@given(ANY, ANY)
def test_a_clear_takes_what_was_there_and_leaves_what_is_written_after_it(
    base: str, mine: str
) -> None:
    written = "".join(text for _, _, text in between(base, mine))
    assert merge(base, "", mine) == written
    assert merge(base, mine, "") == written


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "merged"),
    [
        ("one two", "one two three", "zero one two", "zero one two three"),
        ("one two", "one", "one two three", "one three"),
        ("the cat sat", "the big cat sat", "the cat sat down", "the big cat sat down"),
        ("a b c d e", "A b c d E", "a b C d e", "A b C d E"),
        ("", "hello ", "world ", "hello world "),
        ("one", "one", "", ""),
        (
            "\u05e9\u05dc\u05d5\u05dd",
            "\u05e9\u05dc\u05d5\u05dd!",
            "- \u05e9\u05dc\u05d5\u05dd",
            "- \u05e9\u05dc\u05d5\u05dd!",
        ),
        (
            "\U0001f44b",
            "\U0001f44b\U0001f600",
            "\U0001f601\U0001f44b",
            "\U0001f601\U0001f44b\U0001f600",
        ),
        (
            "\u4f60\u597d\u4e16\u754c",
            "\u4f60\u5011\u597d\u4e16\u754c",
            "\u4f60\u597d\u4e16\u754c\u5417",
            "\u4f60\u5011\u597d\u4e16\u754c\u5417",
        ),
        ("a\r\nb", "a\r\nxb", "ay\r\nb", "ay\r\nxb"),
    ],
)
def test_two_hands(base: str, theirs: str, mine: str, merged: str) -> None:
    assert merge(base, theirs, mine) == merged


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_as_the_console_merges(case: Any) -> None:
    """Its tests have the same cases."""
    names = ("base", "theirs", "mine", "merged")
    base, theirs, mine, merged = ("".join(t * n for t, n in case[name]) for name in names)
    assert merge(base, theirs, mine) == merged
    assert merge(base, mine, theirs) == merged


def test_at_one_place_the_earlier_comes_first_but_not_in_the_middle_of_a_word() -> None:
    over = between("Xhe", "Xhe" + "world ")
    assert apply("Xheworld ", move(between("Xhe", "Xhello "), over)) == "Xheworld llo "
    assert apply("Xheworld ", move(between("Xhe", "Xhello "), over, caret=3)) == "Xhello world "
    assert moved(3, over, ahead=True) == 3
    assert moved(3, over, ahead=False) == 9


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a " * 5_000, "b " * 5_000),
        ("a b " * 2_500, "b a " * 2_500),
        ("ab" * 5_000, "ba" * 5_000),
        (" \n" * 5_000, "\n " * 5_000),
        ("a k " * 2_500, "ax k " * 2_000),
        ("a 1 b 2 c 3 " * 800, "a1 b2 c3 " * 1_000),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 10_000))), "\u4e00 " * 5_000),
    ],
)
def test_the_work_for_great_texts_is_bounded(before: str, after: str) -> None:
    steps = Steps()
    edit = edit_between(before, after, steps)
    assert apply(before, edit) == after
    assert 0 <= steps.left < STEPS_MAX
    assert len(edit) <= STRETCHES_MAX


def test_where_the_work_is_done_one_stretch_stands_for_all_that_differs() -> None:
    assert len(between("a b c", "x b y")) == 2
    assert edit_between("a b c", "x b y", Steps(0)) == [(0, 5, "x b y")]


def test_what_others_have_put_into_one_long_word_is_found() -> None:
    """As much as two of them type in a minute."""
    base, mine = "[" + "a" * 60 + "]", "[" + "a" * 60 + "mine]"
    theirs = "[" + "0" * 300 + "a" * 30 + "1" * 300 + "a" * 30 + "2" * 300 + "]"
    assert len(between(base, theirs)) == 3
    assert merge(base, theirs, mine) == theirs[:-1] + "mine]"
    assert merge(base, mine, theirs) == theirs[:-301] + "mine" + "2" * 300 + "]"


def test_edits_far_apart_in_a_great_text_are_found() -> None:
    words = [f"word{number} " for number in range(1_500)]
    mine = words.copy()
    for place in (3, 700, 1_490):
        mine[place] = "mine "
    theirs = [*words[:300], "theirs ", *words[300:]]
    steps = Steps()
    edit = edit_between("".join(words), "".join(mine), steps)
    assert len(edit) == 3
    assert STEPS_MAX - steps.left < STEPS_MAX / 20
    expected = "".join([*mine[:300], "theirs ", *mine[300:]])
    assert merge("".join(words), "".join(theirs), "".join(mine)) == expected
