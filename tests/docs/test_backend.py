"""The backend of docs/protocol.md does what the page says."""

import re
from pathlib import Path

import aiohttp
import pytest

from tests.docs.programs import run
from tests.harness import Cluster
from tests.integration.http.test_service_tokens import make


async def test_it_starts_a_run_and_hears_of_its_end(
    server: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with aiohttp.ClientSession(server.urls[0]) as web:
        _, made = await make(web, server.token())
    monkeypatch.setenv("ALPHASYNC_TOKEN", made["token"])
    code, said = await run("backend.py", tmp_path, server.urls[0], "1001", "Hello there")
    assert code == 0, said
    assert re.fullmatch(r"run [0-9a-f]+ has begun\ncompleted: (\d+) of \1 messaged\n", said), said


async def test_it_says_why_it_cannot(
    server: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with aiohttp.ClientSession(server.urls[0]) as web:
        _, made = await make(web, server.token(), profiles=["1001"])
    monkeypatch.setenv("ALPHASYNC_TOKEN", made["token"])
    code, said = await run("backend.py", tmp_path, server.urls[0], "1002", "Hello there")
    assert code != 0
    assert "unknown_profile: " in said
