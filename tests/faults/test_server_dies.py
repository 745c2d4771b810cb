"""A server that is killed: who goes on with its runs, and what becomes of them."""

from typing import Any

import pytest

from alphasync.gateway.sandbox import Faults
from tests.faults.existing_client import existing_client
from tests.faults.harness import completed, nobody_twice_nobody_lost, site
from tests.faults.network import network
from tests.faults.returning import unbroken
from tests.harness import wait_until
from tests.integration.support import people

pytestmark = [pytest.mark.faults, pytest.mark.slow]

TAKEN_OVER_WITHIN = 30.0
INTERRUPTED_WITHIN = 45.0
RECIPIENTS = 40
INTERVAL = 0.25
"""Seconds between two sends: the run outlives the takeover."""


@pytest.mark.parametrize("honours_keys", [True, False], ids=["keys", "no-keys"])
async def test_another_server_goes_on_when_the_device_comes_back(honours_keys: bool) -> None:
    # With a slow gateway somebody is in flight at the moment of the crash.
    gateway = Faults(idempotency=honours_keys, latency=0.1)
    async with site(people=people(p=RECIPIENTS), faults=gateway, send_interval=INTERVAL) as running:
        dying, surviving = running.servers
        a = await running.returning(dying.url, surviving.url)
        b = await running.device(1)
        me = a.id
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress", 8)
        dying.kill()
        await wait_until(lambda: b.named("processingTakenOver"), TAKEN_OVER_WITHIN, "taken over")
        await completed(b)
        assert not b.named("processingInterrupted")
        assert a.id == me
        assert len(a.lost) == 1
        await a.wait_for("processingComplete")
        assert unbroken(a.events) == 1
        assert unbroken(b.events) == 1
        await nobody_twice_nobody_lost(
            running, b, "p", RECIPIENTS, uncertain=0 if honours_keys else 1
        )
        stats = b.last("processingComplete")["stats"]
        assert stats["current"] == stats["total"] == RECIPIENTS


@pytest.mark.parametrize("honours_keys", [True, False], ids=["keys", "no-keys"])
async def test_crash_after_crash(honours_keys: bool) -> None:
    gateway = Faults(idempotency=honours_keys, latency=0.1)
    async with site(
        3, people=people(p=RECIPIENTS), faults=gateway, send_interval=INTERVAL
    ) as running:
        a = await running.returning()
        b = await running.returning(*reversed(running.urls))
        assert (await a.start("p"))["ok"]
        for crash in (1, 2):
            await b.wait_for("processingProgress", crash * 8)
            (await running.runner("p")).kill()
            await b.wait_for("processingTakenOver", crash)
        await completed(b)
        assert not b.named("processingInterrupted")
        await nobody_twice_nobody_lost(
            running, b, "p", RECIPIENTS, uncertain=0 if honours_keys else 2
        )
        assert unbroken(b.events) == 1


async def test_another_server_goes_on_with_those_who_are_tried_again() -> None:
    """Also with the one in flight: the gateway said with its listing that it honours keys."""
    async with site(
        people=people(p=RECIPIENTS), faults=Faults(latency=0.05), send_interval=0.05
    ) as running:
        b = await running.device(1)
        everybody = [f"p-{place}" for place in range(RECIPIENTS)]
        await running.change(refuse=everybody)
        assert (await b.start("p"))["ok"]
        await completed(b)
        assert b.last("processingComplete")["stats"]["failed"] == RECIPIENTS
        await running.change(refuse=everybody[::2])
        a = await running.returning()
        assert (await a.start("p", only="failed", detached=True))["ok"]
        await running.delivered(4, "p")
        running.servers[0].kill()
        await wait_until(lambda: b.named("processingTakenOver"), TAKEN_OVER_WITHIN, "taken over")
        await b.wait_for("processingComplete", 2)
        stats = b.last("processingComplete")["stats"]
        half = RECIPIENTS // 2
        assert (stats["sent"], stats["failed"], stats["uncertain"]) == (half, half, 0)
        assert (stats["current"], stats["skipped"]) == (RECIPIENTS, 0)
        found = await running.reached("p")
        assert (set(found), set(found.values())) == (set(everybody[1::2]), {1})


async def test_one_of_two_tabs_that_come_back_with_their_token_goes_on_with_the_run() -> None:
    """They are elsewhere before their server is known to be dead, and are taken for new ones."""
    async with site(people=people(p=RECIPIENTS), send_interval=INTERVAL) as running:
        dying, surviving = running.servers
        token = running.token()
        tabs = [
            await running.returning(dying.url, surviving.url, token=token, remembers=False)
            for _ in range(2)
        ]
        b = await running.device(1, running.tokens.mint("demo", lifetime=3000).token)
        assert (await tabs[0].start("p"))["ok"]
        await b.wait_for("processingProgress", 8)
        dying.kill()
        for tab in tabs:
            await tab.wait_for("deviceRegistered", 2)
        await wait_until(lambda: b.named("processingTakenOver"), TAKEN_OVER_WITHIN, "taken over")
        await completed(b)
        assert not b.named("processingInterrupted")
        assert b.last("processingComplete")["deviceId"] in {tab.id for tab in tabs}
        await nobody_twice_nobody_lost(running, b, "p", RECIPIENTS, uncertain=1)


async def test_the_run_of_a_device_that_never_returns_is_interrupted() -> None:
    async with site(people=people(p=200), send_interval=INTERVAL) as running:
        dying, _ = running.servers
        a = await running.device(0)
        b = await running.device(1)
        assert (await a.start("p"))["ok"]
        await b.wait_for("processingProgress", 8)
        dying.kill()
        await wait_until(lambda: b.named("processingInterrupted"), INTERRUPTED_WITHIN, "told")
        interrupted = b.last("processingInterrupted")
        assert interrupted["reason"] == "Device disconnected"
        assert interrupted["deviceId"] == a.id
        before = await running.deliveries("p")
        assert (await b.start("p"))["ok"], "the lock is free"
        await running.delivered(len(before) + 3, "p")
        assert set((await running.reached("p")).values()) == {1}


async def test_the_existing_client_keeps_its_run() -> None:
    """It offers nothing but its token, and comes back through whatever is in front of us."""
    async with (
        site(people=people(p=RECIPIENTS), send_interval=INTERVAL) as running,
        network(*(server.port for server in running.servers)) as between,
        existing_client(between.url, running.token()) as a,
    ):
        b = await running.device(1)
        await a.emit("startProcessing", {"profileId": "p", "type": "chat", "message": "Hello"})
        await b.wait_for("processingProgress", 8)
        running.servers[0].kill()
        await wait_until(lambda: b.named("processingTakenOver"), TAKEN_OVER_WITHIN, "taken over")
        await wait_until(
            lambda: b.named("processingComplete") or b.named("processingInterrupted"), 60
        )
        assert not b.named("processingInterrupted")
        await a.wait_for("processingComplete")
        await nobody_twice_nobody_lost(running, b, "p", RECIPIENTS, uncertain=1)


@pytest.mark.parametrize("honours_keys", [True, False], ids=["keys", "no-keys"])
async def test_a_detached_run_goes_on_though_nobody_is_there(honours_keys: bool) -> None:
    gateway = Faults(idempotency=honours_keys, latency=0.1)
    async with site(people=people(p=RECIPIENTS), faults=gateway, send_interval=INTERVAL) as running:
        dying, _ = running.servers
        a = await running.device(0)
        assert (await a.start("p", detached=True))["ok"]
        await a.wait_for("processingProgress", 8)
        await a.close()
        dying.kill()
        b = await running.device(1)
        await b.wait_for("processingTakenOver")
        await completed(b)
        assert not b.named("processingInterrupted")
        await nobody_twice_nobody_lost(
            running, b, "p", RECIPIENTS, uncertain=0 if honours_keys else 1
        )


async def test_a_detached_run_goes_on_once_there_is_a_server_again() -> None:
    async with site(1, people=people(p=RECIPIENTS), send_interval=INTERVAL) as running:
        (server,) = running.servers
        a = await running.device(0)
        assert (await a.start("p", detached=True))["ok"]
        await a.wait_for("processingProgress", 8)
        await a.close()
        server.kill()
        await server.start()
        b = await running.device(0)
        await completed(b)
        assert not b.named("processingInterrupted")
        await nobody_twice_nobody_lost(running, b, "p", RECIPIENTS, uncertain=1)


@pytest.mark.parametrize("honours_keys", [True, False], ids=["keys", "no-keys"])
async def test_a_pause_stays_a_pause_whatever_server_dies(honours_keys: bool) -> None:
    gateway = Faults(idempotency=honours_keys, latency=0.1)
    async with site(people=people(p=RECIPIENTS), faults=gateway, send_interval=0) as running:
        dying, _ = running.servers
        a = await running.device(0)
        b = await running.device(1)
        assert (await a.start("p", detached=True))["ok"]
        await b.wait_for("processingProgress", 8)
        assert (await b.call("pauseProcessing", {"profileId": "p", "type": "chat"}))["ok"]
        dying.kill()
        await b.wait_for("processingTakenOver")
        # That server says when it stands still; with that it has come as far as it comes.
        taken_over = b.names().index("processingTakenOver")
        await wait_until(
            lambda: any(
                name == "processingProgress" and data["progress"]["message"] == "Paused"
                for name, data in b.events[taken_over:]
            )
        )
        before = await running.reached("p")
        state = await (await running.device(1)).wait_for("processingStateSync")
        assert (state["status"], state["paused"]) == ("running", True)
        assert await running.reached("p") == before
        assert (await b.call("resumeProcessing", {"profileId": "p", "type": "chat"}))["ok"]
        await completed(b)
        await nobody_twice_nobody_lost(
            running, b, "p", RECIPIENTS, uncertain=0 if honours_keys else 1
        )


async def test_of_a_paused_run_that_is_stopped_nobody_is_forgotten() -> None:
    """The recipient in flight at the takeover, of whom the server that died had heard nothing."""
    gateway = Faults(idempotency=True, latency=2)
    async with site(people=people(p=RECIPIENTS), faults=gateway, send_interval=0) as running:
        dying, _ = running.servers
        a = await running.device(0)
        b = await running.device(1)
        assert (await a.start("p", detached=True))["ok"]
        await b.wait_for("processingProgress", 2)
        assert (await b.call("pauseProcessing", {"profileId": "p", "type": "chat"}))["ok"]
        dying.kill()
        await b.wait_for("processingTakenOver")
        assert (await b.call("stopProcessing", {"profileId": "p", "type": "chat"}))["ok"]
        settled = await b.wait_for("runSettled")
        assert settled["uncertain"] == 1
        ack = await b.call("listUncertain", {"profileId": "p", "type": "chat"})
        assert len(ack["recipients"]) == 1


async def test_nor_of_one_that_is_stopped_while_it_waits_for_its_operator() -> None:
    """The server that goes on finds no login, and asks for nobody before there is one."""
    gateway = Faults(idempotency=True, latency=2)
    async with site(people=people(p=RECIPIENTS), faults=gateway, send_interval=0) as running:
        dying, _ = running.servers
        credentials = {"email": "demo@example.com", "password": "demo"}
        async with running.http.post(f"{dying.url}/api/auth/login", json=credentials) as response:
            login = await response.json()
        a = await running.device(0, login["token"])
        b = await running.device(1)
        assert (await a.start("p", detached=True))["ok"]
        await b.wait_for("processingProgress", 2)
        dying.kill()
        [sign_in] = await running.redis.keys("as:{o:demo}:signin:*")
        await running.redis.delete(sign_in)
        await b.wait_for("processingTakenOver")
        await wait_until(lambda: "waitingFor" in b.last("processingProgress")["progress"])
        assert (await b.call("stopProcessing", {"profileId": "p", "type": "chat"}))["ok"]
        settled = await b.wait_for("runSettled")
        assert settled["uncertain"] == 1
        ack = await b.call("listUncertain", {"profileId": "p", "type": "chat"})
        assert len(ack["recipients"]) == 1


async def test_a_continuous_run_keeps_its_time_and_its_cycle() -> None:
    """One server is killed in a wait, the other in the middle of a later cycle."""
    gateway = Faults(idempotency=True, latency=0.05)
    async with site(
        people=people(p=15), faults=gateway, send_interval=0.2, cycle_pause_min=1
    ) as running:
        b = await running.returning()

        def told() -> list[dict[str, Any]]:
            return [event["progress"] for event in b.named("processingProgress")]

        def rests(cycle: int) -> list[int]:
            return [
                p["nextCycleAt"] for p in told() if p.get("cycle") == cycle and "nextCycleAt" in p
            ]

        about = {"profileId": "p", "type": "chat"}
        assert (await b.start("p", detached=True, continuous={"pause": 11}))["ok"]
        await wait_until(lambda: rests(1), what="the end of cycle 1")
        # At once: cycle 2 would leave out all, however late the server is back.
        assert (await b.call("clearBlocklist", about))["ok"]
        dying = await running.runner("p")
        dying.kill()
        await b.wait_for("processingTakenOver")
        assert b.last("processingTakenOver")["nextCycleAt"] == rests(1)[0]
        await dying.start()
        await wait_until(lambda: told()[-1].get("totals", {}).get("sent", 0) >= 18, what="18 sent")
        assert len(set(rests(1))) == 1, "it is not waited for anew"
        first_of_cycle_2 = sorted(d["at"] for d in await running.deliveries("p"))[15]
        assert first_of_cycle_2 >= rests(1)[0]
        (await running.runner("p")).kill()
        await b.wait_for("processingTakenOver", 2)
        await wait_until(lambda: rests(2), what="the end of cycle 2")
        assert told()[-1]["totals"] == {"sent": 30, "failed": 0, "uncertain": 0}
        assert (await b.call("stopProcessing", about))["ok"]
        await b.wait_for("processingStopped")
        assert set((await running.reached("p")).values()) == {2}
        cycles = [p.get("cycle", 0) for p in told()]
        assert cycles == sorted(cycles)
