"""Acknowledgements, of either side."""

import asyncio
import json
from typing import Any

import pytest
from socketio.exceptions import TimeoutError as NoAck

from alphasync.transport import Answer, Take
from tests.conformance.clients import Client
from tests.conformance.packets import connect, data_of, event
from tests.conformance.servers import Sockets
from tests.conformance.wire import Transport
from tests.harness import PATIENCE, wait_until


@pytest.mark.parametrize(
    ("returned", "said"),
    [(None, []), (1, [1]), ((1, "2"), [1, "2"]), ([1], [[1]]), ({"ok": True}, [{"ok": True}])],
    ids=str,
)
@pytest.mark.parametrize("id", [0, 1, 456, 2**40])
async def test_an_event_is_acknowledged_with_what_its_handler_returns(
    sockets: Sockets, client: Client, returned: Any, said: list[Any], id: int
) -> None:
    sockets.sio.on("ask", lambda sid, *data: returned)
    await client.send(event("ask", {"a": 1}, id=id))
    assert data_of(await client.text(), f"3{id}") == said


async def test_an_acknowledgement_in_a_namespace(sockets: Sockets, transport: Transport) -> None:
    sockets.sio.on("ask", lambda sid, *data: data, namespace="/custom")
    client = await sockets.client(transport)
    await connect(client, "/custom")
    await client.send(event("ask", "a", "b", id=12, namespace="/custom"))
    assert await client.text() == '3/custom,12["a","b"]'


async def test_what_is_taken_before_a_handler_is_asked(sockets: Sockets) -> None:
    """It is acknowledged at once, later, or with others: by whoever has taken it."""
    answers: list[Answer] = []

    async def later(answer: Answer) -> None:
        answer([{"ok": "ä"}])

    def take(sid: str, arguments: list[Any]) -> Take | None:
        return {"keep": answers.append, "later": later}.get(arguments[0])

    sockets.sio.at_once = take
    sockets.sio.on("ask", lambda sid: "handled", namespace="/custom")
    client = await sockets.client("websocket")
    await connect(client, "/custom")
    for number, name in enumerate(("keep", "keep", "later", "ask")):
        await client.send(event(name, id=number, namespace="/custom"))
    await client.send(event("keep", namespace="/custom"))
    assert await client.text() == '3/custom,2[[{"ok":"\\u00e4"}]]'
    assert await client.text() == '3/custom,3["handled"]'
    said = {"all": True}
    for answer in answers:
        answer(said)
    assert await client.text() == '3/custom,0[{"all":true}]'
    assert await client.text() == '3/custom,1[{"all":true}]'
    assert client.waiting == 0


async def test_no_acknowledgement_unless_asked(sockets: Sockets, client: Client) -> None:
    sockets.sio.on("ask", lambda sid: "answer")
    await client.send(event("ask"), event("ask", id=1))
    assert data_of(await client.text(), "31") == ["answer"]


async def test_each_acknowledgement_finds_its_question(sockets: Sockets, client: Client) -> None:
    """They may come in another order than the questions."""
    turn = {number: asyncio.Event() for number in range(3)}

    async def ask(sid: str, number: int) -> int:
        await turn[number].wait()
        return number * 10

    sockets.sio.on("ask", ask)
    await client.send(*(event("ask", number, id=number) for number in turn))
    for number in reversed(turn):
        turn[number].set()
        assert data_of(await client.text(), f"3{number}") == [number * 10]


async def test_the_client_acknowledges(sockets: Sockets, client: Client) -> None:
    sid = client.sids["/"]
    answers: list[tuple[Any, ...]] = []
    await sockets.sio.emit("ask", 1, to=sid, callback=lambda *data: answers.append(data))
    await sockets.sio.emit("ask", 2, to=sid, callback=lambda *data: answers.append(data))
    ids: list[int] = []
    for number in (1, 2):
        packet = await client.text()
        assert packet.endswith(f'["ask",{number}]')
        ids.append(int(packet[1 : packet.index("[")]))
    assert len(set(ids)) == 2
    await client.send(f'3{ids[1]}["second",{{"x":1}}]', f"3{ids[0]}[]")
    await wait_until(lambda: len(answers) == 2, what="both are acknowledged")
    assert answers == [("second", {"x": 1}), ()]


async def test_an_acknowledgement_counts_once(sockets: Sockets, client: Client) -> None:
    """A second one, or one that nobody waits for, is passed over."""
    sid = client.sids["/"]
    answers: list[tuple[Any, ...]] = []
    await sockets.sio.emit("ask", to=sid, callback=lambda *data: answers.append(data))
    packet = await client.text()
    id = int(packet[1 : packet.index("[")])
    await client.send(f"3{id}[1]", f"3{id}[2]", "399999[3]")
    sockets.sio.on("ask", lambda sid: "alive")
    await client.send(event("ask", id=7))
    assert data_of(await client.text(), "37") == ["alive"]
    assert answers == [(1,)]


@pytest.mark.parametrize(
    ("said", "returned"), [([], None), ([1], 1), ([1, "2"], (1, "2"))], ids=str
)
async def test_call_waits_for_the_acknowledgement(
    sockets: Sockets, client: Client, said: list[Any], returned: Any
) -> None:
    sid = client.sids["/"]
    call = asyncio.create_task(sockets.sio.call("ask", "now", to=sid, timeout=PATIENCE))
    packet = await client.text()
    id = packet[1 : packet.index("[")]
    assert data_of(packet, f"2{id}") == ["ask", "now"]
    await client.send(f"3{id}{json.dumps(said)}")
    assert await call == returned


async def test_call_gives_up(sockets: Sockets, client: Client) -> None:
    sid = client.sids["/"]
    with pytest.raises(NoAck):
        await sockets.sio.call("ask", to=sid, timeout=0.01)


async def test_a_handler_may_call_its_client(sockets: Sockets, client: Client) -> None:
    """The answer is read while the handler waits for it."""

    async def ask_back(sid: str) -> Any:
        return await sockets.sio.call("back", to=sid, timeout=PATIENCE)

    sockets.sio.on("ask", ask_back)
    await client.send(event("ask", id=1))
    packet = await client.text()
    await client.send(f'3{packet[1 : packet.index("[")]}["well"]')
    assert data_of(await client.text(), "31") == ["well"]
