"""The port of a replica that only the other replicas use: they pass on what is for its sessions."""

import asyncio
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

from alphasync.intake import Bounds, Intake, open_intake
from alphasync.intake.sockets import open_sockets

LOOPBACK = "127.0.0.1"
CLOSE_WITHIN = 1.0
"""Seconds for open requests at the end; the sessions that they are for are closed by then."""


async def open_port(
    attach: Callable[[web.Application], None], host: str, port: int, bounds: Bounds
) -> tuple[Intake, int]:
    """Listen for the other replicas; returns the runner and the port. Raises OSError."""
    app = web.Application()
    attach(app)
    runner = await open_intake(app, shutdown_timeout=CLOSE_WITHIN, bounds=bounds)
    return runner, await runner.listen(open_sockets(host, port))


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
