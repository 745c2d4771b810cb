"""A session is ended while one of the servers cannot reach Redis."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import aiohttp
import pytest

from alphasync.gateway.sandbox import RunningSandbox
from tests.faults.network import network
from tests.harness import Cluster, Valkey, wait_until
from tests.integration.sign_ins.offices import RIGHTS, Office, sid_of
from tests.integration.sign_ins.test_ended_sessions import bearer, is_out, is_refused
from tests.integration.strict_gateway import strict_gateway
from tests.ports import free_port

pytestmark = pytest.mark.slow


async def test_its_devices_are_out_all_the_same_and_stay_out(tmp_path: Path) -> None:
    port = free_port()
    valkey = Valkey(tmp_path, "--port", str(port))
    await valkey.start()
    try:
        async with (
            network(port) as between,
            strict_gateway(rights=RIGHTS) as gateway,
            aiohttp.ClientSession() as http,
        ):
            cluster = Cluster(valkey.url, cast(RunningSandbox, gateway))
            try:
                await cluster.add_server()
                cluster.redis_url = between.url.replace("http://", "redis://")
                await cluster.add_server()
                await _end_one(Office(cluster, gateway, http), between.withhold_answers)
                between.answer_again()
                pipeline = cluster.servers[1].store.pipeline
                await wait_until(lambda: pipeline.connected, what="connected to Redis again")
            finally:
                await cluster.close()
    finally:
        valkey.stop()


async def _end_one(office: Office, cut_off: Callable[[], None]) -> None:
    stolen, own = await office.login(), await office.login()
    device = await office.device(stolen, 1)
    cut_off()
    status, body = await office.call(
        "DELETE", f"/api/sessions/{sid_of(stolen)}", headers=bearer(own)
    )
    assert status == 200, body
    await is_out(device)
    await is_refused(office, stolen, 1)
