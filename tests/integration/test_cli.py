"""The command line, as people and process managers use it."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import jwt
import pytest

from alphasync.gateway.sandbox import start_sandbox
from tests.harness import Device, Valkey, cluster, wait_until

SECRET = "a secret for the command line, long enough"
UP = "alphasync is up:"
PROGRAM = (sys.executable, "-m", "alphasync")
START_WITHIN = 30.0
"""Seconds for a process to start on a busy machine."""
SETTINGS = [
    "HOST",
    "PORT",
    "ALPHASYNC_ENV",
    "ALPHASYNC_DATA_DIR",
    "LOG_LEVEL",
    "REDIS_URL",
    "GATEWAY_URL",
    "GATEWAY_TOKEN",
    "JWT_SECRET",
    "CORS_ORIGINS",
    "SEND_INTERVAL",
    "TOKEN_TTL",
]


class Process:
    """A running ``python -m alphasync``, with what it has written so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.out = ""
        self.err = ""
        self._readers = [
            asyncio.create_task(self._read("out", process.stdout)),
            asyncio.create_task(self._read("err", process.stderr)),
        ]

    async def _read(self, name: str, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None
        while line := await stream.readline():
            setattr(self, name, getattr(self, name) + line.decode())

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def says(self, text: str) -> str:
        """Everything written to standard output, once it holds the text."""
        await wait_until(
            lambda: text in self.out or self._process.returncode is not None,
            within=START_WITHIN,
            what=f"{text!r} of {self.out} {self.err}",
        )
        assert text in self.out, self.out + self.err
        return self.out

    async def url(self) -> str:
        """The address that it serves."""
        found = re.search(rf"{UP}\s+http://localhost:(\d+)", await self.says(UP))
        assert found
        return f"http://127.0.0.1:{found[1]}"

    async def exit(self, within: float = START_WITHIN) -> int:
        async with asyncio.timeout(within):
            code = await self._process.wait()
            await asyncio.gather(*self._readers)
        return code

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self.exit()


@contextlib.asynccontextmanager
async def alphasync(*arguments: str, **settings: str) -> AsyncIterator[Process]:
    """Run the command; settings are environment variables, nothing else is set."""
    async with started(*PROGRAM, *arguments, **settings) as process:
        yield process


@contextlib.asynccontextmanager
async def started(*words: str, **settings: str) -> AsyncIterator[Process]:
    """The same for all words of the command, of which the first may be another program's."""
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    process = await asyncio.create_subprocess_exec(
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**environment, "PYTHONUNBUFFERED": "1", "WORKERS": "1", **settings},
    )
    running = Process(process)
    try:
        yield running
    finally:
        await running.kill()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port where somebody listens and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


async def one_line_of_refusal(process: Process, name: str) -> str:
    """Wait for the end; fail unless it names the setting in one line and nothing else."""
    assert await process.exit() != 0
    lines = process.err.strip().splitlines()
    assert len(lines) == 1, process.err
    assert name in lines[0]
    assert "Traceback" not in process.out + process.err
    assert UP not in process.out
    return lines[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("SEND_INTERVAL", "soon"),
        ("TOKEN_TTL", "9 parsecs"),
        ("TOKEN_TTL", "15s"),
        ("LOCK_TTL", "-5"),
        ("CORS_ORIGINS", "localhost"),
        ("GATEWAY_URL", "ftp://gateway"),
        ("REDIS_URL", "mysql://localhost"),
        ("ALPHASYNC_ENV", "staging"),
        ("LOG_LEVEL", "loud"),
    ],
)
async def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    settings = {"ALPHASYNC_DATA_DIR": str(tmp_path), name: value}
    async with alphasync("serve", **settings) as process:
        await one_line_of_refusal(process, name)


async def test_production_needs_a_secret(redis_url: str, tmp_path: Path) -> None:
    settings = {"REDIS_URL": redis_url, "ALPHASYNC_DATA_DIR": str(tmp_path)}
    settings |= {"ALPHASYNC_ENV": "production", "GATEWAY_URL": "sandbox"}
    for secret in ("", "x", "a" * 64):
        async with alphasync("serve", JWT_SECRET=secret, **settings) as process:
            await one_line_of_refusal(process, "JWT_SECRET")


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_production_needs_a_word_about_the_gateway(
    redis_url: str, tmp_path: Path, workers: str
) -> None:
    settings = {"REDIS_URL": redis_url, "ALPHASYNC_DATA_DIR": str(tmp_path), "JWT_SECRET": SECRET}
    settings |= {"ALPHASYNC_ENV": "production", "WORKERS": workers, "PORT": "0"}
    async with alphasync("serve", **settings) as process:
        await one_line_of_refusal(process, "GATEWAY_URL")
    async with alphasync("serve", GATEWAY_URL="sandbox", **settings) as process:
        assert "sandbox" in await process.says("workers" if workers == "2" else "state")
    async with alphasync("doctor", **settings) as process:
        assert await process.exit() == 1
        assert findings(process.out)["gateway"][0] == "FAIL"
        assert "GATEWAY_URL" in findings(process.out)["gateway"][1]


async def test_a_redis_that_is_not_there(free_port: int) -> None:
    url = f"redis://user:hidden@127.0.0.1:{free_port}"
    async with alphasync("serve", REDIS_URL=url, JWT_SECRET=SECRET, PORT="0") as process:
        line = await one_line_of_refusal(process, "REDIS_URL")
        assert f"127.0.0.1:{free_port}" in line
        assert "hidden" not in process.out + process.err


async def test_a_gateway_that_is_not_there(redis_url: str, free_port: int) -> None:
    gateway = f"http://127.0.0.1:{free_port}"
    settings = {"REDIS_URL": redis_url, "JWT_SECRET": SECRET, "PORT": "0"}
    async with alphasync("serve", GATEWAY_URL=gateway, **settings) as process:
        url = await process.url()
        assert await ready(url)
        (line,) = [line for line in process.err.splitlines() if "the gateway is away" in line]
        assert f"no answer from {gateway}" in json.loads(line)["reason"]
        demo = {"email": "demo@example.com", "password": "demo"}
        async with (
            aiohttp.ClientSession(url) as session,
            session.post("/api/auth/login", json=demo) as response,
        ):
            assert (await response.json())["code"] == "gateway_unavailable"
        # What needs none is served.
        async with alphasync("token", "--operator", "demo", JWT_SECRET=SECRET) as minting:
            assert await minting.exit() == 0
        typing, seeing = [await Device(url, minting.out.strip()).connect() for _ in range(2)]
        typed = {"profileId": "1", "type": "chat", "message": "Hi"}
        assert (await typing.call("updateMessage", typed))["ok"]
        assert (await seeing.wait_for("messageUpdated"))["message"] == "Hi"
        # Once it is there, so is all the rest.
        sandbox = await start_sandbox("127.0.0.1", free_port)
        async with (
            aiohttp.ClientSession(url) as session,
            session.post("/api/auth/login", json=demo) as response,
        ):
            assert response.status == 200
        await typing.close()
        await seeing.close()
        await sandbox.close()


async def test_a_port_that_is_taken(redis_url: str, taken_port: int) -> None:
    settings = {"REDIS_URL": redis_url, "JWT_SECRET": SECRET, "HOST": "127.0.0.1"}
    async with alphasync("serve", "--port", str(taken_port), **settings) as process:
        line = await one_line_of_refusal(process, "PORT")
        assert str(taken_port) in line


async def test_wait_waits_for_redis() -> None:
    with tempfile.TemporaryDirectory(prefix="as-cli-") as folder:
        valkey = Valkey(Path(folder))
        settings = {"REDIS_URL": valkey.url, "JWT_SECRET": SECRET, "PORT": "0"}
        try:
            async with alphasync("serve", "--wait", **settings) as process:
                await wait_until(
                    lambda: "waiting for Redis" in process.err, START_WITHIN, "it waits"
                )
                assert UP not in process.out
                await valkey.start()
                assert await ready(await process.url())
        finally:
            valkey.stop()


async def ready(url: str) -> bool:
    """Wait until the server says that it is ready."""
    async with aiohttp.ClientSession(url) as session, asyncio.timeout(START_WITHIN):
        while True:
            async with session.get("/readyz") as response:
                if response.status == 200:
                    return True
            await asyncio.sleep(0.02)


async def test_serve_runs_from_end_to_end_with_nothing_set() -> None:
    """What the first command of a newcomer does: its own Valkey, its own gateway, its own key."""
    with tempfile.TemporaryDirectory(prefix="as-cli-") as folder:
        data = ["--data-dir", folder]
        async with alphasync("serve", "--port", "0", *data, SEND_INTERVAL="0") as process:
            url = await process.url()
            assert "demo@example.com" in process.out
            async with aiohttp.ClientSession(url) as session:
                demo = {"email": "demo@example.com", "password": "demo"}
                async with session.post("/api/auth/login", json=demo) as response:
                    signed_in = await response.json()
            device = await Device(url, signed_in["token"]).connect()
            await device.start()
            assert (await device.wait_for("processingComplete"))["stats"]["sent"] == 10
            await device.close()
            # Tokens from the command line are made with the same key.
            async with alphasync("token", "--operator", "demo", *data) as minting:
                assert await minting.exit() == 0
            other = await Device(url, minting.out.strip()).connect()
            state = await other.wait_for("processingStateSync")
            assert (state["status"], state["sent"]) == ("completed", 10)
            await other.close()
            process.signal(signal.SIGTERM)
            assert await process.exit() == 0
            assert "Traceback" not in process.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_with_a_run_going_on(redis_url: str, number: signal.Signals) -> None:
    settings = {"REDIS_URL": redis_url, "JWT_SECRET": SECRET, "PORT": "0", "SEND_INTERVAL": "0.2"}
    async with alphasync("serve", **settings) as process:
        url = await process.url()
        async with alphasync("token", "--operator", "demo", JWT_SECRET=SECRET) as minting:
            assert await minting.exit() == 0
        device = await Device(url, minting.out.strip()).connect()
        poll = Device(url, minting.out.strip(), transports=["polling"])
        await poll.connect()
        await device.start("1005")
        await device.wait_for("processingProgress", count=3)
        began = time.monotonic()
        process.signal(number)
        assert await process.exit(within=10) == 0, process.err
        assert time.monotonic() - began < 10
        assert "Traceback" not in process.err, process.err
        await device.close()
        await poll.close()


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


async def test_doctor_finds_everything_well(redis_url: str) -> None:
    async with (
        cluster(redis_url) as running,
        alphasync(
            "doctor", REDIS_URL=redis_url, JWT_SECRET=SECRET, GATEWAY_URL=running.sandbox.url
        ) as process,
    ):
        await process.exit()
        found = findings(process.out)
        for what in ("secret", "redis", "clock", "gateway"):
            assert found[what][0] == "ok", process.out
        console = found["console"][0] == "ok"
        assert (await process.exit() == 0) is console
        assert found["redis"][1].startswith(("Valkey ", "Redis "))


async def test_doctor_finds_what_is_wrong(free_port: int) -> None:
    settings = {
        "REDIS_URL": f"redis://127.0.0.1:{free_port}",
        "GATEWAY_URL": f"http://127.0.0.1:{free_port}",
        "JWT_SECRET": "short",
    }
    async with alphasync("doctor", **settings) as process:
        assert await process.exit() == 1
        found = findings(process.out)
        for what, name in (
            ("secret", "JWT_SECRET"),
            ("redis", "REDIS_URL"),
            ("gateway", "GATEWAY_URL"),
        ):
            assert found[what][0] == "FAIL", process.out
            assert name in found[what][1]
        assert "Traceback" not in process.out + process.err


def findings(text: str) -> dict[str, tuple[str, str]]:
    """What the doctor looked at: whether it is well, and the words."""
    found = {}
    for line in text.strip().splitlines():
        verdict, what, words = line.split(maxsplit=2)
        found[what] = (verdict, words)
    return found


async def test_no_command_shows_the_help() -> None:
    async with alphasync("--help") as process:
        assert await process.exit() == 0
        for command in ("serve", "sandbox", "token", "doctor"):
            assert command in process.out


@pytest.mark.parametrize("command", ["", "serve", "sandbox", "token", "doctor"])
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
