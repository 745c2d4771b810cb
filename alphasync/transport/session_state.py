"""The states of an Engine.IO session, and the legal moves between them."""

import enum


class State(enum.Enum):
    """``open``: its client's requests are served. ``over``: nothing is sent to the client any more,
    and nothing of it is handled."""

    OPENING = "opening"
    """The application has not accepted it yet."""
    POLLING = "polling"
    """What is put to it waits for the client's next poll."""
    UPGRADING = "upgrading"
    """The client tries a WebSocket, here or at another server: what is put is held back."""
    WEBSOCKET = "websocket"
    """On a WebSocket, to its end."""
    ENDING = "ending"
    """It has ended; the application is being told."""
    ENDED = "ended"
    """The application knows, or has refused it, or it has gone to another server."""

    open: bool
    over: bool

    def __init__(self, name: str) -> None:
        self.open = name in ("polling", "upgrading", "websocket")
        self.over = name in ("ending", "ended")


LEGAL_MOVES: dict[State, frozenset[State]] = {
    State.OPENING: frozenset({State.POLLING, State.ENDING, State.ENDED}),
    State.POLLING: frozenset({State.UPGRADING, State.WEBSOCKET, State.ENDING, State.ENDED}),
    State.UPGRADING: frozenset({State.POLLING, State.WEBSOCKET, State.ENDING, State.ENDED}),
    State.WEBSOCKET: frozenset({State.ENDING, State.ENDED}),
    State.ENDING: frozenset({State.ENDED}),
    State.ENDED: frozenset(),
}
"""From each state to those that may follow. A session that is opened with a WebSocket, or comes
from another server, is ``POLLING`` for the moment until it has its WebSocket."""


class IllegalMove(RuntimeError):
    """A session was to go where no session goes: a mistake of ours."""


def check_move(state: State, to: State) -> None:
    """Raise IllegalMove unless ``to`` may follow ``state``."""
    if to not in LEGAL_MOVES[state]:
        raise IllegalMove(f"a session that is {state.value} cannot become {to.value}")
