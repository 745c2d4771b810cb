"""A server does what docs/openapi.yaml says, asked by schemathesis, which knows nothing else."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alphasync.reference.openapi import openapi
from tests.harness import cluster
from tests.integration.http.asking import HANDLE, login

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).parents[3] / "docs" / "openapi.yaml"
CONFIG = """
[[operations]]
include-name = "POST /api/do-not-contact/import"
# Any text is a file: which one is read, the document says in words.
checks.negative_data_rejection.enabled = false
"""
LEFT_OUT = "positive_data_acceptance"
"""What fits may be refused all the same: a file with nobody in it, a name that is not printed."""
ENDING = {"POST /api/auth/logout", "DELETE /api/sessions"}
"""They would end the login that all the others are made with."""
WITHIN = 280.0
"""Seconds."""
OPTIONS = ("--no-color", "--generation-deterministic", "--exclude-checks", LEFT_OUT)
BRIEF = ("--phases", "fuzzing", "--max-examples", "5")
BRIEF_MAX = 1_000
"""With ``--malformed`` more than this the long one."""
LONG = ("--phases", "coverage,fuzzing", "--max-examples", "50")
"""Also each value at the edge of what fits, and beyond: some 2,600 requests, in a minute or two."""


async def test_a_server_answers_as_it_says(
    redis_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    much = int(request.config.getoption("--malformed")) > BRIEF_MAX
    operations = sum(len(item) for item in openapi()["paths"].values())
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    unbounded: dict[str, Any] = {"login_tries": 10_000, "login_tries_per_address": 10_000}
    async with cluster(redis_url, **unbounded) as running:
        async with aiohttp.ClientSession(running.urls[0]) as web:
            signed_in = await login(web)
        words = ["--url", running.urls[0], *OPTIONS, *(LONG if much else BRIEF)]
        words += ["-H", f"Authorization: Bearer {signed_in['token']}"]
        words += ["-H", f"{HANDLE}: {signed_in['alphaDateToken']}"]
        for title in ENDING:
            words += ["--exclude-name", title]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis as s; s()"),
            *("run", str(DOCUMENT), *words),
            cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(WITHIN):
            out, _ = await process.communicate()
    said = out.decode()
    assert process.returncode == 0, said
    tested = re.search(r"Tested: (\d+)", said)
    assert tested, said
    assert int(tested[1]) == operations - len(ENDING), said
