"""Which cycle is next, and whom it leaves out."""

import asyncio
from typing import cast

import msgspec
import pytest

from alphasync.domain.runs import Continuous, Counters, RunOptions
from alphasync.gateway.port import GatewayUnavailable, Recipient
from alphasync.services.progress import Progress
from alphasync.services.recipients import Candidate, Listing
from alphasync.services.takeover import Resume
from alphasync.worker.cycles import MISSED_MAX, Cycles, ListingFailed, spelled
from alphasync.worker.steps import Steps
from tests.unit.worker.paged import TICKET

REPEATING = msgspec.structs.replace(TICKET, options=RunOptions(None, Continuous(60)))


def cycles(*, repeats: bool = True, on_record: int = 0, rests: bool = False) -> Cycles:
    progress, draining = cast(Progress, None), asyncio.Event()
    steps = Steps(progress, REPEATING if repeats else TICKET, draining)
    resume = Resume("", "", Counters(), "", "", "", False, cycle=on_record, rests=rests)
    return Cycles(progress, steps, draining, resume if on_record else None)


def listing(*ids: str) -> Listing:
    candidates = [Candidate(Recipient(id_, None), "") for id_ in ids]
    return Listing(candidates, total=len(ids), failed=0, odd=[], honours_keys=False)


def failed() -> ListingFailed:
    return ListingFailed(GatewayUnavailable("down"))


def test_one_cycle_follows_another() -> None:
    run = cycles()
    for number in (1, 2, 3):
        assert run.number == number
        run.planned()
        assert run.number == number
        run.through()
    assert run.repeats
    assert not cycles(repeats=False).repeats


@pytest.mark.parametrize(("rests", "number"), [(False, 4), (True, 5)])
def test_a_takeover_is_in_the_cycle_on_record_or_before_the_next(rests: bool, number: int) -> None:
    assert cycles(on_record=4, rests=rests).number == number


def test_the_first_list_has_to_come_and_a_later_one_at_some_time() -> None:
    for run in (cycles(), cycles(repeats=False)):
        with pytest.raises(ListingFailed):
            run.missed(failed())
    run = cycles(on_record=1, rests=True)
    for cycle in (2, 3):
        for _ in range(MISSED_MAX):
            run.missed(failed())
            assert run.number == cycle
        run.planned()
        run.through()
    for _ in range(MISSED_MAX):
        run.missed(failed())
    with pytest.raises(ListingFailed):
        run.missed(failed())


def test_who_was_refused_in_three_cycles_is_left_alone() -> None:
    run = cycles()
    for _ in range(3):
        assert len(run.tried(listing("a", "b")).candidates) == 2
        run.refused("a")
    tried = run.tried(listing("a", "b"))
    assert [candidate.recipient.id for candidate in tried.candidates] == ["b"]
    assert (tried.total, tried.failed, tried.skipped) == (2, 1, 0)
    # Who is not listed any more is forgotten.
    assert run.tried(listing("b")) == listing("b")
    assert run.tried(listing("a")) == listing("a")


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(0.3, "0 s"), (60, "60 s"), (120, "2 min"), (5400, "90 min"), (7200, "2 h")],
)
def test_a_length_of_time_is_said_as_people_say_it(seconds: float, says: str) -> None:
    assert spelled(seconds) == says
