"""Lists of recipients as CSV: what is read, what is refused and where, and what is written."""

import contextlib
import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alphasync.domain.usable import NOTE_MAX, RECIPIENT_ID_MAX
from alphasync.errors import CsvEmpty, CsvNotText
from alphasync.web.csv_lists import FORMULA, WRONG_LINES_MAX, WrongLine, read, written

IDS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=RECIPIENT_ID_MAX
)


def ids(text: str) -> list[tuple[str, str]]:
    found = read(text.encode())
    assert (found.wrong, found.more) == ([], 0)
    return [(entry.recipient, entry.note) for entry in found.entries]


@pytest.mark.parametrize(
    "text",
    [
        *("a,why\nb\n", "a;why\r\nb\r\n", "\ufeffa,why\nb", "id,note\na,why\nb,\n"),
        *("Note;ID\nwhy;a\n;b\n", "x,Recipient ID,note\n1,a,why\n2,b\n", "\n a , why \n\n,\nb"),
        *('"a","why"\n"b"', "a;why\nb;\nb;again\na", "\r\n\r\na,why\r\n\r\nb"),
        *("a,why\rb", "a;why\rb\r", "\ra;why\rb\nb\r\n"),
    ],
)
def test_the_forms_that_spreadsheets_write(text: str) -> None:
    assert ids(text) == [("a", "why"), ("b", "")]


def test_what_is_quoted_may_have_separators_and_quotes() -> None:
    assert ids('"a,b","he said ""no"""\n"c;d"') == [("a,b", 'he said "no"'), ("c;d", "")]


@pytest.mark.parametrize(
    ("text", "line", "code"),
    [
        ("a\n,why\nb", 2, "no_id"),
        ("a\n\n" + "x" * (RECIPIENT_ID_MAX + 1), 3, "id_too_long"),
        ("a\nb," + "x" * (NOTE_MAX + 1), 2, "note_too_long"),
        ('a\n"b\nc"\nd', 2, "control_character"),
        ("a\nb\x07", 2, "control_character"),
        ('a\n"b"c\nd', 2, "bad_quotes"),
        ('a\nb\n"c', 3, "bad_quotes"),
        ("a,b,c\nd", 1, "too_many_cells"),
        ("x" * 200_000, 1, "bad_quotes"),
        ("a\n" + "x" * 200_000, 2, "bad_quotes"),
        ('"' + "x" * 200_000 + '";b', 1, "bad_quotes"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text: str, line: int, code: str) -> None:
    assert [(wrong.line, wrong.code) for wrong in read(text.encode()).wrong] == [(line, code)]


@given(st.text(st.sampled_from(" ,;\"'\r\n=a\0"), max_size=40))
def test_whatever_it_is_it_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(CsvEmpty, CsvNotText):
        found = read(text.encode())
        assert found.entries or found.wrong


def test_lines_behind_a_quoted_line_break_keep_their_numbers() -> None:
    assert read(b'a,"x\ny"\n,z\n').wrong == [
        WrongLine(1, "control_character"),
        WrongLine(3, "no_id"),
    ]


def test_of_many_wrong_lines_the_first_are_named() -> None:
    found = read(b"a,\n" + b",why\n" * (WRONG_LINES_MAX + 7))
    assert (len(found.wrong), found.more, found.wrong[-1].line) == (100, 7, 101)


@pytest.mark.parametrize(
    "raw",
    [
        *("\u00e4".encode("latin-1"), "a\nb".encode("utf-16"), "a\nb".encode("utf-16-le")),
        *(b"a\0b", b"\x89PNG\r\n\x1a\n\0", b"PK\x03\x04\xff"),
    ],
)
def test_what_is_not_utf_8_is_refused(raw: bytes) -> None:
    with pytest.raises(CsvNotText):
        read(raw)


@pytest.mark.parametrize("text", ["", "\ufeff", "\n\n", "id,note\n", "  \n"])
def test_a_file_with_nobody_in_it_is_refused(text: str) -> None:
    with pytest.raises(CsvEmpty):
        read(text.encode())


@given(st.binary(max_size=300))
@example(b"\x01\r\x01")
@example(b"x" * 200_000 + b"\n")
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    try:
        found = read(raw)
    except (CsvNotText, CsvEmpty):
        return
    assert found.entries or found.wrong


@pytest.mark.parametrize("start", [*FORMULA, "'", "'="])
def test_no_cell_is_a_formula(start: str) -> None:
    text = written([(f"{start}cmd|'/C calc'!A0", "a")])
    [[cell, _]] = csv.reader(io.StringIO(text, newline=""))
    assert cell == f"'{start}cmd|'/C calc'!A0"


@given(st.lists(IDS, min_size=1, max_size=20, unique=True))
def test_what_was_written_is_read_again(names: list[str]) -> None:
    text = "\ufeff" + written([("id", "note"), *((name, f"={name}"[:NOTE_MAX]) for name in names)])
    assert ids(text) == [(name, f"={name}"[:NOTE_MAX]) for name in names]
