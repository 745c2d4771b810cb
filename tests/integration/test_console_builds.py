"""The console in a rolling restart: each server serves its own files whole, and the others'."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.builds import other_console
from tests.harness import PATIENCE, Cluster, cluster


@pytest.fixture
async def rolling(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Cluster]:
    """Two servers: the first has an older console."""
    other_console(tmp_path)
    async with cluster(redis_url, servers=0) as running:
        monkeypatch.setattr("alphasync.app.console_folder", lambda: tmp_path)
        await running.add_server()
        monkeypatch.undo()
        await running.add_server()
        yield running


async def test_both_servers_serve_the_files_of_both_consoles(rolling: Cluster) -> None:
    older, newer = rolling.servers
    assert older.console.build.name != newer.console.build.name

    async with asyncio.timeout(PATIENCE):
        for server in rolling.servers:
            while await server.builds.find(server.console.build.name) is None:
                await asyncio.sleep(0.01)
    async with aiohttp.ClientSession() as http:
        for server, url, other in zip(
            rolling.servers, rolling.urls, reversed(rolling.urls), strict=True
        ):
            async with http.get(url) as page:
                assert page.headers["Cache-Control"] == "no-store"
                text = await page.text()
            build = server.console.build
            assert set(re.findall(r"/static/([0-9a-f]{16})/", text)) == {build.name}
            for name in build.files:
                async with http.get(f"{other}/static/{build.name}/{name}") as answer:
                    assert answer.status == 200
                    assert await answer.read() == build.served(name)
                    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "0123456789abcdef/app.js",
        "app.js",
        "0123/app.js",
        "0123456789abcdef/../../alphasync/app.py",
        "%00/app.js",
        "OWN/package.json",
        "OWN/nothing.js",
        "OWN/..%2f..%2fpyproject.toml",
        "OWN/%00",
    ],
)
async def test_what_is_nowhere_is_not_found_and_not_remembered(
    one_server: Cluster, path: str
) -> None:
    own = one_server.servers[0].console.build.name
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{one_server.urls[0]}/static/{path.replace('OWN', own)}") as answer,
    ):
        assert answer.status == 404
        assert "immutable" not in answer.headers.get("Cache-Control", "")
