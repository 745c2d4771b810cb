"""The table of a session's moves, without a session."""

import pytest

from alphasync.transport.session_state import LEGAL_MOVES, IllegalMove, State, check_move

EVERY_PAIR = [(state, to) for state in State for to in State]
OVER = {State.ENDING, State.ENDED}


def reached(state: State) -> set[State]:
    """All states to which a session may come from this one."""
    found, new = set[State](), {state}
    while new:
        found |= new
        new = {to for one in new for to in LEGAL_MOVES[one]} - found
    return found - {state} | {to for one in found for to in LEGAL_MOVES[one]}


def test_the_table_has_every_state() -> None:
    assert set(LEGAL_MOVES) == set(State)


@pytest.mark.parametrize(("state", "to"), EVERY_PAIR)
def test_a_move_is_refused_unless_the_table_has_it(state: State, to: State) -> None:
    if to in LEGAL_MOVES[state]:
        check_move(state, to)
    else:
        with pytest.raises(IllegalMove, match=rf"{state.value} cannot become {to.value}"):
            check_move(state, to)


def test_a_session_is_accepted_once() -> None:
    assert all(State.OPENING not in reached(state) for state in State)


def test_a_websocket_is_never_left_for_polling() -> None:
    assert reached(State.WEBSOCKET) == OVER


def test_a_websocket_that_was_only_tried_may_be_given_up() -> None:
    check_move(State.UPGRADING, State.POLLING)


def test_what_is_over_stays_over() -> None:
    assert {state for state in State if state.over} == OVER
    assert reached(State.ENDING) == {State.ENDED}
    assert reached(State.ENDED) == set()


@pytest.mark.parametrize("state", [state for state in State if state not in OVER])
def test_every_session_may_end(state: State) -> None:
    check_move(state, State.ENDING)


@pytest.mark.parametrize("state", State)
def test_requests_are_served_between_the_beginning_and_the_end(state: State) -> None:
    assert state.open == (state is not State.OPENING and not state.over)
