"""What a backlog holds and how it counts, without a connection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.transport.backlog import Backlog, Overflow
from alphasync.transport.outgoing import Outgoing, message

FRAME = 4
"""Bytes of a WebSocket frame's head, for a payload of 126 bytes and more."""


def packet(size: int, text: str = "") -> Outgoing:
    """A message of so many bytes on a WebSocket, the type digit and the head included."""
    return message(text.ljust(size - FRAME - 1, "."))


def key_of(text: str) -> str | None:
    """The letter that a message begins with; those with an exclamation mark must all arrive."""
    return None if text[0] == "!" else text[0]


def texts(packets: list[Outgoing]) -> list[str]:
    return [one.text[1:].rstrip(".") for one in packets]


def test_a_packet_counts_as_what_it_is_on_a_websocket() -> None:
    backlog = Backlog(1000, None)
    backlog.extend([packet(200), packet(300)])
    assert backlog.size == 500


def test_as_much_waits_as_may_and_not_a_byte_more() -> None:
    backlog = Backlog(1000, None)
    backlog.extend([packet(600), packet(400)])
    with pytest.raises(Overflow):
        backlog.extend([Outgoing("2")])


def test_what_waits_elsewhere_counts_but_is_not_kept_in_mind() -> None:
    backlog = Backlog(1000, None)
    with pytest.raises(Overflow):
        backlog.extend([packet(400)], elsewhere=601)
    assert backlog.size == 400
    backlog.extend([packet(200)], elsewhere=400)
    assert backlog.size == 600


def test_all_of_it_is_drained_in_order() -> None:
    backlog = Backlog(1000, None)
    backlog.extend([packet(200, "one"), packet(200, "two")])
    backlog.extend([packet(200, "three")])
    assert texts(backlog.drain()) == ["one", "two", "three"]
    assert (backlog.packets, backlog.size) == ([], 0)


def test_it_is_drained_in_parts() -> None:
    backlog = Backlog(2000, None)
    backlog.extend([packet(200 + number, str(number)) for number in range(5)])
    assert texts(backlog.drain(2)) == ["0", "1"]
    assert backlog.size == 202 + 203 + 204
    assert texts(backlog.drain(2)) == ["2", "3"]
    assert texts(backlog.drain(2)) == ["4"]
    assert (backlog.drain(2), backlog.size) == ([], 0)


def test_what_is_given_back_stands_in_front_again() -> None:
    backlog = Backlog(2000, None)
    backlog.extend([packet(200, "one"), packet(200, "two")])
    drained = backlog.drain()
    backlog.extend([packet(200, "three")])
    backlog.give_back(drained[1:])
    assert texts(backlog.packets) == ["two", "three"]
    assert backlog.size == 400


def test_what_a_client_has_asked_for_may_wait_beyond_the_limit() -> None:
    backlog = Backlog(1000, None)
    backlog.extra = 600
    backlog.extend([packet(600), packet(1000)])
    with pytest.raises(Overflow):
        backlog.extend([Outgoing("2")])


def test_what_is_drained_is_paid_with_what_is_extra() -> None:
    backlog = Backlog(1000, None)
    backlog.extra = 500
    backlog.extend([packet(300), packet(300)])
    backlog.drain(1)
    assert backlog.extra == 200
    backlog.drain()
    assert backlog.extra == 0


def test_what_is_given_back_is_paid_back() -> None:
    backlog = Backlog(1000, None)
    backlog.extra = 500
    backlog.extend([packet(300), packet(300)])
    drained = backlog.drain()
    assert backlog.extra == 0
    backlog.give_back(drained[1:])
    assert backlog.extra == 300


def test_of_the_same_key_only_the_latest_stays_once_half_is_full() -> None:
    backlog = Backlog(1000, key_of)
    backlog.extend([packet(200, "a1"), packet(200, "b1")])
    assert texts(backlog.packets) == ["a1", "b1"]
    backlog.extend([packet(200, "a2"), packet(200, "!")])
    assert texts(backlog.packets) == ["b1", "a2", "!"]
    assert backlog.size == 600


def test_what_a_client_has_asked_for_is_not_conflated_for_its_size() -> None:
    backlog = Backlog(1000, key_of)
    backlog.extra = 600
    backlog.extend([packet(600, "a1"), packet(500, "a2")])
    assert texts(backlog.packets) == ["a1", "a2"]
    backlog.extend([packet(200, "a3")])
    assert texts(backlog.packets) == ["a3"]


def test_what_must_arrive_and_what_is_no_message_stays() -> None:
    backlog = Backlog(1000, key_of)
    ping, binary = Outgoing("2"), message(b"a")
    backlog.extend([ping, packet(200, "!"), binary, packet(200, "!"), ping, packet(200, "a")])
    assert len(backlog.packets) == 6


def test_conflated_or_not_it_has_its_limit() -> None:
    backlog = Backlog(1000, key_of)
    for number in range(20):
        backlog.extend([packet(200, f"a{number}")])
    assert texts(backlog.packets)[-1] == "a19"
    with pytest.raises(Overflow):
        backlog.extend([packet(200, "!") for _ in range(5)])


def test_it_is_looked_through_again_only_when_it_has_doubled() -> None:
    looks: list[str] = []

    def noted(text: str) -> None:
        looks.append(text)

    backlog = Backlog(10_000, noted)
    for _ in range(40):
        backlog.extend([packet(250)])
    assert backlog.size == 10_000
    assert len(looks) == 21, "at 5,250 bytes; twice that is more than may wait"


@given(st.lists(st.tuples(st.sampled_from(["extend", "drain", "give back"]), st.integers(1, 5))))
def test_its_size_is_that_of_its_packets(steps: list[tuple[str, int]]) -> None:
    backlog = Backlog(10**9, None)
    drained: list[Outgoing] = []
    for step, count in steps:
        if step == "extend":
            backlog.extend([packet(130 + number) for number in range(count)])
        elif step == "drain":
            drained = backlog.drain(count)
        else:
            backlog.give_back(drained)
            drained = []
        assert backlog.size == sum(one.size for one in backlog.packets)
