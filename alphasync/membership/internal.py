"""The port of a server that only the other servers use: they pass on what is for its sessions."""

import asyncio
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

from alphasync.intake import Bounds, Intake, open_intake
from alphasync.intake.sockets import open_sockets, unspecified

LOOPBACK = "127.0.0.1"
REDIS_PORT = 6379
"""Where the address of Redis names none."""
INTERNAL_CLOSE_TIMEOUT = 1.0
"""Seconds for open requests at the end; the sessions that they are for are closed by then."""


class CannotListenInternally(Exception):
    """The text says where, and why not."""


class InternalPort:
    """``host``: where to listen, '' for this machine's address as Redis sees it; ``port``: 0 for
    any that is free."""

    def __init__(self, host: str, port: int, redis_url: str, bounds: Bounds) -> None:
        self._host = host
        self._port = port
        self._redis_url = redis_url
        self._bounds = bounds
        self.intake: Intake | None = None
        """What listens, while it does."""

    async def open(self, attach: Callable[[web.Application], None]) -> tuple[str, int]:
        """Listen for the other servers; returns at which host and port they reach this one.

        ``attach`` adds what is served. Raises CannotListenInternally.
        """
        app = web.Application()
        attach(app)
        intake = await open_intake(
            app, shutdown_timeout=INTERNAL_CLOSE_TIMEOUT, bounds=self._bounds
        )
        own = await own_address(self._redis_url)
        host = self._host or own
        try:
            port = await intake.listen(open_sockets(host, self._port))
        except OSError as error:
            reason = error.strerror or error
            text = f"cannot listen on {host}:{self._port} ({reason})"
            raise CannotListenInternally(text) from error
        self.intake = intake
        # Nobody else can reach us at all addresses of a machine.
        return own if unspecified(host) else host, port

    async def close(self) -> None:
        if self.intake is not None:
            await self.intake.cleanup()


async def own_address(redis_url: str) -> str:
    """This machine's address as Redis sees it, at which servers on other machines find it too.

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
        found = await loop.getaddrinfo(
            host.strip("[]"), int(port or REDIS_PORT), type=socket.SOCK_DGRAM
        )
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.connect(address)  # of a datagram socket: nothing is sent
            own = probe.getsockname()
    except (OSError, ValueError):
        return LOOPBACK
    return str(own[0])
