"""The backend of the README messages everybody in it."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from alphasync.gateway.sandbox import RunningSandbox
from tests.harness import Cluster, Device

README = Path(__file__).parents[2] / "README.md"
CODE = re.search(r"^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)


@dataclass
class Backend:
    """Stands where the tests otherwise have a sandbox."""

    url: str


async def test_the_backend_of_the_readme(
    redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert CODE is not None
    backend: dict[str, Any] = {"__name__": "backend"}
    exec(compile(CODE[1], str(README), "exec"), backend)
    runner = web.AppRunner(backend["app"])
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    running = Cluster(redis_url, cast(RunningSandbox, Backend(f"http://{host}:{port}")))
    try:
        url = await running.add_server()
        async with aiohttp.ClientSession(url) as http:
            credentials = {"email": "anybody@example.com", "password": "any"}
            async with http.post("/api/auth/login", json=credentials) as answer:
                token = (await answer.json())["token"]
        device: Device = await running.device(token=token)
        assert (await device.start("1"))["ok"]
        complete = await device.wait_for("processingComplete")
    finally:
        await running.close()
        await runner.cleanup()
    assert complete["stats"]["sent"] == 2
    printed = capsys.readouterr().out
    assert "'recipientId': 'ada'" in printed
    assert "'recipientId': 'grace'" in printed
