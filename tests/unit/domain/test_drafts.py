"""Text lengths and broken text, as a browser has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain.drafts import browser_length, from_browser, in_browser, well_formed

# Text, its ``.length`` and its ``.toWellFormed()`` in a browser's JavaScript (V8).
AS_IN_A_BROWSER = [
    ("", 0, ""),
    ("a", 1, "a"),
    ("é", 1, "é"),
    ("e\u0301", 2, "e\u0301"),
    ("\u0000", 1, "\u0000"),
    ("\uffff", 1, "\uffff"),
    ("😀", 2, "😀"),
    ("𠮷", 2, "𠮷"),
    ("👍🏽", 4, "👍🏽"),
    ("🇩🇪", 4, "🇩🇪"),
    ("🏳️\u200d🌈", 6, "🏳️\u200d🌈"),
    ("👨\u200d👩\u200d👧\u200d👦", 11, "👨\u200d👩\u200d👧\u200d👦"),
    ("\ud83d", 1, "\ufffd"),
    ("\ude00", 1, "\ufffd"),
    ("a\ud83db", 3, "a\ufffdb"),
    ("\ude00\ud83d", 2, "\ufffd\ufffd"),
    ("\ud83d\u200d\ude00", 3, "\ufffd\u200d\ufffd"),
    # Two halves that Python keeps apart and a browser never does.
    ("\ud83d\ude00", 2, "😀"),
]
# Beside ordinary characters each half of a pair on its own, in every position.
TEXTS = st.lists(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs"]),
        st.sampled_from(["😀", "\u200d", "\ufe0f", "\U0010ffff"]),
    )
).map("".join)


@pytest.mark.parametrize(("text", "length", "formed"), AS_IN_A_BROWSER, ids=ascii)
def test_as_in_a_browser(text: str, length: int, formed: str) -> None:
    assert browser_length(text) == length
    assert well_formed(text) == formed


@given(TEXTS)
def test_length_counts_two_for_what_needs_two_units(text: str) -> None:
    assert browser_length(text) == sum(2 if ord(character) > 0xFFFF else 1 for character in text)


@given(TEXTS)
def test_well_formed_text_can_be_stored_and_is_no_longer_or_shorter(text: str) -> None:
    formed = well_formed(text)
    formed.encode()
    assert browser_length(formed) == browser_length(text)
    assert well_formed(formed) == formed


@given(st.text())
def test_text_without_halves_stays(text: str) -> None:
    assert well_formed(text) == text


@pytest.mark.parametrize("text", ["", "abc", "a📱b", "漢字 📱📱", "e\u0301\r\n"])
def test_a_place_is_the_same_in_a_browser_and_here(text: str) -> None:
    for place in range(len(text) + 1):
        assert from_browser(text, in_browser(text, place)) == place
    for units in range(browser_length(text) + 1):
        assert in_browser(text, from_browser(text, units)) in (units, units - 1)
