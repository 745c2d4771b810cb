"""Devices of an account that has a lot on record: what they cost others, and this server."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterable
from typing import Any

import pytest

from alphasync import telemetry
from alphasync.realtime import catch_up
from alphasync.realtime.state import READY_AT_ONCE_MAX, Fit, made_ready
from alphasync.services.account_state import AccountState
from alphasync.store import keys
from alphasync.store.connect import make_client
from alphasync.transport import Outgoing
from tests.harness import WHO_IS_HERE, Cluster, Device, cluster, wait_until

DRAFTS = 300
TEXT = "語" * 10_000
STATE = DRAFTS * len(TEXT.encode())
"""Bytes: more than any kernel buffers for one connection."""
HANDSHAKE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


async def fill(redis_url: str) -> None:
    """Put the drafts on record."""
    names, client = keys.of_account("o:demo"), make_client(redis_url)
    ends = (time.time() + 3600) * 1000
    for number in range(DRAFTS):
        key, profile = names.draft("chat", f"q{number}"), f"q{number}"
        record: dict[Any, Any] = {"profile": profile, "type": "chat", "message": TEXT}
        record |= {"device": "d", "timestamp": 1, "revision": 0}
        await client.hset(key, mapping=record)
        await client.zadd(names.drafts, {key: ends})
    await client.aclose()


def refused() -> float:
    return float(telemetry.limits.labels("untaken_state")._value.get())


async def stalled(url: str, token: str) -> socket.socket:
    """A device that connects and takes nothing."""
    host, port = url.removeprefix("http://").split(":")
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(made, (host, int(port)))
    packet = f"40{json.dumps({'token': token})}".encode()
    head = bytes([0x81, 0xFE]) + len(packet).to_bytes(2, "big") + bytes(4)
    await loop.sock_sendall(made, HANDSHAKE + head + packet)
    return made


def untaken(running: Cluster) -> int:
    return running.servers[0].realtime.sessions.untaken("o:demo")


@pytest.mark.slow
async def test_devices_that_take_nothing_hold_no_more_than_one_account_may(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.realtime.turns.UNTAKEN_MAX", STATE + 100_000)
    monkeypatch.setattr("alphasync.realtime.turns.TURN_TIMEOUT", 0.5)
    await fill(redis_url)
    async with cluster(redis_url) as running:
        before, token = refused(), running.token()
        with contextlib.ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(await stalled(running.urls[0], token))
                await wait_until(lambda: untaken(running) > 0, what="the first has its state")
            await wait_until(lambda: refused() == before + 3, what="the others are refused")
            assert untaken(running) <= STATE + 100_000
            other = await running.device(token=running.token("another"))
            assert (await other.call("heartbeat"))["ok"]
        await wait_until(lambda: untaken(running) == 0, what="those have gone")
        device = await running.device(token=token)
        await device.wait_for("messageSync", count=DRAFTS)


@pytest.mark.slow
async def test_a_join_with_a_great_state_counts_as_several(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.realtime.turns.TURN_TIMEOUT", 0.5)
    monkeypatch.setattr("alphasync.realtime.turns.JOIN_BYTES", STATE // 9)
    await fill(redis_url)
    async with cluster(redis_url, join_rate=0.001, join_burst=10) as running:
        await running.device()
        device = await Device(running.urls[0], running.token()).connect(registered=False)
        await wait_until(lambda: not device.client.connected, what="cut")
        assert device.last("error")["code"] == "too_many_joins"
        assert (await (await running.device(token=running.token("b"))).call("heartbeat"))["ok"]


async def test_the_loop_serves_others_while_a_state_is_made_ready() -> None:
    texts = ["x" * READY_AT_ONCE_MAX] * 20
    making = asyncio.ensure_future(made_ready(texts, lambda packet: packet))
    turns = 0
    while not making.done():
        await asyncio.sleep(0)
        turns += 1
    assert [packet.text[1:] for packet in making.result()] == texts
    assert turns >= len(texts)


async def test_a_log_begun_anew_is_told_in_pieces_and_what_comes_meanwhile_follows(
    one_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = one_server.servers[0]
    device, other = await one_server.device(), await one_server.device()
    for number in range(30):
        text = {"profileId": f"x{number}", "type": "chat", "message": "Hi"}
        assert (await other.call("updateMessage", text))["ok"]
    await device.wait_for("messageUpdated", count=30)
    turns = 0

    async def meanwhile(packets: Iterable[str], fit: Fit) -> list[Outgoing]:
        nonlocal turns
        making = asyncio.ensure_future(made_ready(packets, fit))
        while not making.done():
            turns += 1
            await asyncio.sleep(0)
        between = {"profileId": "between", "type": "chat", "message": "Hi"}
        assert (await device.call("updateMessage", between))["ok"]
        return making.result()

    monkeypatch.setattr("alphasync.realtime.state.READY_AT_ONCE_MAX", 0)
    monkeypatch.setattr(catch_up, "made_ready", meanwhile)
    before = len(other.events)
    snapshot = await AccountState(server.store.scripts).snapshot("o:demo")
    server.realtime._presence.resync("o:demo", snapshot)
    await other.wait_for("messageUpdated", profileId="between", count=2)
    told = [event for event in other.events[before:] if event[0] not in WHO_IS_HERE]
    assert [name for name, _ in told] == ["resync", *["messageSync"] * 30, *["messageUpdated"] * 2]
    revision = told[0][1]["revision"]
    assert [event["revision"] for _, event in told[-2:]] == [revision + 1, revision + 2]
    assert turns > 60
