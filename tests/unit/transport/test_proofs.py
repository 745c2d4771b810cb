"""What is remembered of signed requests, and of other servers' clocks, is bounded."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from alphasync.transport import proofs
from alphasync.transport.peers import Peers
from alphasync.transport.proofs import AGE_MAX, CLIENT, PROOF, Asked, Asking, Clocks, Door


async def nobody(_: str) -> None:
    return None


PEERS = Peers(("secret",), nobody)


def asked(door: Door, at: float) -> Asked:
    """A signed request for this time by the door's clock, as the door reads it."""
    headers = CIMultiDict({CLIENT: "192.0.2.1"})
    headers[PROOF] = Asking(PEERS, PEERS.name).proof(at, "GET", "/?x", headers, b"")
    read = door.read(make_mocked_request("GET", "/?x", headers))
    assert read
    return read


def test_a_request_is_remembered_for_as_long_as_it_could_come_again() -> None:
    time = 1_000.0
    door = Door(PEERS, lambda: time)
    early = asked(door, time + AGE_MAX)
    assert door.admit(early)
    for _ in range(4):
        assert not door.admit(early)
        time += AGE_MAX / 2
    assert not door.admit(early)
    time += 1
    assert not door.admit(early), "it is too old by now"
    assert door.admit(asked(door, time))
    assert len(door._seen) == 1, "what is too old is forgotten"


def test_no_more_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proofs, "SEEN_MAX", 3)
    time = 1_000.0
    door = Door(PEERS, lambda: time)
    first, *others = [asked(door, time) for _ in range(4)]
    assert [door.admit(one) for one in (first, *others)] == [True, True, True, False]
    assert not door.admit(first), "none is forgotten to make room"
    time += 2 * AGE_MAX + 1
    assert door.admit(asked(door, time))


async def test_clocks_of_many_servers_are_bounded_and_do_not_hold_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proofs, "CLOCKS_MAX", 2)
    now = 100.0
    monkeypatch.setattr(proofs, "_now", lambda: now)
    clocks = Clocks()
    for name, time in (("a", 5.0), ("b", -3_600.0), ("c", 1e7)):
        clocks.set(name, time)
    now += 1
    assert [clocks.at(name) for name in "abc"] == [None, -3_599.0, 1e7 + 1]
    clocks.forget("b")
    assert clocks.at("b") is None
    now += proofs.CLOCK_TTL
    assert clocks.at("c") is None


def test_an_answer_is_worth_nothing_for_another_request_or_from_another_server() -> None:
    door = Door(PEERS, lambda: 1_000.0)
    headers = CIMultiDict({CLIENT: ""})
    asking = Asking(PEERS, PEERS.name)
    headers[PROOF] = asking.proof(0.0, "GET", "/", headers, b"")
    read = door.read(make_mocked_request("GET", "/", headers))
    assert read
    response = web.Response(text="yes")
    door.sign(read, response)
    assert asking.time_of(200, response.headers, b"yes") == 1_000.0
    assert asking.time_of(200, response.headers, b"no") is None
    assert asking.time_of(400, response.headers, b"yes") is None
    assert Asking(PEERS, PEERS.name).time_of(200, response.headers, b"yes") is None
    request_as_answer = CIMultiDict({PROOF: " ".join(headers[PROOF].split()[::3])})
    assert asking.time_of(200, request_as_answer, b"yes") is None
