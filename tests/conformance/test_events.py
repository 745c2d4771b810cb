"""Events, acknowledgements, and packets that are neither."""

from typing import Any

import pytest

from tests.conformance.clients import Client
from tests.conformance.packets import connect, data_of, event, next_event
from tests.conformance.servers import Sockets
from tests.conformance.wire import Transport
from tests.harness import wait_until


@pytest.mark.parametrize(
    "data",
    [
        (),
        (1,),
        ("1", 2, {"3": [True]}),
        ("ünï € 👋 \x1f",),
        (None,),
        (1.5, -1, []),
        ([["x"]],),
        ("half \ud83d",),
    ],
    ids=ascii,
)
async def test_an_event_reaches_its_handler_as_it_is(
    sockets: Sockets, client: Client, data: tuple[Any, ...]
) -> None:
    seen: list[tuple[Any, ...]] = []
    sockets.sio.on("hello", lambda sid, *data: seen.append(data))
    await client.send(event("hello", *data))
    await wait_until(lambda: seen, what="the handler runs")
    assert seen == [data]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, []),
        (1, [1]),
        ("ünï 👋", ["ünï 👋"]),
        ([1, 2], [[1, 2]]),
        ((1, "2", {"3": [True]}), [1, "2", {"3": [True]}]),
        ({"a": None}, [{"a": None}]),
        ("half \ud83d", ["half \ud83d"]),
    ],
    ids=ascii,
)
async def test_an_event_reaches_the_client_as_it_is(
    sockets: Sockets, client: Client, data: Any, said: list[Any]
) -> None:
    await sockets.sio.emit("hello", data)
    assert await next_event(client) == ["hello", *said]


async def test_send_is_the_event_message(sockets: Sockets, client: Client) -> None:
    await sockets.sio.send("hello")
    assert await next_event(client) == ["message", "hello"]


async def test_an_event_in_a_namespace(sockets: Sockets, transport: Transport) -> None:
    seen: list[tuple[Any, ...]] = []
    sockets.sio.on("hello", lambda sid, *data: seen.append(data), namespace="/custom")
    client = await sockets.client(transport)
    await connect(client, "/custom")
    await client.send(event("hello", 1, namespace="/custom"))
    await wait_until(lambda: seen == [(1,)], what="the handler runs")
    await sockets.sio.emit("hello", 2, namespace="/custom")
    assert await client.text() == '2/custom,["hello",2]'


async def test_events_take_effect_in_the_order_sent(sockets: Sockets, client: Client) -> None:
    seen: list[int] = []
    sockets.sio.on("count", lambda sid, number: seen.append(number))
    await client.send(*(event("count", number) for number in range(200)))
    await wait_until(lambda: len(seen) == 200, what="all have come")
    assert seen == list(range(200))


async def test_an_event_that_nobody_handles_is_passed_over(
    sockets: Sockets, client: Client
) -> None:
    sockets.sio.on("ask", lambda sid: "alive")
    await client.send(event("whatever", 1), event("", 2), event("ask", id=7))
    assert data_of(await client.text(), "37") == ["alive"]


async def test_a_catch_all_handler_gets_the_rest(sockets: Sockets, client: Client) -> None:
    seen: list[tuple[str, Any]] = []
    sockets.sio.on("*", lambda name, sid, *data: seen.append((name, data)))
    await client.send(event("whatever", 1))
    await wait_until(lambda: seen == [("whatever", (1,))], what="the handler runs")


async def test_the_catch_all_handler_is_not_called_by_its_name(
    sockets: Sockets, client: Client
) -> None:
    """It would get the client's argument for the id of the client."""
    seen: list[tuple[Any, ...]] = []
    sockets.sio.on("*", lambda *data: seen.append(data))
    await client.send(event("*", "somebody else", 1))
    await wait_until(lambda: seen or client.ended, what="an event or an end")
    for call in seen:
        assert (call[0], call[1] != "somebody else") == ("*", True)


async def test_a_handler_that_fails_keeps_the_connection(
    sockets: Sockets, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(sid: str) -> None:
        raise RuntimeError("a bug in the handler")

    sockets.sio.on("fail", fail)
    sockets.sio.on("ask", lambda sid: "alive")
    await client.send(event("fail"), event("ask", id=7))
    assert data_of(await client.text(), "37") == ["alive"]
