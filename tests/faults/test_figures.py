"""A mixed day, with servers killed in it: an account's figures against the gateway's own list."""

import asyncio
from typing import Any

import pytest

from alphasync.domain.roles import Role
from alphasync.gateway.sandbox import Faults
from tests.faults.harness import Site, completed, site
from tests.harness import Device, wait_until
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

RECIPIENTS = 24
INTERVAL = 0.25
TAKEN_OVER_WITHIN = 30.0
PROFILES = ("p", "q", "stopped", "left", "refused")
REFUSED = 3


@pytest.mark.parametrize("honours_keys", [True, False], ids=["keys", "no-keys"])
async def test_the_figures_of_a_mixed_day_are_right_to_the_last_message(
    honours_keys: bool,
) -> None:
    cast = people(**dict.fromkeys(PROFILES, RECIPIENTS))
    faults = Faults(idempotency=honours_keys, latency=0.05)
    async with site(3, people=cast, faults=faults, send_interval=INTERVAL) as running:
        await running.change(refuse=[f"refused-{place}" for place in range(REFUSED)])
        a, b = await running.returning(), await running.returning(*reversed(running.urls))
        gone = await running.device(0)
        for profile in ("p", "q", "stopped"):
            assert (await a.start(profile))["ok"]
        assert (await gone.start("left"))["ok"]
        await running.delivered(4, "left")
        # It ends with its device, or goes on with nobody.
        await gone.close()
        await b.wait_for("processingInterrupted")
        await running.delivered(4, "p")
        (await running.runner("p")).kill()
        await wait_until(lambda: b.named("processingTakenOver"), TAKEN_OVER_WITHIN, "taken over")
        assert (await b.call("stopProcessing", {"profileId": "stopped", "type": "chat"}))["ok"]
        assert (await b.start("refused"))["ok"]
        await completed(b, 3)
        await settled(running)
        for server in running.servers:
            if not server.running:
                await server.start()

        figures = await figures_of(running)
        sent = {each["recipientId"] for each in await running.deliveries()}
        uncertain = await listed(b)
        # Of whom nobody knows, the gateway does.
        assert figures["sent"] == len(sent - uncertain)
        assert figures["uncertain"] == len(uncertain)
        assert (figures["failed"], figures["skipped"]) == (REFUSED, 0)
        ends = {"completed": 3, "stopped": 1, "interrupted": 1}
        assert {end: figures[end] for end in ends} == ends
        # A decision, and once more all of them, of whom the most are messaged already.
        for profile in PROFILES:
            payload = {"profileId": profile, "type": "chat", "action": "leave"}
            await b.call("resolveUncertain", payload)
        assert (await b.start("p"))["ok"]
        await completed(b, 4)
        later = await figures_of(running)
        everybody = {each["recipientId"] for each in await running.deliveries()}
        assert later["sent"] == len(everybody | uncertain)
        assert later["uncertain"] == 0
        assert later["skipped"] == len({each for each in sent | uncertain if each[:2] == "p-"})


async def settled(running: Site) -> None:
    """Wait until no run has somebody in flight."""

    async def open_() -> bool:
        found = [
            await running.redis.hget(f"as:{{o:demo}}:run:chat:{profile}", "inflight")
            for profile in PROFILES
        ]
        return any(found)

    async with asyncio.timeout(TAKEN_OVER_WITHIN):
        while await open_():
            await asyncio.sleep(0.05)


async def listed(device: Device) -> set[str]:
    """Those who have perhaps been messaged."""
    found = set[str]()
    for profile in PROFILES:
        ack = await device.call("listUncertain", {"profileId": profile, "type": "chat"})
        found |= {recipient["id"] for recipient in ack["recipients"]}
    return found


async def figures_of(running: Site) -> dict[str, Any]:
    """All days together, from a server that lives."""
    [url, *_] = [server.url for server in running.servers if server.running]
    headers = {"Authorization": f"Bearer {running.token(role=Role.MANAGER)}"}
    async with running.http.get(f"{url}/api/analytics?days=7", headers=headers) as response:
        body = await response.json()
    assert response.status == 200, body
    days = body["days"]
    return {name: sum(day[name] for day in days) for name in days[0] if name != "day"}
