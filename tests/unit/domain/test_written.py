"""Several hands in one draft, as a whole: what they type is there, whatever the order of things."""

import random
import string
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import permutations

import pytest

from alphasync.domain.written import Stored, Written, base_of, history_of, merged
from tests.hands import Hand

LETTERS = (
    string.ascii_lowercase[:13],
    string.ascii_lowercase[13:],
    string.ascii_uppercase[:13],
    string.ascii_uppercase[13:],
    string.digits,
)
"""Of each hand, so that one can tell who wrote what."""
BEHIND = 64
"""Edits that the store gives behind a base."""


def stored_edit(
    revision: int,
    device: str,
    before: str,
    text: str,
    sent: str | None,
    made_from: int,
    caret: int | None = None,
) -> Stored:
    """As the script notes it."""
    start, taken, put = stretch(before, text, caret)
    edit = Stored(revision, device, 0, start, taken, len(put.encode()))
    if sent is None:
        return edit
    at, instead, other = stretch(text, sent)
    return edit._replace(
        made_from=made_from, sent_from=at, sent_instead=len(instead.encode()), sent=other
    )


def stretch(before: str, after: str, caret: int | None = None) -> tuple[int, str, str]:
    most = min(len(before), len(after))
    if caret is not None:
        tail = common(before[::-1], after[::-1], min(most, len(after) - caret))
        head = common(before, after, most - tail)
    else:
        head = common(before, after, most)
        tail = common(before[::-1], after[::-1], most - head)
    put = after[head : len(after) - tail]
    return len(before[:head].encode()), before[head : len(before) - tail], put


def common(one: str, other: str, most: int) -> int:
    return next((place for place in range(most) if one[place] != other[place]), most)


class Draft:
    """The server's: the text, and what was done to it."""

    def __init__(self, text: str) -> None:
        self.present = Written(1, "first", 0, text)
        self.edits = [stored_edit(1, "first", "", text, None, 0)]

    def store(
        self, device: str, text: str, base: int, caret: int | None = None
    ) -> tuple[str, int, int | None]:
        """The text that is stored, its revision, and where in it the change ends."""
        before, sent, made_from = self.present, text, 0
        if base != before.revision:
            history = history_of(before, self.last_edits(base), device, base)
            place = base_of(history, device, base, text)
            assert place is not None
            text, caret = merged(history, place, device, sent, caret)
            made_from = place.heard(history)
            if text == before.text:
                return text, before.revision, caret
        revision = before.revision + 1
        as_sent = None if text == sent else sent
        edit = stored_edit(revision, device, before.text, text, as_sent, made_from, caret)
        self.edits.append(edit)
        self.present = Written(revision, device, 0, text)
        return text, revision, caret

    def last_edits(self, base: int) -> list[Stored]:
        return self.edits[max(0, base - BEHIND) :][::-1]


@dataclass
class Seat:
    """A hand, and what is on its way from and to it: each way keeps its order, and no more."""

    name: str
    left: str
    hand: Hand = field(default_factory=Hand)
    commands: deque[tuple[str, int, int | None]] = field(default_factory=deque)
    answers: deque[tuple[str, int, int | None]] = field(default_factory=deque)
    events: deque[tuple[str, int, int | None]] = field(default_factory=deque)

    def send(self) -> None:
        if (sending := self.hand.send()) is not None:
            self.commands.append(sending)

    @property
    def busy(self) -> bool:
        return bool(self.left or self.commands or self.answers or self.events)


class Room:
    """``slow``: keys that a hand types in the time of one command, answer or event. ``lost``: the
    share of answers that get lost; the command comes again then."""

    def __init__(self, draft: Draft, seats: list[Seat], seed: int, slow: int, lost: float) -> None:
        self.draft, self.seats = draft, seats
        self.chance, self.slow, self.lost = random.Random(seed), slow, lost

    def type_all(self) -> str:
        ways = (self.key, self.command, self.answer, self.event)
        while any(seat.busy for seat in self.seats):
            (way,) = self.chance.choices(ways, (self.slow, 1, 1, 1))
            way(self.chance.choice(self.seats))
        assert all(seat.hand.idle for seat in self.seats)
        assert {seat.hand.box for seat in self.seats} == {self.draft.present.text}
        return self.draft.present.text

    def key(self, seat: Seat) -> None:
        if seat.left:
            seat.hand.put(seat.left[0])
            seat.left = seat.left[1:]
            seat.send()

    def command(self, seat: Seat) -> None:
        if not seat.commands:
            return
        before = self.draft.present
        answer = self.draft.store(seat.name, *seat.commands[0])
        if self.draft.present is not before:
            for other in self.seats:
                if other is not seat:
                    other.events.append(answer)
        if self.chance.random() >= self.lost:
            seat.commands.popleft()
            seat.answers.append(answer)

    def answer(self, seat: Seat) -> None:
        if seat.answers:
            seat.hand.answered(*seat.answers.popleft())
            seat.send()

    def event(self, seat: Seat) -> None:
        if seat.events:
            seat.hand.hear(*seat.events.popleft())


def together(
    seed: int, text: str, carets: list[int], keys: int, slow: int, spaces: str = ""
) -> tuple[str, list[str]]:
    """The text in the end, and what each hand typed."""
    chance, lost = random.Random(seed), 0.1
    kinds = [letters + spaces for letters in LETTERS[: len(carets)]]
    typed = ["".join(chance.choices(letters, k=keys)) for letters in kinds]
    draft = Draft(text)
    seats = [Seat(f"d{number}", letters) for number, letters in enumerate(typed)]
    for seat, caret in zip(seats, carets, strict=True):
        seat.hand.show(text, draft.present.revision, caret)
    return Room(draft, seats, seed, slow, lost).type_all(), typed


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("slow", [1, 12])
@pytest.mark.parametrize("people", [2, 5])
def test_where_each_has_a_place_all_is_there(people: int, slow: int, seed: int) -> None:
    marks = [f"<{number}>" for number in range(people)]
    carets = [3 + 4 * number for number in range(people)]
    text, typed = together(seed, "\n".join(marks), carets, 60, slow)
    assert text == "\n".join(map(str.__add__, marks, typed))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("slow", [1, 12])
@pytest.mark.parametrize("carets", [[1, 1], [1, 1, 1, 1, 1], [1, 4, 7, 1, 4]])
def test_at_the_same_places_all_is_there_and_words_stay_whole(
    carets: list[int], slow: int, seed: int
) -> None:
    text, typed = together(seed, "[] [] []", carets, 60, slow)
    assert Counter(text) == Counter("[] [] []" + "".join(typed))
    assert [word for word in typed if word not in text] == []


@pytest.mark.parametrize("seed", range(10))
def test_each_hand_writes_where_its_caret_is(seed: int) -> None:
    """Also in places that look like one another, with words that begin alike."""
    text, typed = together(seed, "[] [] []", [1, 4, 7, 1, 4], 40, 2, spaces="  ")
    assert Counter(text) == Counter("[] [] []" + "".join(typed))
    places = text.split("[")[1:]
    for letters, words, place in zip(LETTERS, typed, [*places, *places[:2]], strict=True):
        assert [letter for letter in place if letter in letters] == list(words.replace(" ", ""))
        assert all(word in place for word in words.split())


def test_of_many_edits_since_the_base_the_older_ones_count_as_one() -> None:
    draft, text = Draft("one. two. three."), "one. two. three."
    for number in range(300):
        text = text.replace(". three", f" {number}. three")
        draft.store(f"d{number % 3}", text, draft.present.revision)
    history = history_of(draft.present, draft.last_edits(1), "tunnel", 1)
    assert len(history) < 40
    stored, _, _ = draft.store("tunnel", "My one. two. three. Four.", 1)
    assert stored == f"My {text} Four."


@pytest.mark.parametrize("lost", [0.0, 0.15])
@pytest.mark.parametrize("slow", [1, 12])
@pytest.mark.parametrize(
    "words",
    [
        ["From the phone.", "From the desk."],
        ["Hello", "Hello"],
        ["Hi all, ", "Hi Bob, ", "Hi Ann, "],
        ["ababab", "babaab", "aabb"],
    ],
)
@pytest.mark.parametrize(("front", "behind"), [("", ""), ("Hi. ", ""), ("", "Hi. "), ("a\n", "ab")])
def test_the_same_letters_at_the_same_place_are_told_apart(
    front: str, behind: str, words: list[str], slow: int, lost: float
) -> None:
    wholes = {front + "".join(order) + behind for order in permutations(words)}
    for seed in range(20):
        draft = Draft(front + behind)
        seats = [Seat(f"d{number}", letters) for number, letters in enumerate(words)]
        for seat in seats:
            seat.hand.show(front + behind, draft.present.revision, len(front))
        assert Room(draft, seats, seed, slow, lost).type_all() in wholes
