"""The account's one order, however its envelopes arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.realtime.order import Envelope, Position, Verdict, parse


def envelope(revision: int, epoch: str = "e") -> Envelope:
    return Envelope(epoch, revision, "1", "", f"packet {revision}")


def position_at(revision: int, keep: int = 8) -> Position:
    position = Position(keep)
    position.jump("e", revision)
    return position


def test_five_lines_make_an_envelope() -> None:
    raw = 'e.1\n12\n5/*\nd1\n2["x",{"a":"ß\\n"}]'.encode()
    assert parse(raw) == Envelope("e.1", 12, "5/*", "d1", '2["x",{"a":"ß\\n"}]')
    assert parse(b"e\n1\n\n\np") == Envelope("e", 1, "", "", "p")


@pytest.mark.parametrize("raw", [b"", b"e\n1\n\n", b"e\nx\n\n\np", b"\xff\n1\n\n\np"])
def test_what_no_script_wrote_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"unpack|invalid literal|decode"):
        parse(raw)


@pytest.mark.parametrize(
    ("epoch", "revision", "verdict"),
    [
        ("e", 6, Verdict.NEXT),
        ("e", 5, Verdict.OLD),
        ("e", 1, Verdict.OLD),
        ("e", 7, Verdict.GAP),
        ("e", 600, Verdict.GAP),
        ("f", 6, Verdict.GAP),
        ("f", 1, Verdict.GAP),
        ("", 6, Verdict.GAP),
    ],
)
def test_verdicts(epoch: str, revision: int, verdict: Verdict) -> None:
    assert position_at(5).judge(envelope(revision, epoch)) is verdict


def test_nothing_is_next_before_there_is_a_position() -> None:
    assert Position(8).judge(envelope(1)) is Verdict.GAP


def test_since_gives_exactly_the_events_after() -> None:
    position = position_at(5, keep=3)
    assert position.since("e", 5) == []
    assert position.since("e", 4) is None, "delivered before this position began"
    for revision in (6, 7, 8, 9):
        position.advance(envelope(revision))
    assert position.since("e", 9) == []
    assert position.since("e", 7) == [envelope(8), envelope(9)]
    assert position.since("e", 6) == [envelope(7), envelope(8), envelope(9)]
    assert position.since("e", 5) is None, "no longer at hand"
    assert position.since("e", 10) is None, "not delivered yet"
    assert position.since("f", 9) is None, "another log"


def test_a_jump_forgets_what_was_before() -> None:
    position = position_at(5)
    position.advance(envelope(6))
    position.jump("f", 2)
    assert position.since("f", 1) is None
    assert position.since("f", 2) == []
    assert position.judge(envelope(7)) is Verdict.GAP
    assert position.judge(envelope(3, "f")) is Verdict.NEXT


@st.composite
def arrivals(draw: st.DrawFn) -> list[Envelope]:
    """Two logs' envelopes, lost, doubled, mixed and shuffled in any way."""
    sent = [envelope(n, epoch) for epoch in ("e", "f") for n in range(1, 13)]
    return draw(st.lists(st.sampled_from(sent), max_size=60))


@given(arrivals())
def test_whatever_arrives_nothing_is_delivered_twice_or_out_of_order(
    arrived: list[Envelope],
) -> None:
    position = position_at(0)
    delivered: list[int] = []
    for one in arrived:
        if position.judge(one) is Verdict.NEXT:
            position.advance(one)
            delivered.append(one.revision)
    assert delivered == list(range(1, len(delivered) + 1))
    assert position.revision == len(delivered)


@given(arrivals(), st.integers(1, 12))
def test_with_the_log_read_at_a_gap_nothing_is_missing_either(
    arrived: list[Envelope], keep: int
) -> None:
    """As the relay does it: at a gap, the log up to the newest; for another log, its snapshot."""
    position = position_at(0, keep)
    delivered: list[Envelope] = []
    for one in arrived:
        verdict = position.judge(one)
        if verdict is Verdict.NEXT:
            missing = [one]
        elif verdict is Verdict.OLD:
            missing = []
        elif one.epoch == position.epoch:
            missing = [
                envelope(n, one.epoch) for n in range(position.revision + 1, one.revision + 1)
            ]
        else:
            position.jump(one.epoch, one.revision)
            delivered.clear()
            missing = []
        for event in missing:
            assert position.judge(event) is Verdict.NEXT
            position.advance(event)
            delivered.append(event)
        revisions = [event.revision for event in delivered]
        assert revisions == list(
            range(position.revision - len(delivered) + 1, position.revision + 1)
        )
        for after in range(position.revision - len(delivered), position.revision + 1):
            since = position.since(position.epoch, after)
            expected = [event for event in delivered if event.revision > after]
            assert since == (expected if len(expected) <= keep else None)
