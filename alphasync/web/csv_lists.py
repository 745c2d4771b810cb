"""Lists of recipients as CSV: what a spreadsheet writes is read, what it reads runs nothing."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from alphasync.domain.usable import NOTE_MAX, RECIPIENT_ID_MAX
from alphasync.errors import CsvEmpty, CsvNotText
from alphasync.services.do_not_contact import Entry

WRONG_LINES_MAX = 100
"""Lines that are named to whoever sent them; of the others it is said how many there are."""
ID_HEADINGS = frozenset({"id", "recipient", "recipientid", "recipient_id", "recipient id"})
NOTE_HEADINGS = frozenset({"note", "reason", "comment"})
BOM = "\ufeff"
"""By it a spreadsheet knows UTF-8."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet."""
QUOTED = (*FORMULA, "'")
"""What is written behind an apostrophe, which a spreadsheet takes for "this is text"; and an
apostrophe itself, so that what was written is read again as it was."""

Wrong = Literal[
    "no_id", "id_too_long", "note_too_long", "control_character", "bad_quotes", "too_many_cells"
]


class WrongLine(msgspec.Struct, frozen=True):
    """A line that cannot be read."""

    line: int
    """Its number in the file, from 1."""
    code: Wrong
    """What is wrong with it."""


class Read(NamedTuple):
    entries: list[Entry]
    """Each id once."""
    wrong: list[WrongLine]
    """The first of the lines that cannot be read."""
    more: int
    """How many more there are of these."""


class _Columns(NamedTuple):
    id: int
    note: int | None
    most: int | None
    """Cells that a line may have; None where a header says what they are."""


def read(raw: bytes) -> Read:
    """The recipients in a file: their ids in the first column and notes in the second, or where a
    header has them; separated by commas or semicolons.

    Raises CsvNotText and CsvEmpty.
    """
    text = _decoded(raw)
    columns: _Columns | None = None
    found: dict[str, Entry] = {}
    wrong: list[WrongLine] = []
    for line, record in _lines(text):
        if record is None:
            wrong.append(WrongLine(line, "bad_quotes"))
            break  # where the next line begins is not known
        cells = [cell.strip() for cell in record]
        if not any(cells):
            continue
        if columns is None:
            columns, is_header = _columns_of(cells)
            if is_header:
                continue
        entry = _entry_of(cells, columns)
        if isinstance(entry, Entry):
            found.setdefault(entry.recipient, entry)
        else:
            wrong.append(WrongLine(line, entry))
    if not found and not wrong:
        raise CsvEmpty
    return Read(list(found.values()), wrong[:WRONG_LINES_MAX], max(0, len(wrong) - WRONG_LINES_MAX))


def _decoded(raw: bytes) -> str:
    """Raises CsvNotText for another encoding; in one of 16 bits every other byte is a NUL."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CsvNotText from None
    if "\0" in text:
        raise CsvNotText
    return text


def _lines(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Each record with the number of the line at which it begins; None for one whose quotes do not
    fit, which is the last."""
    delimiter = ";" if _first_cells(text, ";") > _first_cells(text, ",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a cell that is longer than any, too
            yield line, None
            return
        yield line, cells
        line = reader.line_num + 1


def _first_cells(text: str, delimiter: str) -> int:
    """How many cells the first record has that says something; 0 where it cannot be read so."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return next((len(cells) for cells in reader if any(cells)), 0)
    except csv.Error:
        return 0


def _columns_of(cells: Sequence[str]) -> tuple[_Columns, bool]:
    """Where ids and notes are, and whether it is a header that says so."""
    headings = [cell.casefold() for cell in cells]
    ids = [at for at, heading in enumerate(headings) if heading in ID_HEADINGS]
    if not ids:
        return _Columns(id=0, note=1, most=2), False
    notes = [at for at, heading in enumerate(headings) if heading in NOTE_HEADINGS]
    return _Columns(id=ids[0], note=notes[0] if notes else None, most=None), True


def _entry_of(cells: Sequence[str], columns: _Columns) -> Entry | Wrong:
    def cell(at: int | None) -> str:
        return _unquoted(cells[at]) if at is not None and at < len(cells) else ""

    recipient, note = cell(columns.id), cell(columns.note)
    if columns.most is not None and any(cells[columns.most :]):
        return "too_many_cells"
    if not recipient:
        return "no_id"
    if len(recipient) > RECIPIENT_ID_MAX:
        return "id_too_long"
    if len(note) > NOTE_MAX:
        return "note_too_long"
    if any(char < " " or char == "\x7f" for char in recipient + note):
        return "control_character"
    return Entry(recipient, note)


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(QUOTED) else cell


def written(rows: Iterable[Sequence[str]]) -> str:
    """The lines of some rows. No cell of them is a formula."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_quoted(cell) for cell in row] for row in rows)
    return text.getvalue()


def _quoted(cell: str) -> str:
    return f"'{cell}" if cell.startswith(QUOTED) else cell
