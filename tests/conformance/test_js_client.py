"""The official JavaScript client against the transport alone."""

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from socketio.exceptions import ConnectionRefusedError as Refused

from alphasync.transport.session_state import State
from tests.conformance.servers import MakeSockets, Sockets
from tests.harness import PATIENCE, wait_until
from tests.js.node import node_with_client

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("scenarios.mjs")
COUNT = 300
"""As in the program."""
ENDS_WITHIN = 90
"""Seconds: more than the program's own patience."""
TRANSPORTS = {
    "default": None,
    "polling": ["polling"],
    "websocket": ["websocket"],
}
SCENARIOS = [
    "echo",
    "asked",
    "stream",
    "refused",
    "namespaces",
    "disconnected",
    "pings",
]


@pytest.fixture(scope="session")
def node() -> list[str]:
    return node_with_client()


@pytest.fixture
async def serving(make_sockets: MakeSockets) -> Sockets:
    """What the scenarios need of their server."""
    sockets = await make_sockets(ping_interval=0.3, ping_timeout=10.0)
    sio = sockets.sio

    async def on_connect(sid: str, environ: object, auth: dict[str, str] | None) -> None:
        if auth and auth["token"] != "right":
            raise Refused("No entry", {"code": 7})
        sio.start_background_task(numbers, sid)

    async def numbers(sid: str) -> None:
        with contextlib.suppress(KeyError):
            for number in range(COUNT):
                await sio.emit("number", number, to=sid)
                if number % 11 == 0:
                    await asyncio.sleep(0.001)  # or all were gone before the upgrade has begun

    async def on_number(sid: str, number: int) -> None:
        async with sio.session(sid) as session:
            session.setdefault("numbers", []).append(number)
            if number == COUNT - 1:
                await sio.emit("end", session["numbers"], to=sid)

    async def echo(sid: str, *data: Any) -> Any:
        await sio.emit("echoed", data, to=sid)
        return list(data)  # one argument: the client's promise holds no more

    async def ask_me(sid: str, data: Any) -> Any:
        return await sio.call("ask", data, to=sid, timeout=PATIENCE)

    sio.on("connect", on_connect)
    sio.on("number", on_number)
    sio.on("echo", echo)
    sio.on("ask me", ask_me)
    sio.on("disconnect me", sio.disconnect)
    sio.on("connect", lambda sid, environ, auth: None, namespace="/custom")
    sio.on("echo", lambda sid, data: f"custom: {data}", namespace="/custom")
    return sockets


async def run(
    node: list[str],
    sockets: Sockets,
    scenario: str,
    transports: list[str] | None,
    *,
    packed: bool = False,
) -> Any:
    url = sockets.endpoint.url.removesuffix("/socket.io/")
    wanted = {"scenario": scenario, "url": url, "transports": transports, "packed": packed}
    request = json.dumps(wanted)
    process = await asyncio.create_subprocess_exec(
        *node,
        str(PROGRAM),
        request,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            output, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert complaints == b"", complaints.decode()
    result = json.loads(output)
    assert result["ok"], result["error"]
    return result


@pytest.mark.parametrize("packed", [False, True], ids=["json", "messagepack"])
@pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=TRANSPORTS)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_scenario(
    serving: Sockets, node: list[str], scenario: str, transports: list[str] | None, packed: bool
) -> None:
    result = await run(node, serving, scenario, transports, packed=packed)
    assert set(result["transport"]) <= set(transports or ["polling", "websocket"])
    # The program has left on purpose, which is told from a connection that broke.
    await wait_until(lambda: not list(serving.sio.manager.get_namespaces()), what="all have left")
    assert {reason for _, reason in serving.ended} <= {"client disconnect", "server disconnect"}


@pytest.mark.parametrize("transports", [None, ["websocket"]], ids=["default", "websocket"])
async def test_it_comes_back_after_its_connection_broke(
    serving: Sockets, node: list[str], transports: list[str] | None
) -> None:
    await run(node, serving, "broken", transports)
    await wait_until(lambda: len(serving.ended) == 2, what="it has left twice")
    assert [reason for _, reason in serving.ended] == ["transport close", "client disconnect"]


@pytest.mark.parametrize("attempt", range(3))
async def test_it_notices_an_end_in_the_middle_of_its_upgrade(
    make_sockets: MakeSockets, node: list[str], attempt: int
) -> None:
    sockets = await make_sockets()
    sockets.sio.on("connect", lambda sid, environ, auth: None)

    async def cut() -> None:
        engines = sockets.sio.eio.sockets
        while not any(socket.state is State.UPGRADING for socket in engines.values()):
            await asyncio.sleep(0)
        for sid in list(engines):
            sockets.sio.eio.cut(sid)

    async with asyncio.TaskGroup() as group:
        group.create_task(cut())
        result = await run(node, sockets, "cut", None)
    assert result["ok"]
