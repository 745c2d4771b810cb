"""Requests for another server's sessions go over one connection, which only one of us opens."""

import asyncio
import json
import struct

import msgspec
import pytest

from alphasync.transport import line_answering
from alphasync.transport.line import HELLO_SIZE, Answer, Ask, Opener, Sealer
from alphasync.transport.line_asking import AskingLine, upgrade
from alphasync.transport.proofs import AGE_MAX, Asking
from alphasync.transport.refusals import UNKNOWN_SID, Refused
from tests.conformance.servers import PAYLOAD_MAX, Pair
from tests.conformance.signed import owner_side, untouched
from tests.conformance.wire import packets
from tests.harness import PATIENCE, wait_until

UNKNOWN = (400, UNKNOWN_SID)


def lines_of(pair: Pair) -> dict[str, AskingLine]:
    assert pair.front.forwarder
    return pair.front.forwarder.client.lines.open


class Raw:
    """A line that a test opens, to say on it what it likes."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._opener = Opener([], 0)
        self.head = b""
        self.sealer = Sealer(b"")

    async def open(self, secret: str = "known to the street only") -> "Raw":
        peers, owner = self._pair.street.peers(secret), self._pair.peers.name
        asking, address = Asking(peers, owner), self._pair.street.addresses[owner]
        self.head = upgrade(asking, owner_side(self._pair).door.now(), address)
        self.answered = await self.begin()
        if b" 101 " in self.answered:
            hello = await self._reader.readexactly(HELLO_SIZE)
            keys = peers.line_keys(owner, asking.nonce, hello)[0]
            self.sealer, self._opener = Sealer(keys.asking), Opener([keys.answering], 2**20)
        return self

    async def begin(self) -> bytes:
        """The head of what the upgrade is answered with."""
        address = self._pair.street.addresses[self._pair.peers.name]
        self._reader, self._writer = await asyncio.open_connection(*address)
        self._writer.write(self.head)
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readuntil(b"\r\n\r\n")

    def ask(self, sid: str, body: bytes = b"4x", *, method: str = "POST", after: float = 0) -> None:
        content = msgspec.msgpack.encode(Ask(1, after, method, sid, "", body))
        self.last = self.sealer.seal(content)
        self.write(self.last)

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def answer(self) -> Answer | None:
        """None where the line is closed instead."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    data = await self._reader.read(2**16)
                except ConnectionError:
                    return None
                if not data:
                    return None
                for content in self._opener.feed(data):
                    return msgspec.msgpack.decode(content, type=Answer)

    def close(self) -> None:
        self._writer.close()


async def test_all_go_over_one_line(pair: Pair) -> None:
    sids = [await pair.endpoint.sid() for _ in range(3)]
    await asyncio.gather(*(pair.endpoint.post(sid, "4x") for sid in sids))
    first = lines_of(pair)[pair.peers.name]
    answers = await asyncio.gather(*(pair.endpoint.poll(sid) for sid in sids))
    assert [packets(answer.text) for answer in answers] == [["4x"]] * 3
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert lines_of(pair) == {pair.peers.name: first}


async def test_a_server_that_knows_no_lines_is_asked_one_by_one(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of an earlier version, which takes it for a session that it does not have."""
    tried: list[str] = []

    def none(self: object, request: object, asked: object) -> None:
        tried.append("line")
        raise Refused(UNKNOWN_SID)

    monkeypatch.setattr(type(owner_side(pair)), "_open_line", none)
    sid = await pair.endpoint.sid()
    for _ in range(3):
        assert (await pair.endpoint.post(sid, "4x")).text == "ok"
    assert packets((await pair.endpoint.poll(sid)).text) == ["4x"] * 3
    assert tried == ["line"], "it is not asked again at once"


async def test_where_a_line_is_lost_so_is_what_was_under_way_and_the_next_one_is_new(
    pair: Pair,
) -> None:
    sid, other = await pair.endpoint.sid(), await pair.endpoint.sid()
    async with pair.endpoint.open_poll(sid) as poll:
        first = lines_of(pair)[pair.peers.name]
        assert first.transport
        first.transport.abort()
        answer = await poll
    assert (answer.status, json.loads(answer.text)["code"]) == UNKNOWN
    await wait_until(lambda: pair.owner.ended == {sid: "transport close"}, what="it ended")
    assert (await pair.endpoint.post(other, "4x")).text == "ok"
    assert lines_of(pair)[pair.peers.name] is not first


async def test_of_another_moment_it_goes_another_way_and_what_is_under_way_goes_on(
    pair: Pair,
) -> None:
    """As after a machine has slept."""
    sid = await pair.endpoint.sid()
    async with pair.endpoint.open_poll(sid) as poll:
        first = lines_of(pair)[pair.peers.name]
        first.began += 2 * AGE_MAX
        assert (await pair.endpoint.post(sid, "4x")).text == "ok"
        assert packets((await poll).text) == ["4x"]
    assert pair.owner.of(sid) == ["x"]
    await wait_until(lambda: first.transport is None, what="the old line is closed")
    assert (await pair.endpoint.post(sid, "4y")).text == "ok"
    assert lines_of(pair)[pair.peers.name] is not first


async def test_one_that_we_open_is_answered(pair: Pair) -> None:
    sid, raw = await pair.endpoint.sid(), await Raw(pair).open()
    raw.ask(sid)
    assert (await raw.answer()) == Answer(1, 200, "text/plain; charset=utf-8", "", b"ok")
    raw.close()


async def test_nobody_else_opens_one(pair: Pair) -> None:
    raw = Raw(pair)
    await raw.open("another secret")
    assert b" 403 " in raw.answered
    raw.close()
    assert not owner_side(pair).lines


async def test_none_is_opened_twice_by_the_same_words(pair: Pair) -> None:
    raw = await Raw(pair).open()
    raw.close()
    assert b" 403 " in await raw.begin()
    raw.close()


@pytest.mark.parametrize("what", ["forged", "twice", "no message", "too long"])
async def test_what_is_not_said_by_us_closes_it_and_does_nothing(pair: Pair, what: str) -> None:
    sid, raw = await pair.endpoint.sid(), await Raw(pair).open()
    match what:
        case "forged":
            raw.sealer = Sealer(b"another key")
            raw.ask(sid)
        case "twice":
            raw.ask("nobody's")
            assert await raw.answer()
            raw.write(raw.last)
        case "no message":
            raw.write(raw.sealer.seal(b"\xc1"))
        case "too long":
            raw.write(struct.pack(">I", PAYLOAD_MAX + 2**16))
    assert await raw.answer() is None
    await wait_until(lambda: not owner_side(pair).lines, what="it is closed")
    await untouched(pair, sid)
    raw.close()


@pytest.mark.parametrize(
    ("method", "after", "status"),
    [("POST", 2 * AGE_MAX, 403), ("POST", -2 * AGE_MAX, 403), ("PUT", 0, 400)],
)
async def test_what_is_asked_at_another_moment_or_for_something_else_is_refused(
    pair: Pair, method: str, after: float, status: int
) -> None:
    sid, raw = await pair.endpoint.sid(), await Raw(pair).open()
    raw.ask(sid, method=method, after=after)
    answer = await raw.answer()
    assert answer
    assert answer.status == status
    await untouched(pair, sid)
    raw.close()


async def test_no_more_than_so_many_are_under_way(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_answering, "ASKED_MAX", 1)
    sid, raw = await pair.endpoint.sid(), await Raw(pair).open()
    raw.ask(sid, b"", method="GET")
    raw.ask(sid)
    answer = await raw.answer()
    assert answer
    assert answer.status == 429
    assert pair.owner.received == []
    raw.close()


async def test_a_server_that_closes_closes_its_lines_and_opens_none(pair: Pair) -> None:
    raw = await Raw(pair).open()
    await pair.owner.eio.shutdown()
    assert await raw.answer() is None
    again = Raw(pair)
    await again.open()
    assert b" 400 " in again.answered
    again.close()
    raw.close()
