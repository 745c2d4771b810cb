"""A session follows its WebSocket to the server where that has landed, and nobody notices."""

import asyncio
import json
from collections.abc import Iterable

import msgspec
import pytest

from alphasync.realtime import catch_up, handover, moves
from alphasync.realtime.state import Fit, made_ready
from alphasync.services.account_state import AccountState, LogLost
from alphasync.store.keys import holdings
from alphasync.transport import Outgoing
from alphasync.transport.session_state import State
from tests.conformance.wire import SEPARATOR, dropped
from tests.harness import PATIENCE, WHO_IS_HERE, wait_until
from tests.integration.moving import LONG_RUNS, RUNS, Pair, moved, pair_of

KEYSTROKES = 40


async def test_a_session_moves_with_all_that_belongs_to_it(pair: Pair) -> None:
    client = await pair.client()
    other = await pair.cluster.device(0)
    await client.upgrade()
    await moved(pair, client)
    await wait_until(lambda: len(pair.second.realtime.sessions) == 1, what="its session is there")
    assert len(pair.first.realtime.sessions) == 1, "the other device's"
    assert pair.second.realtime.server.eio.tunnels == 0
    await client.emit("updateMessage", {"profileId": "1001", "type": "chat", "message": "Hi"}, 7)
    await other.wait_for("messageUpdated", message="Hi")
    await wait_until(lambda: 7 in client.acks, what="acknowledged")
    assert client.acks[7]["ok"]
    await other.emit("updateMessage", {"profileId": "1002", "type": "chat", "message": "Yo"})
    await wait_until(lambda: client.named("messageUpdated"), what="the other's text")
    assert len(client.named("deviceRegistered")) == 1, "it is the device that it was"
    assert client.named("messageUpdated")[0]["message"] == "Yo"


async def test_a_session_comes_from_a_server_that_knows_no_roles(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = handover.encode

    def as_before(told: handover.Handover) -> bytes:
        written = msgspec.msgpack.decode(encode(told))
        written[1][0][1]["role"] = None
        return msgspec.msgpack.encode(written)

    monkeypatch.setattr(handover, "encode", as_before)
    client = await pair.client()
    await client.upgrade()
    await moved(pair, client)
    await client.emit("updateMessage", {"profileId": "1001", "type": "chat", "message": "Hi"}, 7)
    await wait_until(lambda: 7 in client.acks, what="acknowledged")
    assert client.acks[7]["ok"]
    assert len(client.named("deviceRegistered")) == 1, "it is the device that it was"


@pytest.mark.parametrize("registered", [True, False], ids=["joined", "joining"])
async def test_no_event_is_lost_doubled_or_out_of_order(pair: Pair, registered: bool) -> None:
    other = await pair.cluster.device(0)
    client = await pair.client(registered=registered)

    async def type_on() -> None:
        for number in range(KEYSTROKES):
            text = {"profileId": "1001", "type": "chat", "message": f"{number}"}
            await other.emit("updateMessage", text)
            await asyncio.sleep(0.002)

    typing = asyncio.create_task(type_on())
    await client.upgrade()
    await typing
    last = f"{KEYSTROKES - 1}"
    await wait_until(
        lambda: any(text["message"] == last for text in client.named("messageUpdated")),
        what="the last keystroke",
    )
    await moved(pair, client)
    revisions = [text["revision"] for text in client.named("messageUpdated")]
    first = client.named("deviceRegistered")[0]["revision"]
    assert revisions == list(range(revisions[0], revisions[0] + len(revisions)))
    assert revisions[0] == first + 1, "the first one after the snapshot"


async def test_what_is_under_way_is_waited_for(pair: Pair) -> None:
    """The acknowledgement of a command that was sent by polling comes on the WebSocket."""
    client = await pair.client()
    for number in range(20):
        text = {"profileId": "1001", "type": "chat", "message": f"{number}"}
        await client.emit("updateMessage", text, number)
    await client.upgrade()
    await wait_until(lambda: len(client.acks) == 20, what="all acknowledged")
    assert all(ack["ok"] for ack in client.acks.values())


async def test_a_run_goes_on_where_it_is(pair: Pair) -> None:
    client = await pair.client()
    await client.start(RUNS)
    await client.upgrade()
    await wait_until(lambda: client.named("processingComplete"), what="complete")
    await moved(pair, client)
    assert not client.named("deviceReconnecting")
    assert not client.named("processingInterrupted")
    numbers = [event["revision"] for _, event in client.events if "revision" in event]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("how", ["breaks", "on purpose"])
async def test_who_leaves_after_a_move_is_gone(pair: Pair, how: str) -> None:
    client = await pair.client()
    watcher = await pair.cluster.device(0)
    await client.upgrade()
    await moved(pair, client)
    await client.start(LONG_RUNS)
    assert client.ws
    if how == "on purpose":
        await client.ws.send_str("41")
    await client.ws.close()
    gone = await watcher.wait_for("processingInterrupted")
    assert gone["reason"] == "Device disconnected"


async def test_a_session_in_no_namespace_moves_too(pair: Pair) -> None:
    client = await pair.client(registered=False, connect=False)
    await client.upgrade()
    await moved(pair, client)
    assert client.ws
    await client.ws.send_str(f"40{json.dumps({'token': pair.cluster.token()})}")
    await wait_until(lambda: client.named("deviceRegistered"), what="registered")


async def test_a_websocket_that_breaks_before_the_move_leaves_polling(pair: Pair) -> None:
    client = await pair.client()
    ws = await client.endpoint.websocket(client.sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    await ws.close()
    socket = pair.first.realtime.server.eio.sockets[client.sid]
    await wait_until(lambda: not socket.probe and socket.state is State.POLLING, what="released")
    assert client.polling
    await asyncio.wait_for(client.polling, PATIENCE)
    client.polling = asyncio.create_task(client.poll())
    await client.emit("updateMessage", {"profileId": "1", "type": "chat", "message": "Hi"}, 3)
    await wait_until(lambda: 3 in client.acks, what="acknowledged by polling")
    await client.upgrade()  # a second try
    await moved(pair, client)


async def test_a_second_websocket_is_closed_and_the_first_lives_on(pair: Pair) -> None:
    client = await pair.client()
    await client.upgrade()
    await moved(pair, client)
    second = await client.endpoint.websocket(client.sid)
    await second.send_str("2probe")
    await dropped(second)
    await client.emit("updateMessage", {"profileId": "1", "type": "chat", "message": "Hi"}, 3)
    await wait_until(lambda: 3 in client.acks, what="acknowledged")
    assert (await client.endpoint.poll(client.sid)).status == 400


async def test_where_the_old_server_is_gone_the_client_begins_anew(pair: Pair) -> None:
    client = await pair.client()
    ws = await client.endpoint.websocket(client.sid)
    await ws.send_str("2probe")
    assert await ws.receive_str(timeout=PATIENCE) == "3probe"
    assert pair.first.membership.internal.intake
    await pair.first.membership.internal.intake.cleanup()
    await ws.send_str("5")
    await dropped(ws)
    assert client.sid not in pair.second.realtime.server.eio.sockets


async def test_a_session_that_is_lost_on_its_way_has_its_grace(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new server dies with it: the old one, which has it on record, sees to its device."""
    monkeypatch.setattr(moves, "SEE_OFF_GRACE", 0.3)
    mover = pair.second.realtime.server.eio.mover

    async def die(*_: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(mover, "take_on", die)
    client = await pair.client()
    watcher = await pair.cluster.device(1)
    await client.start(LONG_RUNS)
    await client.upgrade()
    await watcher.wait_for("deviceReconnecting")
    gone = await watcher.wait_for("processingInterrupted")
    assert gone["reason"] == "Device disconnected"


async def test_who_was_seen_off_stays_where_they_are(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, "SEE_OFF_GRACE", 1.5)
    client = await pair.client()
    watcher = await pair.cluster.device(0)
    await client.start(RUNS)
    await client.upgrade()
    await moved(pair, client)
    device = client.named("deviceRegistered")[0]["deviceId"].encode()
    redis = pair.first.store.client
    notes = holdings(pair.first.membership.name.current)
    async with asyncio.timeout(PATIENCE):
        while any(device in one for one in await redis.smembers(notes)):
            await asyncio.sleep(0.01)
    await wait_until(
        lambda: not any(task.get_name().startswith("see off") for task in asyncio.all_tasks()),
        what="seen off",
    )
    await watcher.wait_for("processingComplete")
    assert not watcher.named("deviceReconnecting")


async def test_what_it_has_used_up_is_used_up_there_too(redis_url: str) -> None:
    """A flood does not begin anew at each server."""
    async with pair_of(redis_url, control_burst=100, control_rate=0.001) as pair:
        client = await pair.client()
        assert (await client.endpoint.post(client.sid, SEPARATOR.join(["3"] * 80))).text == "ok"
        await client.upgrade()
        await moved(pair, client)
        ws = client.ws
        assert ws
        for _ in range(30):
            await ws.send_str("3")
        await wait_until(lambda: ws.closed, what="it is cut")
        assert ws.close_code == 1008


class Trimmed(AccountState):
    """A log that does not reach back to where the session was."""

    async def events_after(self, *_: object) -> LogLost:
        return LogLost("", 0)


async def test_a_new_state_is_made_in_pieces_and_what_comes_meanwhile_follows(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.realtime.state.READY_AT_ONCE_MAX", 0)
    trimmed = Trimmed(pair.second.store.scripts)
    monkeypatch.setattr(pair.second.realtime._moves, "_account_state", trimmed)
    other, turns = await pair.cluster.device(0), 0

    async def type_on(profile: str) -> None:
        text = {"profileId": profile, "type": "chat", "message": "Hi"}
        assert (await other.call("updateMessage", text))["ok"]

    async def meanwhile(packets: Iterable[str], fit: Fit) -> list[Outgoing]:
        nonlocal turns
        making = asyncio.ensure_future(made_ready(packets, fit))
        while not making.done():
            turns += 1
            await asyncio.sleep(0)
        await type_on("between")
        return making.result()

    for number in range(30):
        await type_on(f"x{number}")
    client = await pair.client()
    # Its first state comes in pieces, too.
    await wait_until(lambda: len(client.named("messageSync")) == 30, what="its first state")
    monkeypatch.setattr(catch_up, "made_ready", meanwhile)
    before = len(client.events)
    await client.upgrade()
    await moved(pair, client)
    await wait_until(lambda: client.named("messageUpdated"), what="what was typed meanwhile")
    names = [name for name, _ in client.events[before:] if name not in WHO_IS_HERE]
    assert names == ["resync", *["messageSync"] * 30, "messageUpdated"]
    (resync,), (typed,) = client.named("resync"), client.named("messageUpdated")
    assert (typed["profileId"], typed["revision"]) == ("between", resync["revision"] + 1)
    assert turns > 30
