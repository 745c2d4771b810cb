"""What the load balancers keep from clients, however it is written."""

import asyncio

import pytest
from aiohttp import web

from tests.balancers.balancer import CONFIGURATIONS, Balancer

WRITTEN = ["/metrics", "/metrics?x=1", "/%6detrics", "/metric%73", "/%6D%65%74%72%69%63%73"]


async def asked(port: int, path: str) -> int:
    """The status, of a path as it stands: client libraries write it anew."""
    reading, writing = await asyncio.open_connection("127.0.0.1", port)
    writing.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reading.read()
    writing.close()
    return int(answer.split(b" ")[1])


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
async def test_no_client_is_let_to_the_figures(configuration: str) -> None:
    asked_for: list[str] = []

    async def take(request: web.Request) -> web.Response:
        asked_for.append(request.path)
        return web.Response(text="fine")

    app = web.Application()
    app.router.add_get("/{path:.*}", take)
    server = web.AppRunner(app)
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    balancer = Balancer(configuration, [server.addresses[0][1]] * 3)
    try:
        await balancer.start()
        assert await asked(balancer.port, "/metricsx") == 200
        for path in WRITTEN:
            assert await asked(balancer.port, path) == 404, path
    finally:
        balancer.close()
        await server.cleanup()
    assert "/metricsx" in asked_for
    assert "/metrics" not in asked_for
