"""Merging texts: an edit that was made in one place, moved over what others did meanwhile.

An edit is a list of stretches of a text, in order and apart from each other, each with the text
that takes its place. What somebody wrote always stays, and what somebody took away goes.
"""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rapidfuzz.distance import Indel

STEPS_MAX = 120_000_000
"""Pairs of words or letters that are compared for one merge: 2 ms of letters of an alphabet, up
to 30 of Chinese. They are enough for two texts of the greatest length in a script without spaces.
Beyond them one stretch stands for all that differs, and more of two texts comes to stand side by
side than there need be."""
STEPS_EACH = 100_000
"""What a comparison takes besides, however short: about 5 us."""
STRETCHES_MAX = 400
"""Of one edit, as each is moved over each edit of others; what differs in more places is another
text, and one stretch."""
STRETCH_COST = 3
"""Letters that may as well be changed as there be one stretch more."""

# With the white space behind it; a character of a script that writes no spaces is a word by itself.
_WORD = re.compile(r"[\u2e80-\ud7ff]\s*|[^\s\u2e80-\ud7ff]+\s*|\s+")


class Stretch(NamedTuple):
    """What stood from ``start`` to ``end``, positions in the text before, and what stands there."""

    start: int
    end: int
    text: str


Edit = list[Stretch]


class Steps:
    """How much of the work of one merge is left."""

    def __init__(self, left: int = STEPS_MAX) -> None:
        self.left = left


def edit_between(before: str, after: str, steps: Steps) -> Edit:
    """A short edit that makes ``after`` of ``before``."""
    whole = _trimmed(before, after, Stretch(0, len(before), after))
    if whole is None:
        return []
    if whole.start == whole.end or not whole.text:
        return [whole]
    edit = _by_words(before, whole, steps)
    if not (_only(edit, puts=True) or _only(edit, puts=False)):
        # A word that several hands have changed may pass for one that stands elsewhere.
        letters = _by_letters(before, whole, steps)
        if len(letters) > 1 and _cost(letters) < _cost(edit):
            edit = letters
    return edit if len(edit) <= STRETCHES_MAX else [whole]


def _only(edit: Edit, *, puts: bool) -> bool:
    return all(part.start == part.end if puts else not part.text for part in edit)


def _cost(edit: Edit) -> int:
    """The letters of an edit, and for each stretch some more: what is together is from one hand."""
    return sum(end - start + len(text) + STRETCH_COST for start, end, text in edit)


def _by_words(before: str, whole: Stretch, steps: Steps) -> Edit:
    words = _stretches(
        _WORD.findall(before[whole.start : whole.end]), _WORD.findall(whole.text), steps
    )
    edit: Edit = []
    for word in words:
        placed = Stretch(whole.start + word.start, whole.start + word.end, word.text)
        trimmed = _trimmed(before, placed.text, placed)
        if trimmed is not None:
            edit += _by_letters(before, trimmed, steps)
    return edit


class Change(NamedTuple):
    """How great a change is: the characters that were put in and taken away, and the latter."""

    size: int
    taken: int

    @property
    def one_way(self) -> bool:
        return self.taken in (0, self.size)


def change(before: str, after: str) -> Change:
    """How great a change is, if it was made in one stretch."""
    stretch = _trimmed(before, after, Stretch(0, len(before), after))
    if stretch is None:
        return Change(0, 0)
    taken = stretch.end - stretch.start
    return Change(taken + len(stretch.text), taken)


def apply(text: str, edit: Edit) -> str:
    """The text after the edit."""
    parts, reached = [], 0
    for stretch in edit:
        parts += [text[reached : stretch.start], stretch.text]
        reached = stretch.end
    return "".join([*parts, text[reached:]])


def end_of(edit: Edit) -> int:
    """Where the caret is after an edit: behind its last stretch. ValueError for an empty one."""
    if not edit:
        raise ValueError("nothing was edited")
    return edit[-1].end + sum(map(_growth, edit))


def moved(position: int, over: Iterable[Stretch], *, ahead: bool) -> int:
    """Where a position is after another edit. ``ahead``: in front of what it put in right there."""
    shift = 0
    for start, end, text in over:
        if position < start or (position == start and ahead):
            break
        if position < end or position == start:
            return start + shift + len(text)
        shift += len(text) - (end - start)
    return position + shift


def slid(edit: Edit, before: str, place: int) -> Edit:
    """The same edit, with what it puts in put in at ``place`` where that makes the same text: of a
    letter that stands twice a comparison cannot tell which one is new."""
    return [
        _slid(part, before, place)
        if part.start == part.end and _alone(edit, number, place)
        else part
        for number, part in enumerate(edit)
    ]


def edit_to(before: str, after: str, caret: int | None, steps: "Steps | None" = None) -> Edit:
    """A short edit that makes ``after`` of ``before``. A single one ends at a caret in ``after``
    where that makes the same text."""
    edit = edit_between(before, after, Steps() if steps is None else steps)
    if caret is None or len(edit) != 1:
        return edit
    return slid(edit, before, caret - len(edit[0].text))


def _alone(edit: Edit, number: int, place: int) -> bool:
    """Whether no other stretch is between one and a place, or touches either."""
    low = edit[number - 1].end if number else -1
    high = edit[number + 1].start if number + 1 < len(edit) else place + 1
    return 0 <= low + 1 <= place < high


def _slid(part: Stretch, before: str, place: int) -> Stretch:
    between = before[min(part.start, place) : max(part.start, place)]
    if place < part.start:
        both, length = between + part.text, len(part.text)
        same, text = both[length:] == between, both[:length]
    else:
        both = part.text + between
        same, text = both.startswith(between), both[len(between) :]
    if not same or place > len(before) or "\r" in both:
        return part
    return Stretch(place, place, text)


def move(edit: Edit, over: Edit, caret: int = -1) -> Edit:
    """``edit`` as it is after ``over``, which was made from the same text.

    Where both put something in, what ``over`` did comes first; but it comes behind at ``caret``,
    where the hand of ``edit`` has written before: its words stay whole.
    """
    result: Edit = []
    passed, ahead = 0, deque(over)
    for start, end, text in edit:
        while ahead and ahead[0].end < start:
            passed += _growth(ahead.popleft())
        at = moved(start, ahead, ahead=start == caret) + passed
        pieces = [(one + passed, other + passed) for one, other in _left_of(start, end, ahead)]
        if text and pieces and pieces[0][0] == at:
            result.append(Stretch(at, pieces.pop(0)[1], text))
        elif text:
            result.append(Stretch(at, at, text))
        result += [Stretch(*piece, "") for piece in pieces]
    return result


def _growth(stretch: Stretch) -> int:
    return len(stretch.text) - (stretch.end - stretch.start)


def _left_of(start: int, end: int, over: Iterable[Stretch]) -> list[tuple[int, int]]:
    """What is still there of a stretch after another edit, where it is by then."""
    pieces, shift, reached = list[tuple[int, int]](), 0, start
    for other in over:
        if other.start >= end:
            break
        if other.start > reached:
            pieces.append((reached + shift, other.start + shift))
        reached = max(reached, other.end)
        shift += _growth(other)
    if reached < end:
        pieces.append((reached + shift, end + shift))
    return pieces


def _trimmed(before: str, after: str, stretch: Stretch) -> Stretch | None:
    """The stretch without what stays the same at its ends; None where nothing differs. A line end
    of two characters is not split."""
    old, new = before[stretch.start : stretch.end], stretch.text
    if old == new:
        return None
    head = _common(old, new)
    if head and old[head - 1] == "\r" and "\n" in (old[head : head + 1], new[head : head + 1]):
        head -= 1
    tail = _common(old[head:][::-1], new[head:][::-1])
    if tail and old[-tail] == "\n" and "\r" in (_in_front(old, tail), _in_front(new, tail)):
        tail -= 1
    return Stretch(stretch.start + head, stretch.end - tail, new[head : len(new) - tail])


def _in_front(text: str, tail: int) -> str:
    return text[len(text) - tail - 1 : len(text) - tail]


def _common(one: str, other: str) -> int:
    """How long the beginning is that two texts have in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _by_letters(before: str, stretch: Stretch, steps: Steps) -> Edit:
    """The places in a stretch of words where letters were put in, or taken away, if it is only
    that: as where several hands have typed in one word. Of other words letters in common say
    nothing."""
    old, new = before[stretch.start : stretch.end], stretch.text
    if not old or not new or "\r" in old + new or not (_within(old, new) or _within(new, old)):
        return [stretch]
    parts = _stretches(old, new, steps)
    return [Stretch(stretch.start + start, stretch.start + end, text) for start, end, text in parts]


def _within(some: str, all_: str) -> bool:
    """Whether all letters of one text are in another, in their order."""
    letters = iter(all_)
    return len(some) <= len(all_) and all(letter in letters for letter in some)


def _stretches(old: Sequence[str], new: Sequence[str], steps: Steps) -> Edit:
    """What differs in two lists of words or letters; a single stretch where that takes too many
    steps."""
    result: Edit = []
    there = made = start = 0
    for from_, to, length in [*_in_common(old, new, steps), (len(old), len(new), 0)]:
        end = start + sum(map(len, old[there:from_]))
        if from_ > there or to > made:
            result.append(Stretch(start, end, "".join(new[made:to])))
        there, made = from_ + length, to + length
        start = end + sum(map(len, old[from_:there]))
    return result


def _in_common(
    old: Sequence[str], new: Sequence[str], steps: Steps
) -> Iterable[tuple[int, int, int]]:
    """Where both lists have the same words, in order, as many as there can be: the places in either
    and the number of words; none where that takes too many steps."""
    wanted = len(old) * len(new) + STEPS_EACH
    if wanted > steps.left:
        return []
    steps.left -= wanted
    # Of each word a letter: texts are compared much faster than lists.
    letters: dict[str, str] = {}
    one, other = (
        "".join([letters.setdefault(word, chr(len(letters))) for word in words])
        for words in (old, new)
    )
    blocks = Indel.editops(one, other).as_matching_blocks()
    return [(block.a, block.b, block.size) for block in blocks if block.size]
