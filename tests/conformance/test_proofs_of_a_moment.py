"""What servers ask of each other is signed for its moment, by clocks that need not agree."""

import asyncio
from typing import Any

import pytest

from alphasync.transport.peer_client import PeerClient
from alphasync.transport.proofs import AGE_MAX
from tests.conformance.servers import Pair
from tests.conformance.signed import HOUR, Request, owner_side, untouched
from tests.harness import PATIENCE, wait_until


@pytest.mark.parametrize("off", [AGE_MAX + 1, -AGE_MAX - 1, HOUR, -HOUR, 1e8, -1e8])
async def test_old_and_future_ones_are_refused(asked: Request, off: float) -> None:
    asked.off = off
    assert await asked.sign().send() == 403
    await untouched(asked.pair, asked.sid)


@pytest.mark.parametrize("off", [AGE_MAX - 3, -AGE_MAX + 3])
async def test_those_of_about_now_are_taken(asked: Request, off: float) -> None:
    asked.off = off
    assert await asked.sign().send() == 200


async def test_a_slow_body_does_not_make_a_request_last(asked: Request) -> None:
    """Its moment is looked at again once it is whole: nonces are not remembered for ever."""
    door, late = owner_side(asked.pair).door, 0.0
    now = door.now
    door.now = lambda: now() + late
    written = asked.sign().written()
    reader, writer = await asyncio.open_connection(
        *asked.pair.street.addresses[asked.pair.peers.name]
    )
    writer.write(written[:-1])
    await wait_until(lambda: asked.pair.endpoint.answering["POST", asked.sid], what="it comes")
    late = AGE_MAX + 1
    writer.write(written[-1:])
    assert b" 403 " in (await reader.read()).splitlines()[0]
    writer.close()
    await untouched(asked.pair, asked.sid)


@pytest.mark.parametrize("off", [0.0, HOUR, -HOUR, 1e7])
async def test_clocks_need_not_agree_and_are_asked_for_once(
    pair: Pair, off: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = owner_side(pair).door
    now = door.now
    door.now = lambda: now() + off
    asked: list[str] = []
    ask = PeerClient._ask_time

    async def counted(self: PeerClient, address: Any, owner: str) -> None:
        asked.append(owner)
        await ask(self, address, owner)

    monkeypatch.setattr(PeerClient, "_ask_time", counted)
    sids = [await pair.endpoint.sid() for _ in range(5)]
    for _ in range(3):
        answers = await asyncio.gather(*(pair.endpoint.post(sid, "4x") for sid in sids))
        assert [answer.text for answer in answers] == ["ok"] * 5
        answers = await asyncio.gather(*(pair.endpoint.poll(sid) for sid in sids))
        assert [answer.text for answer in answers] == ["4x"] * 5
    ws = await pair.endpoint.websocket(sids[0])
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await ws.close()
    assert asked == [pair.peers.name]


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
async def test_a_clock_that_jumps_is_asked_for_again(pair: Pair, jump: float) -> None:
    """As that of a machine that has slept."""
    sid, door = await pair.endpoint.sid(), owner_side(pair).door
    assert (await pair.endpoint.post(sid, "4a")).text == "ok"
    now = door.now
    door.now = lambda: now() + jump
    assert (await pair.endpoint.post(sid, "4b")).text == "ok"
    await pair.owner.got(sid, "a", "b")
