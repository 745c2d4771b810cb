"""The clients of docs/protocol.md do what the page says."""

import re
from pathlib import Path

import pytest

from tests.docs.programs import run, start
from tests.faults.network import network
from tests.harness import Cluster, cluster
from tests.integration.support import people

pytestmark = pytest.mark.slow

CLIENTS = pytest.mark.parametrize("name", ["client.mjs", "client.py"])


@CLIENTS
async def test_it_types_and_carries_a_run_to_its_end(
    server: Cluster, name: str, tmp_path: Path
) -> None:
    other = await server.device()
    code, said = await run(name, tmp_path, server.urls[0], "demo@example.com", "demo")
    assert code == 0, said
    assert re.search(r"^run [0-9a-f]+ has begun$", said, re.MULTILINE), said
    assert re.search(r"^\d+/\d+ Messaged ", said, re.MULTILINE), said
    assert "processingComplete" in said
    assert (await other.wait_for("messageUpdated"))["message"] == "Hello there"
    assert other.named("processingInterrupted") == []


async def test_one_that_speaks_messagepack(server: Cluster, tmp_path: Path) -> None:
    other = await server.device()
    code, said = await run("messagepack.mjs", tmp_path, server.urls[0], "demo@example.com", "demo")
    assert code == 0, said
    assert "deviceRegistered" in said
    assert re.search(r"^stored \{\s*ok: true", said, re.MULTILINE), said
    assert (await other.wait_for("messageUpdated"))["message"] == "Hello there"


@pytest.mark.parametrize("name", ["client.mjs", "client.py", "messagepack.mjs"])
async def test_it_says_why_it_cannot_go_on(server: Cluster, name: str, tmp_path: Path) -> None:
    code, said = await run(name, tmp_path, server.urls[0], "demo@example.com", "wrong")
    assert code != 0
    assert "bad_credentials: " in said


@CLIENTS
async def test_it_comes_back_as_the_same_device_and_misses_nothing(
    redis_url: str, name: str, tmp_path: Path
) -> None:
    async with (
        cluster(redis_url, send_interval=0.05, people=people(p=100)) as servers,
        network(int(servers.urls[0].rpartition(":")[2])) as between,
    ):
        other = await servers.device()
        program = await start(name, tmp_path, between.url, "demo@example.com", "demo")
        await other.wait_for("processingProgress", 3)
        between.cut()
        await other.wait_for("deviceReconnected")
        said = (await program.communicate())[0].decode()
        assert program.returncode == 0, said
        assert "processingComplete" in said
        assert said.count("the state follows") == 1, "of its first connection only"
        counts = [int(count) for count in re.findall(r"^(\d+)/100 ", said, re.MULTILINE)]
        assert sorted(set(counts)) == list(range(counts[0], 101)), said
