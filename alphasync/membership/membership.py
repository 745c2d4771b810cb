"""A server's membership: from the first sign of life to the last."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiohttp import web

from alphasync.errors import StoreUnavailable
from alphasync.membership.holdings import Holdings
from alphasync.membership.internal import InternalPort
from alphasync.membership.keeper import Keepers
from alphasync.membership.lease import Lease
from alphasync.membership.lease_table import LeaseTable
from alphasync.membership.name import ServerName
from alphasync.membership.registry import Registry
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.redis.tide import Tide
from alphasync.store.scripts.calls import Scripts

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Membership:
    """``start`` it, ``listen`` for the others, ``stop_adopting``, ``leave``."""

    name: ServerName
    holdings: Holdings
    lease: Lease
    registry: Registry
    internal: InternalPort

    async def start(self, keepers: Keepers) -> None:
        """Register, and look after what those have left who are gone: devices of theirs may be
        about to come back. Returns also where Redis is away."""
        self.lease.start(keepers)
        await self.lease.looked()

    async def listen(self, attach: Callable[[web.Application], None]) -> None:
        """Open the port for the other servers, and tell them. Raises CannotListenInternally."""
        host, port = await self.internal.open(attach)
        await self.registry.announce(self.name.base, host, port)

    def stop_adopting(self) -> None:
        """Leave to the others what servers leave behind from now on."""
        self.lease.adopting = False

    async def leave(self, closed_for: float) -> None:
        """Leave the rest to the others, and listen to them no more.

        ``closed_for``: seconds since this server accepted its last device.
        """
        try:
            await self.lease.resign(closed_for)
        except StoreUnavailable:
            log.warning("lease not given up: the others wait until it ends")
        await self.registry.close()
        await self.internal.close()


def membership_of(
    scripts: Scripts,
    pipeline: Pipeline,
    internal: InternalPort,
    announce: Callable[[str], Awaitable[object]],
    tide: Tide | None = None,
) -> Membership:
    """Of a new server; see ``Lease`` for ``announce``, ``LeaseTable`` for ``tide``."""
    name, registry = ServerName(), Registry(pipeline)
    holdings = Holdings(pipeline, name)

    async def registered(server: str) -> None:
        # A Redis that lost the lease has lost the address with it.
        await registry.say()
        await announce(server)

    lease = Lease(LeaseTable(scripts, tide), holdings, name, registered)
    return Membership(name, holdings, lease, registry, internal)
