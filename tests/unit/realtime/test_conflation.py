"""Which events replace another for a client that does not keep up."""

import pytest

from alphasync.domain import events
from alphasync.protocol import packets
from alphasync.realtime.conflation import LATEST_WINS, key_of


def updated(profile: str, type: str = "chat", text: str = "x") -> str:
    return f'2["messageUpdated",{{"profileId":"{profile}","type":"{type}","message":"{text}"}}]'


def test_texts_of_one_draft_replace_each_other() -> None:
    assert key_of(updated("1", text="a")) == key_of(updated("1", text="ab")) is not None
    others = {key_of(updated("1")), key_of(updated("2")), key_of(updated("1", "mail"))}
    assert len(others) == 3


def test_progress_is_no_text() -> None:
    progress = '2["processingProgress",{"profileId":"1","type":"chat","progress":{}}]'
    assert key_of(progress) not in (None, key_of(updated("1")))


def test_the_names_are_those_of_events() -> None:
    assert set(LATEST_WINS) <= set(packets.EVENTS)
    assert (
        events.ProcessingProgress.event_name,
        events.MessageUpdated.event_name,
    ) == LATEST_WINS


@pytest.mark.parametrize(
    "packet",
    [
        '2["messageCleared",{"profileId":"1","type":"chat"}]',
        '2["processingComplete",{"profileId":"1","type":"chat"}]',
        '2["messageUpdatedToo",{"profileId":"1","type":"chat"}]',
        '2["messageUpdated",{}]',
        '2["messageUpdated",null]',
        '2["messageUpdated",',
        '2/x,["messageUpdated",{"profileId":"1","type":"chat"}]',
        "0",
        "",
    ],
)
def test_all_else_has_to_arrive(packet: str) -> None:
    assert key_of(packet) is None
