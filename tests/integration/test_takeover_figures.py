"""What an alert goes by: servers that went without handing over are counted, and no others."""

import asyncio

import pytest

from alphasync import telemetry
from alphasync.membership.holdings import Holding, Holdings
from alphasync.membership.lease import Lease
from alphasync.membership.lease_table import LEASE_TTL, Adoption, LeaseTable
from alphasync.membership.name import ServerName
from alphasync.store import keys
from alphasync.store.connect import make_store
from alphasync.store.scripts.limits import Lifetimes
from tests.harness import PATIENCE, wait_until

pytestmark = pytest.mark.any_redis
LONG_AGO = LEASE_TTL * 1000 + 5000
"""Ms: the end of a lease whose server was alive then, and not since."""


class Heir:
    def __init__(self) -> None:
        self.found: dict[str, bool] = {}
        """Of each run taken over: whether its server had ended in order."""

    def adopt(self, holding: Holding, adoption: Adoption) -> None:
        self.found[holding.instance] = adoption.in_order

    def reclaim(self, former: str) -> None:
        raise AssertionError(former)

    def note_again(self) -> None:
        """There is nothing to note."""


def counted() -> float:
    return float(telemetry.takeovers.labels("server")._value.get())


@pytest.mark.parametrize("in_order", [True, False])
async def test_a_server_that_ended_in_order_is_no_reason_for_an_alert(
    redis_url: str, in_order: bool
) -> None:
    store = make_store(redis_url, Lifetimes())
    store.start()
    await wait_until(lambda: store.pipeline.connected, what="connected to Valkey")
    name, gone = ServerName(), f"gone {in_order}"
    table, holdings = LeaseTable(store.scripts), Holdings(store.pipeline, name)
    lease, heir = Lease(table, holdings, name), Heir()
    try:
        await table.renew(gone, "register")
        holdings.hold(Holding("run", gone, "o:demo", "p1", "chat", gone))
        if in_order:
            await table.resign(gone, closed_for=1)
        else:
            await store.client.zadd(keys.LEASES, {gone: LONG_AGO})
        before = counted()
        lease.start({"run": heir, "device": heir})
        await asyncio.wait_for(lease.looked(), PATIENCE)
        await wait_until(lambda: gone in heir.found, what="it was taken over from")
        assert heir.found[gone] is in_order
        assert counted() - before == (0 if in_order else 1)
    finally:
        await lease.close()
        await store.close()
