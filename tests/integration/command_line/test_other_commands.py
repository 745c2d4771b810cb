"""The commands beside ``serve``: token, sandbox, and the help."""

import json
import re
import signal
from pathlib import Path

import aiohttp
import jwt
import pytest

from tests.integration.command_line.programs import SECRET, alphasync, one_line_of_refusal

pytestmark = pytest.mark.slow


async def test_token() -> None:
    arguments = ["--operator", "anna", "--profiles", "1001, 1002,", "--ttl", "90s"]
    more = ["--email", "anna@example.com", "--team", "t1"]
    async with alphasync("token", *arguments, *more, JWT_SECRET=SECRET) as process:
        assert await process.exit() == 0
        assert process.err == ""
        claims = jwt.decode(process.out.strip(), SECRET, algorithms=["HS256"])
    assert claims["operatorId"] == "anna"
    assert claims["profiles"] == ["1001", "1002"]
    assert claims["email"] == "anna@example.com"
    assert claims["team"] == "t1"
    assert claims["exp"] - claims["iat"] == 90


async def test_token_with_a_wrong_duration() -> None:
    async with alphasync("token", "--operator", "a", "--ttl", "long", JWT_SECRET=SECRET) as process:
        await one_line_of_refusal(process, "--ttl")
    many = ",".join(map(str, range(10**5, 10**5 + 2000)))
    async with alphasync(
        "token", "--operator", "a", "--profiles", many, JWT_SECRET=SECRET
    ) as process:
        await one_line_of_refusal(process, "--profiles")


@pytest.mark.parametrize(
    "arguments",
    [
        ["", "--ttl", "1h"],
        ["a" * 129],
        ["a", "--team", ""],
        ["a", "--profiles", "a\tb"],
    ],
)
async def test_token_that_no_server_would_take(arguments: list[str]) -> None:
    async with alphasync("token", "--operator", *arguments, JWT_SECRET=SECRET) as process:
        await one_line_of_refusal(process, "no server would take this token")


async def test_token_where_no_server_has_been(tmp_path: Path) -> None:
    """A secret that was made for it would be nobody else's."""
    folder = tmp_path / "date"
    for there in (False, True):
        if there:
            folder.mkdir()
        async with alphasync("token", "--operator", "a", "--data-dir", str(folder)) as process:
            await one_line_of_refusal(process, "no server has made its secret in")
        assert "--data-dir" in process.err
        assert folder.exists() == there
        assert not there or list(folder.iterdir()) == []


async def test_sandbox(tmp_path: Path) -> None:
    async with alphasync("sandbox", "--port", "0", "--refuse", "10010001") as process:
        found = re.search(r"http://\S+", await process.says("sandbox gateway:"))
        assert found
        async with aiohttp.ClientSession(found[0]) as session:
            async with session.get("/profiles") as response:
                assert len(await response.json()) == 5
            async with session.get("/faults") as response:
                assert (await response.json())["refuse"] == ["10010001"]
        process.signal(signal.SIGTERM)
        assert await process.exit() == 0
        assert process.err == ""


async def test_sandbox_with_people(tmp_path: Path) -> None:
    bad = tmp_path / "people.json"
    bad.write_text(json.dumps({"nonsense": 1}))
    for options, name in (
        (["--people", str(bad)], "people.json"),
        (["--people", str(tmp_path / "none.json")], "none.json"),
        (["--refuse", "1.5"], "refuse"),
        (["--errors", "x"], "errors"),
    ):
        async with alphasync("sandbox", "--port", "0", *options) as process:
            await one_line_of_refusal(process, name)


async def test_sandbox_on_a_port_that_is_taken(taken_port: int) -> None:
    async with alphasync("sandbox", "--port", str(taken_port)) as process:
        await one_line_of_refusal(process, "--port")


async def test_no_command_shows_the_help() -> None:
    async with alphasync("--help") as process:
        assert await process.exit() == 0
        for command in ("serve", "sandbox", "token", "doctor"):
            assert command in process.out


@pytest.mark.parametrize("command", ["", "serve", "sandbox", "token", "doctor", "import-legacy"])
async def test_help_gives_a_switch_no_value(command: str) -> None:
    async with alphasync(*command.split(), "--help") as process:
        assert await process.exit() == 0
        assert "--help" in process.out
        assert "<bool>" not in process.out
        assert not re.search(r"\w\.\.\.", process.out), "no sentence is cut off"


async def test_an_unknown_option_is_refused_without_a_traceback() -> None:
    async with alphasync("serve", "--prot", "1") as process:
        assert await process.exit() == 2
        assert "--prot" in process.err
        assert "Traceback" not in process.err
