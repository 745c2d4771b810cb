"""docs/transport.md: its program runs, its figures are those that were measured."""

import re
import socket
from pathlib import Path

import socketio

from tests.docs.programs import ROOT, start
from tests.harness import PATIENCE, wait_until
from tests.ports import free_port

PAGE = ROOT / "docs" / "transport.md"
MEASURED = ROOT / "docs" / "benchmarks.md"
FIGURES = re.compile(r"^\| .*\| ([\d.,]+ \(.+?\)) \| ([\d.,]+ \(.+?\)) \|$", re.MULTILINE)


def is_open(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


async def test_two_people_talk(tmp_path: Path) -> None:
    port = free_port()
    program = await start("transport.py", tmp_path, str(port))
    ann, bob = (socketio.AsyncClient(handle_sigint=False) for _ in range(2))
    heard: list[tuple[str, object]] = []
    for name, client in (("ann", ann), ("bob", bob)):
        client.on("said", lambda data, name=name: heard.append((name, data)))
    try:
        await wait_until(lambda: is_open(port), within=30, what="the program listens")
        for name, client in (("ann", ann), ("bob", bob)):
            await client.connect(
                f"http://127.0.0.1:{port}",
                auth={"name": name},
                transports=["websocket"],
                wait_timeout=PATIENCE,
            )
        assert await ann.call("say", "Hello", timeout=PATIENCE) == "passed on"
        await wait_until(lambda: heard, what="what was said")
        assert heard == [("bob", {"name": "ann", "text": "Hello"})]
    finally:
        await ann.disconnect()
        await bob.disconnect()
        program.terminate()
        await program.communicate()


def test_the_figures_are_those_of_the_benchmarks() -> None:
    found = FIGURES.findall(PAGE.read_text())
    assert len(found) > 5
    measured = [line.split(" | ") for line in MEASURED.read_text().splitlines()]
    for ours, stock in found:
        assert any(ours in line and stock in line for line in measured), (ours, stock)
