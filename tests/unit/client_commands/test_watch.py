"""What ``alphasync watch`` shows a bar for."""

from collections.abc import Iterator

import pytest

from alphasync.client_commands.watch import Event, Terminal

CHAT = {"profileId": "1001", "type": "chat"}
MAIL = {"profileId": "1001", "type": "mail"}
PROGRESS = {"current": 1, "total": 10, "message": "Sent"}


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    shown = Terminal()
    yield shown
    shown.close()


def test_a_run_has_a_bar_from_its_start_to_its_end(terminal: Terminal) -> None:
    terminal("processingStarted", CHAT)
    terminal("processingProgress", {**MAIL, "progress": PROGRESS})
    assert terminal.running == {("1001", "chat"), ("1001", "mail")}
    terminal("processingStopped", CHAT)
    assert terminal.running == {("1001", "mail")}
    terminal("processingComplete", CHAT)


def test_of_a_snapshot_only_what_is_running(terminal: Terminal) -> None:
    terminal("processingStateSync", {**CHAT, "isProcessing": False, "current": 1, "total": 1})
    terminal("processingStateSync", {**MAIL, "isProcessing": True, "current": 1, "total": 9})
    assert terminal.running == {("1001", "mail")}


@pytest.mark.parametrize(
    ("event", "data", "stays"),
    [
        ("resync", {}, False),
        ("deviceRegistered", {"recovered": False}, False),
        ("deviceRegistered", {"recovered": True}, True),
    ],
)
def test_before_a_snapshot_nothing_is_known(
    terminal: Terminal, event: str, data: Event, stays: bool
) -> None:
    terminal("processingStarted", CHAT)
    terminal(event, data)
    assert bool(terminal.running) is stays
