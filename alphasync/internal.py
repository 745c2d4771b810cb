"""The port of a replica that only the other replicas use: they pass on what is for its sessions."""

import asyncio
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK = "127.0.0.1"
KEEP_ALIVE = 75.0
"""Seconds that a connection without a request stays open: longer than the askers keep theirs."""
CLOSE_WITHIN = 1.0
"""Seconds for open requests at the end; the sessions that they are for are closed by then."""


async def open_port(
    attach: Callable[[web.Application], None], host: str, port: int
) -> tuple[web.AppRunner, int]:
    """Listen for the other replicas; returns the runner and the port. Raises OSError."""
    app = web.Application()
    attach(app)
    runner = web.AppRunner(
        app,
        access_log=None,
        shutdown_timeout=CLOSE_WITHIN,
        keepalive_timeout=KEEP_ALIVE,
        auto_decompress=False,
    )
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner, int(runner.addresses[0][1])


async def own_address(redis_url: str) -> str:
    """This machine's address as Redis sees it, at which replicas on other machines find it too.

    The loopback address where Redis is on this machine, or is not asked by network.
    """
    parts = urlsplit(redis_url)
    host, _, port = parts.netloc.rpartition("@")[2].split(",")[0].rpartition(":")
    if not host:
        host, port = port, ""
    if not host or parts.scheme in ("unix", "memory"):
        return LOOPBACK
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host.strip("[]"), int(port or 6379), type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(address)  # of a datagram socket: nothing is sent
            own = probe.getsockname()
    except (OSError, ValueError):
        return LOOPBACK
    return str(own[0])
