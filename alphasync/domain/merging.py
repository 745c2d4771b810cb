"""Merging texts: an edit that was made in one place, moved over what others did meanwhile.

An edit is a list of stretches of a text, in order and apart from each other, each with the text
that takes its place. What somebody wrote always stays, and what somebody took away goes.
"""

import re
from typing import NamedTuple

STEPS_MAX = 20_000
"""Comparisons of words for one merge: a few ms, at worst. Beyond them one stretch stands for all
that differs, and more of two texts comes to stand side by side than there need be."""
DIFFERENCES_MAX = 400
"""Words that are looked for: the list of them grows with the square of their number."""

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
    grown = sum(len(part.text) - (part.end - part.start) for part in edit)
    return edit[-1].end + grown


def moved(position: int, over: Edit, *, ahead: bool) -> int:
    """Where a position is after another edit. ``ahead``: in front of what it put in right there."""
    shift = 0
    for start, end, text in over:
        if position < start or (position == start and ahead):
            break
        if position < end or position == start:
            return start + shift + len(text)
        shift += len(text) - (end - start)
    return position + shift


def move(edit: Edit, over: Edit, caret: int = -1) -> Edit:
    """``edit`` as it is after ``over``, which was made from the same text.

    Where both put something in, what ``over`` did comes first; but it comes behind at ``caret``,
    where the hand of ``edit`` has written before: its words stay whole.
    """
    result: Edit = []
    for start, end, text in edit:
        at = moved(start, over, ahead=start == caret)
        pieces = _left_of(start, end, over)
        if text and pieces and pieces[0][0] == at:
            result.append(Stretch(at, pieces.pop(0)[1], text))
        elif text:
            result.append(Stretch(at, at, text))
        result += [Stretch(*piece, "") for piece in pieces]
    return result


def _left_of(start: int, end: int, over: Edit) -> list[tuple[int, int]]:
    """What is still there of a stretch after another edit, where it is by then."""
    pieces, shift, reached = list[tuple[int, int]](), 0, start
    for other in over:
        if other.start >= end:
            break
        if other.start > reached:
            pieces.append((reached + shift, other.start + shift))
        reached = max(reached, other.end)
        shift += len(other.text) - (other.end - other.start)
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
    if not old or not new or "\r" in old + new:
        return [stretch]
    parts = _stretches(list(old), list(new), steps)
    if any(part.text for part in parts) and any(part.start < part.end for part in parts):
        return [stretch]
    return [Stretch(stretch.start + start, stretch.start + end, text) for start, end, text in parts]


def _stretches(old: list[str], new: list[str], steps: Steps) -> Edit:
    """What differs in two lists of words or letters; a single stretch where that takes too many
    steps."""
    result: Edit = []
    there = made = start = 0
    for from_, to in [*_in_common(old, new, steps), (len(old), len(new))]:
        end = start + sum(map(len, old[there:from_]))
        if from_ > there or to > made:
            result.append(Stretch(start, end, "".join(new[made:to])))
        start = end + (len(old[from_]) if from_ < len(old) else 0)
        there, made = from_ + 1, to + 1
    return result


def _in_common(old: list[str], new: list[str], steps: Steps) -> list[tuple[int, int]]:
    """Places of the same words in both lists, in order, as many as there can be; none where they
    are not found in time. (E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986)"""
    reach = {1: 0}
    trail: list[dict[int, int]] = []
    for differences in range(min(len(old) + len(new), DIFFERENCES_MAX) + 1):
        trail.append(reach.copy())
        for diagonal in range(-differences, differences + 1, 2):
            x = _onward(reach, diagonal, differences)
            begun = x
            while x < len(old) and x - diagonal < len(new) and old[x] == new[x - diagonal]:
                x += 1
            reach[diagonal] = x
            steps.left -= 1 + x - begun
            if steps.left < 0:
                return []
            if x >= len(old) and x - diagonal >= len(new):
                return _back(trail, len(old), len(new))
    return []


def _onward(reach: dict[int, int], diagonal: int, differences: int) -> int:
    """Where a diagonal goes on from, with one difference more."""
    if _puts_in(reach, diagonal, differences):
        return reach[diagonal + 1]
    return reach[diagonal - 1] + 1


def _puts_in(reach: dict[int, int], diagonal: int, differences: int) -> bool:
    """Whether that difference is a word put in, and not one taken away."""
    if diagonal in (-differences, differences):
        return diagonal == -differences
    return reach[diagonal - 1] < reach[diagonal + 1]


def _back(trail: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    """The way from the end to the start, of which only the steps in common are kept."""
    found = []
    for differences in range(len(trail) - 1, -1, -1):
        reach, diagonal = trail[differences], x - y
        begun = _onward(reach, diagonal, differences)
        while x > begun:
            x, y = x - 1, y - 1
            found.append((x, y))
        if _puts_in(reach, diagonal, differences):
            y -= 1
        else:
            x -= 1
    return found[::-1]
