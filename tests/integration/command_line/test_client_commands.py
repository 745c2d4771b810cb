"""``alphasync start`` and ``alphasync runs``, at a running server."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from typer.testing import CliRunner, Result

from alphasync.cli import app
from tests.harness import Cluster
from tests.integration.http.test_service_tokens import make


class Terminal:
    """A shell with the address and the token of a server."""

    def __init__(self, server: str, token: str) -> None:
        self._names = {"ALPHASYNC_SERVER": server, "ALPHASYNC_TOKEN": token}

    async def run(self, *arguments: str, typed: str | None = None) -> Result:
        def invoke() -> Result:
            return CliRunner().invoke(app, arguments, input=typed, env=self._names)

        return await asyncio.to_thread(invoke)


@pytest.fixture(autouse=True)
def servers_log_elsewhere() -> Iterator[None]:
    """The server is in this process, and would write between what the commands print."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.configure(**before)


@pytest.fixture
async def terminal(one_server: Cluster, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setattr("alphasync.client_commands.runs.LOOK_INTERVAL", 0.05)
    async with aiohttp.ClientSession(one_server.urls[0]) as web:
        _, made = await make(web, one_server.token(), role="admin")
    return Terminal(one_server.urls[0], made["token"])


def said(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


async def test_a_run_is_started_waited_for_and_listed(terminal: Terminal) -> None:
    done = await terminal.run("start", "--profile", "1001", "--message", "Hello", "--wait")
    assert done.exit_code == 0, done.output
    assert "  completed  chat  1001  " in done.stdout
    listed = await terminal.run("runs")
    assert listed.exit_code == 0
    assert listed.stdout.count("\n") == 1
    assert "  completed  chat  1001  " in listed.stdout
    assert "  billing" in listed.stdout
    found = said(await terminal.run("runs", "--json", "--profile", "1002"))
    assert found == {"running": [], "ended": []}


async def test_one_that_goes_on_is_listed_and_its_end_has_a_code(
    terminal: Terminal, one_server: Cluster
) -> None:
    device = await one_server.device()
    start = ("start", "--profile", "1001", "--every", "60", "--json", "--wait")
    waiting = asyncio.create_task(terminal.run(*start, typed="Hello"))
    await device.wait_for("processingStarted", deviceName="billing")
    assert (await device.call("stopProcessing", {"profileId": "1001", "type": "chat"}))["ok"]
    ended = await waiting
    assert ended.exit_code == 4
    assert said(ended)["outcome"] == "stopped"


async def test_a_key_makes_two_starts_one(terminal: Terminal, tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("Hello")
    start = ("start", "--profile", "1001", "--message-file", str(text), "--every", "60", "--json")
    first, again = [await terminal.run(*start, "--key", "a") for _ in range(2)]
    assert first.exit_code == 0, first.output
    assert said(first) == said(again)
    running = said(await terminal.run("runs", "--json"))["running"]
    assert [run["profileId"] for run in running] == ["1001"]
    refused = await terminal.run(*start)
    assert refused.exit_code == 3
    assert said(refused)["code"] == "already_running"


async def test_what_cannot_be_has_a_code_and_one_line(terminal: Terminal, tmp_path: Path) -> None:
    for arguments, code, words in (
        (("start", "--profile", "nowhere", "--message", "x", "--type", "mail"), 3, "too_short"),
        (("start", "--profile", "1", "--message", "x", "--message-file", "y"), 1, "only one"),
        (("start", "--profile", "1", "--message-file", str(tmp_path)), 1, "--message-file"),
        (("runs", "--token", "ast_wrong"), 3, "invalid_token"),
        (("start", "--profile", "1", "--type", "fax"), 2, "fax"),
    ):
        result = await terminal.run(*arguments)
        assert result.exit_code == code, (arguments, result.output)
        assert words in result.stderr
        assert result.stdout == ""


async def test_a_server_that_is_not_there(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setattr("alphasync.client_commands.server.RETRY_INTERVAL", 0.0)
    result = await terminal.run("runs", "--server", f"http://127.0.0.1:{free_port}")
    assert result.exit_code == 1
    assert "does not answer" in result.stderr
