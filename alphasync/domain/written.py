"""What a text was made from, and what becomes of it where others have gone on writing. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from alphasync.domain.merging import (
    Edit,
    Steps,
    apply,
    change,
    edit_between,
    edit_to,
    end_of,
    move,
    moved,
    slid,
)

HEARD_TIMEOUT = 10_000
"""ms after which a connected device has heard of a text: no box shows an older one any more."""

KEY_MAX = 8
"""Characters that one key puts in or takes away: an emoji has several. More are pasted."""

EDITS_APART_MAX = 32
"""Edits since its base that a text is moved over one by one, at up to 50 us each."""

BEFORE_MAX = 6
"""Edits before a device's last one by which one knows where each hand writes."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text that was stored. ``sent``: what its device had sent, where that is another text, which
    was made from the revision ``made_from``."""

    revision: int
    device_id: str
    timestamp: int
    text: str
    sent: str | None = None
    made_from: int = 0
    start: int = 0
    """Where the change starts that was made in the text before, as far as it is known."""
    end: int = 0
    """Where it ends in this one."""


class Stored(NamedTuple):
    """What was done to a text, as the store keeps it: by it one gets from the text that was stored
    to the one before it, and to the one that had come. Places and lengths are in bytes of UTF-8.

    ``taken``: what stood at ``start``, where by then there are ``put`` bytes. Where another text
    than the stored one had come, ``made_from`` is its base, else None; it had ``sent`` in place of
    the ``sent_instead`` bytes from ``sent_from``.
    """

    revision: int
    device_id: str
    timestamp: int
    start: int
    taken: str
    put: int
    made_from: int | None = None
    sent_from: int = 0
    sent_instead: int = 0
    sent: str = ""


def history_of(
    present: Written, edits: Sequence[Stored], device_id: str, base: int | None
) -> list[Written]:
    """The last texts, oldest first, to the present one; in front of them the one that the oldest
    edit was made in, whose revision is not known.

    ``edits``: newest first. Of those that have come since ``base`` the newest are told apart, with
    what the device did last; the older ones count as one.
    """
    if not edits or edits[0].revision != present.revision:
        return [present]
    own = next((n for n, edit in enumerate(edits) if edit.device_id == device_id), -2)
    texts, text = list[Written](), present.text.encode()
    for number, edit in enumerate(edits):
        apart = number < EDITS_APART_MAX or number in (own, own + 1)
        if apart or base is None or edit.revision <= base:
            texts.append(_written(edit, text))
        text = _replaced(text, edit.start, edit.put, edit.taken)
    texts.append(Written(-1, "", 0, text.decode()))
    return texts[::-1]


def _written(edit: Stored, text: bytes) -> Written:
    sent = None
    if edit.made_from is not None:
        sent = _replaced(text, edit.sent_from, edit.sent_instead, edit.sent).decode()
    start, end = (len(text[:at].decode()) for at in (edit.start, edit.start + edit.put))
    return Written(
        revision=edit.revision,
        device_id=edit.device_id,
        timestamp=edit.timestamp,
        text=text.decode(),
        sent=sent,
        made_from=edit.made_from or 0,
        start=start,
        end=end,
    )


def _replaced(text: bytes, start: int, length: int, by: str) -> bytes:
    return text[:start] + by.encode() + text[start + length :]


@dataclass(frozen=True, slots=True)
class Base:
    """The text that another one was made from: the stored one at ``place`` in the history, or what
    its device had sent at the time (``as_sent``)."""

    place: int
    as_sent: bool = False

    def text(self, history: Sequence[Written]) -> str:
        written = history[self.place]
        return written.sent if self.as_sent and written.sent is not None else written.text

    def heard(self, history: Sequence[Written]) -> int:
        """The revision up to which its device had heard of the draft when it wrote."""
        written = history[self.place]
        return written.made_from if self.as_sent and written.sent is not None else written.revision


def base_of(history: Sequence[Written], device_id: str, revision: int, text: str) -> Base | None:
    """The base that a device names for a text; None where the history does not have it.

    Where the device has written since, it has not heard the answer, and goes on with what it sent.
    Who names none goes on with their first texts so, or has lost what they knew, as a page that was
    loaded anew: what is nearer to no text than to what was sent is not a change of that. Who sends
    an empty text had something in it.
    """
    own = _last_of(history, device_id)
    if own is not None and history[own].revision > revision:
        sent = Base(own, as_sent=True)
        if revision or not text or change(sent.text(history), text).size <= len(text):
            return sent
    for place, written in enumerate(history):
        if written.revision == revision:
            return Base(place)
    return None


def guess_base(history: Sequence[Written], device_id: str, text: str, now: int) -> Base:
    """The base of a text whose device names none: of the texts that it may have in its box the one
    of which this one is the smallest change.

    A key puts something in or takes something away. What changes an older text in both ways is
    taken for a new text in place of the present one, or of what the device wrote last.

    ``history``: not empty, oldest first, to the present one. ``now``: ms, as their times.
    """
    own, present = _last_of(history, device_id), Base(len(history) - 1)
    likely = [present] if own is None else [present, Base(own, as_sent=True)]
    heard = -1 if own is None else likely[1].heard(history)
    older = [
        Base(place)
        for place, written in enumerate(history[:-1])
        if (written.device_id != device_id or written.sent is not None)  # it was told of it
        and written.revision > heard
        and history[place + 1].timestamp > now - HEARD_TIMEOUT
    ]
    changes = {base: change(base.text(history), text) for base in (*likely, *older)}
    if changes[present].size == 0:
        return present
    by_a_key = [
        base
        for base, found in changes.items()
        if found.one_way and (base == present or 0 < found.size <= KEY_MAX)
    ]
    if by_a_key:
        return min(by_a_key, key=lambda base: (*changes[base], -base.place))
    return min((base for base in likely if changes[base].size), key=changes.__getitem__)


class Merged(NamedTuple):
    """What is to be stored. ``caret``: where in it the change ends that came; None where nothing
    was changed."""

    text: str
    caret: int | None


def merged(
    history: Sequence[Written], base: Base, device_id: str, text: str, caret: int | None = None
) -> Merged:
    """The present text with the change from the base to ``text``, which ends at ``caret``."""
    steps = Steps()
    before = base.text(history)
    edit = edit_to(before, text, caret, steps)
    if not edit and not base.as_sent:
        return Merged(history[-1].text, None)
    carets = dict[str, int]()
    last = _last_of(history[: base.place + 1], device_id)
    first = base.place + 1 if last is None else max(1, last - BEFORE_MAX)
    for place in range(first, base.place + 1):
        _edit_at(history, place, carets, steps)
    own = history[base.place].device_id == device_id
    hand = carets.get(device_id, -1)
    if edit and own and (base.as_sent or base.place == 0):
        hand = edit[0].start
    if caret is None:
        edit = slid(edit, before, hand)
    if not edit:  # it came again
        hand = history[base.place].end
    elif base.as_sent:
        stored = history[base.place].text
        edit, hand = _over(edit, edit_between(before, stored, steps), hand)
    for place in range(base.place + 1, len(history)):
        other = _edit_at(history, place, carets, steps)
        if history[place].device_id != device_id:
            edit, hand = _over(edit, other, hand)
        elif other:
            edit, hand = move(edit, other), end_of(other)
    return Merged(apply(history[-1].text, edit), end_of(edit) if edit else hand)


def _over(edit: Edit, other: Edit, hand: int) -> tuple[Edit, int]:
    return move(edit, other, hand), moved(hand, other, ahead=True)


def _edit_at(history: Sequence[Written], place: int, carets: dict[str, int], steps: Steps) -> Edit:
    """What was done at a place of the history. The ``carets`` of all, by device, go along."""
    before, written = history[place - 1].text, history[place]
    found = edit_between(before, written.text, steps)
    edit = slid(found, before, written.start)
    if edit == found:
        edit = slid(found, before, carets.get(written.device_id, -1))
    for device, caret in carets.items():
        carets[device] = moved(caret, edit, ahead=True)
    if edit:
        carets[written.device_id] = end_of(edit)
    return edit


def _last_of(history: Sequence[Written], device_id: str) -> int | None:
    places = (p for p in range(len(history) - 1, -1, -1) if history[p].device_id == device_id)
    return next(places, None)
