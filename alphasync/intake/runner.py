"""An application that is served over connections of ours."""

import socket
from collections.abc import Callable, Sequence
from typing import Any, cast

from aiohttp import web
from aiohttp.http import RawRequestMessage
from yarl import URL

from alphasync.intake.capacity import Bounds, Capacity
from alphasync.intake.connections import Connection
from alphasync.intake.handling import Connections, Hosts
from alphasync.intake.pace import Pace
from alphasync.intake.sockets import ACCEPTED_AT_ONCE_MAX, BACKLOG


class Intake(web.ServerRunner):
    """An application that is served."""

    def __init__(self, app: web.AppRunner, server: web.Server, shutdown_timeout: float) -> None:
        super().__init__(server, shutdown_timeout=shutdown_timeout)
        self._app = app

    async def listen(self, sockets: Sequence[socket.socket]) -> int:
        """Take connections from these sockets, which are its own from now on; returns the port."""
        for given in sockets:
            await web.SockSite(self, given, backlog=ACCEPTED_AT_ONCE_MAX).start()
            given.listen(BACKLOG)
        return int(sockets[0].getsockname()[1])

    async def cleanup(self) -> None:
        await super().cleanup()
        await self._app.cleanup()


async def open_intake(
    app: web.Application,
    *,
    shutdown_timeout: float,
    bounds: Bounds | None = None,
    capacity: Capacity | None = None,
    pace: Pace | None = None,
    hosts: Hosts | None = None,
) -> Intake:
    """A runner for the application, to which sites can be added. ``shutdown_timeout``: seconds;
    ``hosts``: which ``Host`` it answers to, where not to every one."""
    inner = web.AppRunner(app)
    await inner.setup()
    made = cast("web.Server", inner.server)
    server = Connections(
        made.request_handler,
        bounds or Bounds(),
        capacity,
        pace,
        hosts,
        request_factory=_made_anyway(made.request_factory),
    )
    runner = Intake(inner, server, shutdown_timeout)
    await runner.setup()
    return runner


def _made_anyway(make: Callable[..., web.BaseRequest]) -> Callable[..., web.BaseRequest]:
    """Makes requests, also of those whose address the parser takes and nobody can read: they are
    for nowhere, and refused."""

    def made(
        message: RawRequestMessage, payload: Any, connection: Connection, *more: Any
    ) -> web.BaseRequest:
        try:
            return make(message, payload, connection, *more)
        except (LookupError, ValueError) as error:
            connection.unreadable = type(error).__name__
            return make(message._replace(url=URL("/")), payload, connection, *more)

    return made
