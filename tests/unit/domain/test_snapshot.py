"""How one event changes an account's state: only along the table of legal moves."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain import events
from alphasync.domain.drafts import Attachment, Draft
from alphasync.domain.runs import LEGAL_MOVES, Counters, Key, Run, RunStatus
from alphasync.domain.snapshot import IllegalMove, apply, catch_up
from tests.unit.domain.happenings import (
    COUNTERS,
    EMPTY,
    MAKERS,
    MOVES,
    OF_A_RUNNING_RUN,
    Make,
    attached,
    cleared,
    completed,
    interrupted,
    paused,
    progressed,
    reconnected,
    reconnecting,
    resolved,
    resumed,
    run_in,
    settled,
    snapshot_with,
    started,
    stopped,
    taken_over,
    updated,
)

PROFILES = ("1", "2")
KEYS: list[Key] = [(profile, type_) for profile in PROFILES for type_ in ("chat", "mail")]


def test_every_state_event_is_exercised_here() -> None:
    made = {type(make(("1", "chat"), 1)) for make in MAKERS}
    assert made == set(get_args(events.StateEvent))


@pytest.mark.parametrize("make", MOVES)
@pytest.mark.parametrize("status", [None, *RunStatus])
def test_a_run_moves_along_the_table_only(status: RunStatus | None, make: Make) -> None:
    before = snapshot_with(status)
    event = make(("1", "chat"), 6)
    if MOVES[make] in LEGAL_MOVES[status]:
        assert apply(before, event).runs["1", "chat"].status is MOVES[make]
    else:
        with pytest.raises(IllegalMove):
            apply(before, event)


def test_a_running_run_is_never_started_again_and_an_ended_one_only_started() -> None:
    """The table itself, said once more in words: what it must not come to allow."""
    assert LEGAL_MOVES[None] == {RunStatus.RUNNING}
    assert RunStatus.RUNNING not in LEGAL_MOVES[RunStatus.RUNNING]
    for ended in set(RunStatus) - {RunStatus.RUNNING}:
        assert LEGAL_MOVES[ended] == {RunStatus.RUNNING}
    assert LEGAL_MOVES.keys() == {None, *RunStatus}


@pytest.mark.parametrize("make", OF_A_RUNNING_RUN)
@pytest.mark.parametrize("status", [None, *RunStatus])
def test_what_only_a_running_run_has(status: RunStatus | None, make: Make) -> None:
    before = snapshot_with(status)
    if status is RunStatus.RUNNING:
        run = apply(before, make(("1", "chat"), 6)).runs["1", "chat"]
        assert (run.status, run.revision) == (RunStatus.RUNNING, 6)
        assert run.away is (make is reconnecting)
    else:
        with pytest.raises(IllegalMove):
            apply(before, make(("1", "chat"), 6))


@pytest.mark.parametrize("end", [completed, stopped, interrupted])
def test_a_device_that_is_away_is_of_no_interest_once_its_run_has_ended(end: Make) -> None:
    away = apply(snapshot_with(RunStatus.RUNNING), reconnecting(("1", "chat"), 6))
    assert away.runs["1", "chat"].away
    back = apply(away, reconnected(("1", "chat"), 7))
    assert back == msgspec.structs.replace(
        snapshot_with(RunStatus.RUNNING),
        revision=7,
        runs={
            ("1", "chat"): msgspec.structs.replace(
                run_in(RunStatus.RUNNING), device_id="device", revision=7
            )
        },
    )
    assert not apply(away, end(("1", "chat"), 7)).runs["1", "chat"].away


@pytest.mark.parametrize("end", [completed, stopped, interrupted])
def test_a_pause_ends_with_its_run_and_is_not_of_the_next_one(end: Make) -> None:
    key: Key = ("1", "chat")
    state = apply(snapshot_with(RunStatus.RUNNING), paused(key, 6))
    assert state.runs[key].paused
    assert not apply(state, resumed(key, 7)).runs[key].paused
    meanwhile: list[Make] = [progressed, taken_over, reconnecting]
    for revision, make in enumerate(meanwhile, start=7):
        state = apply(state, make(key, revision))
        assert state.runs[key].paused
    ended = apply(state, end(key, 10))
    assert not ended.runs[key].paused
    assert not apply(ended, started(key, 11)).runs[key].paused


def test_of_a_run_whose_record_was_lost_nothing_is_known_but_its_end() -> None:
    key: Key = ("1", "chat")
    again = msgspec.structs.replace(started(key, 6), only="failed")
    known = apply(snapshot_with(None), again)
    assert known.runs[key].only == "failed"
    lost = msgspec.structs.replace(interrupted(key, 7), started_at=60)
    unknown = msgspec.structs.replace(known, runs={})
    assert apply(known, lost).runs == apply(unknown, lost).runs


def test_a_run_counts_those_anew_who_were_decided_about() -> None:
    key: Key = ("1", "chat")
    state = snapshot_with(RunStatus.COMPLETED)
    decided = msgspec.structs.replace(
        resolved(key, 6), current=3, total=3, sent=3, skipped=0, failed=0, uncertain=0
    )
    run = apply(state, decided).runs[key]
    assert (run.counters, run.revision) == (Counters(total=3, sent=3), 6)
    # An earlier version, and where no run is on record, says nothing of one.
    assert apply(state, resolved(key, 6)).runs == state.runs
    assert apply(msgspec.structs.replace(state, runs={}), decided).runs == {}


def test_a_run_that_another_device_takes_over_is_the_new_operators() -> None:
    key: Key = ("1", "chat")
    state = apply(snapshot_with(RunStatus.RUNNING), reconnecting(key, 6))
    by_a_server = taken_over(key, 7)
    assert apply(state, by_a_server).runs[key].away
    by_a_device = msgspec.structs.replace(
        by_a_server, device_id="new", operator_id="mate", from_device_id="device"
    )
    run = apply(state, by_a_device).runs[key]
    assert (run.device_id, run.operator_id, run.away) == ("new", "mate", False)


def test_a_detached_run_is_one_until_its_end() -> None:
    key: Key = ("1", "chat")
    begun = msgspec.structs.replace(started(key, 6), detached=True)
    state = apply(snapshot_with(RunStatus.STOPPED), begun)
    assert state.runs[key].detached
    for end in (completed, stopped, interrupted):
        assert not apply(state, end(key, 7)).runs[key].detached


@pytest.mark.parametrize("status", [None, *RunStatus])
def test_progress_is_of_a_running_run(status: RunStatus | None) -> None:
    before = snapshot_with(status)
    if status is RunStatus.RUNNING:
        run = apply(before, progressed(("1", "chat"), 6)).runs["1", "chat"]
        assert run == msgspec.structs.replace(
            run_in(RunStatus.RUNNING), message="line 6", counters=Counters(**COUNTERS), revision=6
        )
        assert run.counters.current == 7
    else:
        with pytest.raises(IllegalMove):
            apply(before, progressed(("1", "chat"), 6))


@pytest.mark.parametrize("status", [None, *RunStatus])
def test_an_ended_run_is_settled_and_keeps_its_status(status: RunStatus | None) -> None:
    before = snapshot_with(status)
    if status in (None, RunStatus.RUNNING):
        with pytest.raises(IllegalMove):
            apply(before, settled(("1", "chat"), 6))
    else:
        run = apply(before, settled(("1", "chat"), 6)).runs["1", "chat"]
        assert (run.status, run.message, run.counters.failed) == (status, "line 6", 1)


def test_a_new_run_begins_with_nothing_of_the_last_one() -> None:
    run = apply(snapshot_with(RunStatus.STOPPED), started(("1", "chat"), 6)).runs["1", "chat"]
    assert run == Run(
        profile_id="1",
        type="chat",
        status=RunStatus.RUNNING,
        device_id="device 6",
        operator_id="operator",
        started_at=60,
        counters=Counters(),
        message="",
        revision=6,
    )


def test_a_stopped_run_keeps_its_starter_and_says_why() -> None:
    before = snapshot_with(RunStatus.RUNNING)
    run = apply(before, stopped(("1", "chat"), 6)).runs["1", "chat"]
    assert (run.device_id, run.stopped_by, run.message) == ("old device", "other", "Stopped")
    assert run.counters == Counters(**COUNTERS)
    run = apply(before, interrupted(("1", "chat"), 6)).runs["1", "chat"]
    assert (run.device_id, run.message) == ("old device", "Device disconnected")
    assert run.counters == Counters(**COUNTERS)
    run = apply(before, completed(("1", "chat"), 6)).runs["1", "chat"]
    assert (run.device_id, run.duration, run.counters) == ("old device", 5, Counters(**COUNTERS))


def test_an_emptied_draft_stays_with_an_empty_text() -> None:
    typed = apply(EMPTY, updated(("1", "chat"), 1))
    assert typed.drafts["1", "chat"].message == "text 1"
    empty = apply(typed, cleared(("1", "chat"), 2)).drafts["1", "chat"]
    assert empty == Draft(
        profile_id="1", type="chat", message="", device_id="device", timestamp=2, revision=2
    )


def test_text_and_attachments_of_a_draft_leave_each_other_alone() -> None:
    key: Key = ("1", "mail")
    first = apply(EMPTY, attached(key, 1)).drafts[key]
    picture = (Attachment("title 1", "link 1", "SENT_IMAGE"),)
    assert first == Draft("1", "mail", "", "device", 1, 0, picture, 1)
    state = EMPTY
    moves: list[Make] = [attached, updated, cleared, attached]
    for revision, make in enumerate(moves, start=1):
        state = apply(state, make(key, revision))
    after = state.drafts[key]
    assert (after.message, after.revision, after.timestamp) == ("", 3, 3)
    assert [attachment.link for attachment in after.attachments] == ["link 4"]
    assert after.attachments_revision == 4


def test_a_record_of_a_later_page_keeps_what_it_has() -> None:
    key: Key = ("1", "mail")
    happened: list[events.StateEvent] = [attached(key, 1), updated(key, 2), attached(key, 3)]
    state = EMPTY
    for event in happened:
        state = apply(state, event)
    for drafts in ({}, {key: state.drafts[key]}):
        assert catch_up(msgspec.structs.replace(EMPTY, drafts=drafts), happened) == state


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("revision", [0, 4, 5, 7])
def test_only_the_next_revision_is_taken(make: Make, revision: int) -> None:
    with pytest.raises(ValueError, match=f"revision {revision} does not follow 5"):
        apply(snapshot_with(RunStatus.RUNNING), make(("1", "chat"), revision))


def test_an_event_that_no_script_has_completed_is_refused() -> None:
    bare = events.MessageUpdated(profile_id="1", type="chat", message="x", device_id="d")
    with pytest.raises(ValueError, match="not been through its script"):
        apply(EMPTY, bare)


@given(st.lists(st.tuples(st.sampled_from(MAKERS), st.sampled_from(KEYS)), max_size=40))
def test_any_history_keeps_the_table_and_touches_one_key(history: list[tuple[Make, Key]]) -> None:
    state = EMPTY
    for make, key in history:
        event = make(key, state.revision + 1)
        frozen = msgspec.msgpack.encode([*state.runs.values(), *state.drafts.values()])
        run = state.runs.get(key)
        status = run.status if run else None
        try:
            after = apply(state, event)
        except IllegalMove:
            if make in OF_A_RUNNING_RUN:
                assert status is not RunStatus.RUNNING
            elif make is settled:
                assert status in (None, RunStatus.RUNNING)
            else:
                assert MOVES[make] not in LEGAL_MOVES[status]
            after = state
        else:
            assert after.revision == state.revision + 1
            moved = after.runs[key].status if key in after.runs else None
            if make in MOVES:
                assert moved is MOVES[make]
                assert moved in LEGAL_MOVES[status]
            else:
                assert moved is status
        others = {k: v for k, v in after.runs.items() if k != key}
        assert others == {k: v for k, v in state.runs.items() if k != key}
        untouched = {k: v for k, v in after.drafts.items() if k != key}
        assert untouched == {k: v for k, v in state.drafts.items() if k != key}
        # The snapshot before is somebody else's to keep.
        assert msgspec.msgpack.encode([*state.runs.values(), *state.drafts.values()]) == frozen
        state = after
