"""The container: what it is built from, and that its command runs as the container would run it."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from alphasync.config import Settings
from tests.deploy.product import DEPLOY, DRAIN, program, settings
from tests.faults.harness import START_WITHIN
from tests.forks import ROOT
from tests.harness import SECRET
from tests.ports import free_port

pytestmark = pytest.mark.slow

DOCKERFILE = DEPLOY / "Dockerfile"
OF_PYTHON = {"PATH", "PYTHONDONTWRITEBYTECODE"}

HARDENED = """\
mount -o remount,bind,ro /
mount -t tmpfs tmpfs "$TMPDIR"
exec unshare --user --map-user=10001 --map-group=10001 "$@"
"""
"""What a container engine does for the container: the root read-only, a tmpfs, nobody's user id and
no capabilities."""


def instructions() -> list[tuple[str, str]]:
    """Instruction and arguments, continued lines joined, of the whole file."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    return [(name, " ".join(arguments.split())) for name, arguments in lines]


def given(name: str) -> str:
    """The arguments of the last such instruction."""
    return [arguments for instruction, arguments in instructions() if instruction == name][-1]


def environment() -> dict[str, str]:
    return dict(word.split("=", 1) for word in given("ENV").split())


def copied() -> list[str]:
    """What is copied from the repository."""
    lines = [arguments.split() for name, arguments in instructions() if name == "COPY"]
    return [
        source.rstrip("/")
        for words in lines
        if not words[0].startswith("--from")
        for source in words[:-1]
    ]


def test_hadolint_has_no_objection() -> None:
    done = subprocess.run([program("hadolint"), str(DOCKERFILE)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_it_is_nobody_and_listens_where_it_says() -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", given("USER"))
    found = environment()
    assert set(found) <= set(settings()) | OF_PYTHON
    assert found["PORT"] == given("EXPOSE") == str(Settings.model_fields["port"].default)
    assert f":{found['PORT']}/healthz" in given("HEALTHCHECK")
    assert json.loads(given("ENTRYPOINT")) == ["alphasync"]


def test_what_is_copied_is_enough_to_build_the_package(tmp_path: Path) -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    assert set(copied()) == let_through
    source = tmp_path / "src"
    source.mkdir()
    for name in copied():
        if (ROOT / name).is_dir():
            skip = shutil.ignore_patterns("__pycache__", "vendor", "node_modules")
            shutil.copytree(ROOT / name, source / name, ignore=skip)
        else:
            shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"alphasync/cli.py", "alphasync/store/scripts/lua/shared/log.lua"} <= names
    fetched = ("vendor/socket.io.min.js", "vendor/uPlot.esm.js", "vendor/uplot.LICENSE")
    assert {f"alphasync/_static/{n}" for n in ("index.html", *fetched)} <= names


@pytest.fixture
def hardened() -> Iterator[list[str]]:
    """Words before a command that is to run like in the container, with a ``TMPDIR`` of its own."""
    folder = tempfile.mkdtemp(prefix="as-tmp-")
    unshare = program("unshare")
    words = ["env", f"TMPDIR={folder}", unshare, "--mount", "--propagation", "private"]
    if os.geteuid() != 0:
        words += ["--user", "--map-root-user"]
    words += ["sh", "-ec", HARDENED, "sh"]
    yield words
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("redis", ["memory://", ""], ids=["redis elsewhere", "embedded Valkey"])
async def test_it_runs_as_nobody_on_a_root_that_it_cannot_write(
    hardened: list[str], redis: str
) -> None:
    port = free_port()
    settings_of_it = {
        **environment(),
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "JWT_SECRET": SECRET,
        "REDIS_URL": redis,
        "ALPHASYNC_DATA_DIR": f"{hardened[1].partition('=')[2]}/data",
        "GATEWAY_URL": "sandbox",
        "ALLOWED_HOSTS": "app.example.com",
        "WORKERS": "1",
    }
    arguments = json.loads(given("CMD"))
    process = await asyncio.create_subprocess_exec(
        *hardened, sys.executable, "-m", "alphasync", *arguments, cwd=ROOT, env=settings_of_it
    )
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(START_WITHIN):
            while not await _ready(http, port):
                assert process.returncode is None
                await asyncio.sleep(0.05)
        words = json.loads(given("HEALTHCHECK").partition("CMD ")[2])
        look = [sys.executable, *words[1:-1], words[-1].replace(":3001/", f":{port}/")]
        assert subprocess.run(look).returncode == 0
        process.send_signal(getattr(signal, given("STOPSIGNAL")))
        async with asyncio.timeout(DRAIN):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _ready(http: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with http.get(f"http://127.0.0.1:{port}/readyz") as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
