"""A server that has more to do than it can says so to load balancers, and serves whom it has."""

import aiohttp
import pytest

from alphasync import gauges
from tests.harness import Cluster, wait_until


async def test_new_clients_go_elsewhere_until_it_is_over(
    one_server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await one_server.device()
    monkeypatch.setattr(gauges, "LAG_INTERVAL", 0.01)
    messages: list[str] = []

    async def said() -> int:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{one_server.urls[0]}/readyz") as answer,
        ):
            messages.append((await answer.json()).get("message", ""))
            return answer.status

    async def is_ready() -> bool:
        return await said() == 200

    async def is_not() -> bool:
        return await said() == 503

    assert await is_ready()
    server = one_server.servers[0].realtime.server.eio
    with monkeypatch.context() as strained:
        strained.setattr(type(server), "unread", 1_000)
        await wait_until(is_not, what="it has too much to do")
        assert messages[-1] == "overloaded"
        draft = {"profileId": "1", "type": "chat", "message": "Hello"}
        assert (await device.call("updateMessage", draft))["ok"]
    await wait_until(is_ready, what="it is over")
