"""What each command takes of the role of who sends it."""

from alphasync.domain.roles import Right
from tests.unit.protocol.payloads import NEEDED

SEEING = {
    "readRun",
    "listFailed",
    "listVersions",
    "readVersion",
    "countBlocklist",
    "listBlocklist",
    "listDoNotContact",
    "listUncertain",
    "renameDevice",
    "signOutDevice",
    "subscribePush",
    "unsubscribePush",
    "heartbeat",
}
CLEARING = {"clearBlocklist", "removeFromBlocklist", "removeDoNotContact"}


def test_each_command_says_its_right_itself() -> None:
    assert [model for model in NEEDED if "right" not in vars(model)] == []


def test_who_only_sees_changes_nothing_but_their_own_devices() -> None:
    having = {
        right: {model.event_name for model in NEEDED if model.right is right} for right in Right
    }
    assert having[Right.SEE] == SEEING
    assert having[Right.CLEAR] == CLEARING
    everything = {model.event_name for model in NEEDED}
    assert having[Right.WORK] == everything - SEEING - CLEARING
