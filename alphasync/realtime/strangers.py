"""Requests of clients that have not said who they are: how many one address may send.

What is in the session of a client that is known has limits of its own. All else is counted here by
its address, handshakes and the first requests of a session included. Where it is too much it waits:
all devices behind one address come back at once when a server goes.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web

from alphasync import telemetry
from alphasync.realtime.limits import RequestLimits, client_network
from alphasync.transport import Buckets

SOCKETS_PATH = "/socket.io/"
"""Where clients are served."""


class Strangers:
    """The pace of an intake."""

    def __init__(
        self,
        limits: RequestLimits,
        address_of: Callable[[web.BaseRequest], str],
        knows: Callable[[str], bool],
    ) -> None:
        """``knows``: whether this is a session here whose client has said who it is."""
        self._buckets = Buckets(limits.rate, limits.burst)
        self._address_of = address_of
        self._knows = knows

    def client_of(self, request: web.BaseRequest) -> str | None:
        sid = _session_of(request)
        if sid is not None and self._knows(sid):
            return None
        return client_network(self._address_of(request))

    def reserve(self, client: str, most: float) -> float | None:
        now = asyncio.get_running_loop().time()
        seconds = self._buckets.of(client, now).reserve(now, most)
        if seconds is None:
            telemetry.limits.labels("requests_per_address").inc()
        return seconds


def _session_of(request: web.BaseRequest) -> str | None:
    """The session that a request counts against, if there is such a one."""
    if request.path != SOCKETS_PATH or request.method not in ("GET", "POST"):
        return None
    query = request.query
    if query.get("EIO") != "4" or query.get("transport") not in ("polling", "websocket"):
        return None
    return query.get("sid")
