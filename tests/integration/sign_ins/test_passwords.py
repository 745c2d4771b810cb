"""A password is for the one call to the gateway: it is nowhere afterwards, and in no log."""

import json
import subprocess
import sys
from typing import Any

import aiohttp
import pytest

from alphasync.gateway.http import HttpGateway
from alphasync.store.connect import make_client
from alphasync.web.accounts import Credentials
from tests.harness import cluster
from tests.integration.sign_ins.offices import opened
from tests.integration.strict_gateway import strict_gateway

CANARY = "canary-1f6b0c9d"


async def everything_in(redis_url: str) -> bytes:
    client = make_client(redis_url)
    found = b""
    async for key in client.scan_iter("*"):
        found += key + (await client.dump(key) or b"")
    await client.aclose()
    return found


async def test_it_is_in_no_answer_no_output_and_nowhere_in_redis(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = []
    async with opened(redis_url, rights={CANARY: None}) as office:

        async def ask(password: Any, status: int) -> None:
            got = await office.call(
                "POST", "/api/auth/login", json={"email": "a@b.example", "password": password}
            )
            assert got[0] == status, got
            answers.append(got[1])

        await ask(CANARY, 200)
        await ask(CANARY + "-wrong", 401)
        await ask([CANARY], 400)
        await ask(CANARY * 100, 400)

        async def fails(*_: Any) -> None:
            raise RuntimeError("a defect")

        monkeypatch.setattr(HttpGateway, "login", fails)
        status, _ = await _text(office.cluster.urls[0], CANARY)
        assert status == 500
        assert CANARY.encode() not in await everything_in(redis_url)
    assert CANARY not in json.dumps(answers)
    out, err = capfd.readouterr()
    assert CANARY not in out + err
    assert CANARY not in repr(Credentials("a@b.example", CANARY))


async def _text(url: str, password: str) -> tuple[int, str]:
    asked = {"email": "a@b.example", "password": password}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{url}/api/auth/login", json=asked) as got,
    ):
        return got.status, await got.text()


LOGGED = """
import structlog, sys
sys.stderr.isatty = lambda: {terminal}
from alphasync import logs
logs.configure("info")
def login(password):
    raise ValueError("a defect")
try:
    login("canary" + "-local")
except ValueError:
    structlog.get_logger().exception("login failed")
"""


@pytest.mark.parametrize("terminal", [True, False])
def test_a_trace_shows_no_values(terminal: bool) -> None:
    command = [sys.executable, "-c", LOGGED.format(terminal=terminal)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "a defect" in done.stderr
    assert "in login" in done.stderr
    assert "canary-local" not in done.stderr + done.stdout


async def test_the_demo_account_is_the_sandbox_and_nobody_elses(redis_url: str) -> None:
    async with strict_gateway(rights={"all": None}), opened(redis_url) as office:
        status, _ = await office.call(
            "POST", "/api/auth/login", json={"email": "demo@example.com", "password": "demo"}
        )
        assert status == 401
    async with cluster(redis_url) as running:
        assert (await _text(running.urls[0], "demo"))[0] == 401
