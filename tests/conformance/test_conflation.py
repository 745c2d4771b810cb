"""Latest-wins messages for a client that does not keep up."""

import asyncio
import json
from collections.abc import Hashable

from tests.conformance.packets import next_event
from tests.conformance.servers import MakeSockets, Sockets
from tests.conformance.stalled import (
    ALLOWED,
    BUFFER_MAX,
    FLOOD,
    KERNEL,
    MESSAGE,
    Memory,
    numbered,
    stalled,
)
from tests.conformance.wire import packets
from tests.harness import wait_until


def key(message: str) -> Hashable | None:
    """``progress`` is latest-wins for each run, ``note`` is not."""
    if not message.startswith('2["progress"'):
        return None
    run: Hashable = json.loads(message[1:])[1]["run"]
    return run


async def progress(sockets: Sockets, rounds: int, notes: int) -> None:
    """Progress of three runs, with a note now and then."""
    for number in range(rounds):
        payload = {"run": number % 3, "number": number, "pad": MESSAGE}
        await sockets.sio.emit("progress", payload)
        if number % (rounds // notes) == 0:
            await sockets.sio.emit("note", number)
        if number % 10 == 0:
            await asyncio.sleep(0)


def judge(events: list[list[object]], rounds: int, notes: int) -> None:
    """Every note, in order; of each run the latest progress, and never an older behind a newer."""
    step = rounds // notes
    assert [event[1] for event in events if event[0] == "note"] == [
        number for number in range(rounds) if number % step == 0
    ]
    for run in range(3):
        numbers = [
            event[1]["number"]
            for event in events
            if event[0] == "progress" and isinstance(event[1], dict) and event[1]["run"] == run
        ]
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == max(number for number in range(rounds) if number % 3 == run)


async def test_latest_wins_messages_are_conflated(
    make_sockets: MakeSockets, memory: Memory
) -> None:
    sockets = await make_sockets(buffer_max=BUFFER_MAX, send_buffer=KERNEL, conflate=key)
    rounds, notes = FLOOD // 2, 20
    async with stalled(sockets) as client:
        memory.start()
        await progress(sockets, rounds, notes)
        await sockets.sio.emit("end")
        assert memory.peak < ALLOWED, memory.told()
        events = await client.read_on()
        judge(events, rounds, notes)
        assert len(events) < rounds // 2, "that many cannot have been within the bound"
        # And it goes on as if nothing had been.
        await sockets.sio.emit("note", "more")
        await sockets.sio.emit("end")
        assert await client.read_on() == [["note", "more"], ["end"]]
    await wait_until(lambda: sockets.ended, what="it has left by itself")
    assert [reason for _, reason in sockets.ended] == ["transport close"]


async def test_conflation_for_a_client_that_polls_seldom(make_sockets: MakeSockets) -> None:
    sockets = await make_sockets(buffer_max=BUFFER_MAX, conflate=key)
    sid = await sockets.endpoint.sid()
    await sockets.endpoint.post(sid, "40")
    assert (await sockets.endpoint.poll(sid)).text.startswith("40")
    rounds, notes = FLOOD // 4, 20
    await progress(sockets, rounds, notes)
    await sockets.sio.emit("end")
    events: list[list[object]] = []
    while not events or events[-1] != ["end"]:
        text = (await sockets.endpoint.poll(sid)).text
        events += [json.loads(packet[2:]) for packet in packets(text)]
    judge(events, rounds, notes)
    assert len(events) < rounds // 2


async def test_who_reads_gets_every_message_also_of_those(make_sockets: MakeSockets) -> None:
    """Conflation is for what would not fit; within the bound nothing is left out."""
    sockets = await make_sockets(buffer_max=BUFFER_MAX, conflate=key)
    client = await sockets.member()
    for number in range(300):
        payload = {"run": 1, "number": number}
        await sockets.sio.emit("progress", payload)
    for number in range(300):
        assert await next_event(client) == ["progress", {"run": 1, "number": number}]


async def test_what_cannot_be_conflated_cuts(make_sockets: MakeSockets, memory: Memory) -> None:
    sockets = await make_sockets(buffer_max=BUFFER_MAX, send_buffer=KERNEL, conflate=key)
    async with stalled(sockets):
        memory.start()
        for number in range(FLOOD):
            await sockets.sio.emit("note", numbered(number))
        assert memory.peak < ALLOWED, memory.told()
        await wait_until(lambda: sockets.ended, what="it is cut")


async def test_many_keys_are_bounded_too(make_sockets: MakeSockets, memory: Memory) -> None:
    """Latest-wins messages of ever new keys have nothing to win over."""
    sockets = await make_sockets(buffer_max=BUFFER_MAX, send_buffer=KERNEL, conflate=key)
    async with stalled(sockets):
        memory.start()
        for number in range(FLOOD):
            await sockets.sio.emit("progress", {"run": number, "pad": numbered(number)})
        assert memory.peak < ALLOWED, memory.told()
        await wait_until(lambda: sockets.ended, what="it is cut")
