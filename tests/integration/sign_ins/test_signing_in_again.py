"""Runs that go on with their operator's next login."""

import pytest

from tests.harness import wait_until
from tests.integration.sign_ins.offices import Office, opened, waiting, waits


async def test_a_second_login_that_ends_the_first_ones_token_is_used_in_its_place(
    redis_url: str,
) -> None:
    async with opened(redis_url, settings={"send_interval": 0.05}, single=True) as office:
        first = await office.login()
        device = await office.device(first)
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        await office.login()
        await device.wait_for("processingComplete")
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10
        assert office.gateway.used("p1") == {"upstream-all-0", "upstream-all-1"}
        assert not any(waits(event) for event in device.named("processingProgress"))
        assert (await office.profiles(first))[0] == 200
        assert (await office.attachments(first, "p1"))[0] == 200


async def test_rights_that_do_not_cover_the_profile_are_not_used(redis_url: str) -> None:
    async with opened(redis_url, settings={"send_interval": 0.05}, single=True) as office:
        first = await office.login("one")
        device = await office.device(first)
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 2)
        await office.login("two")
        await waiting(device)
        assert (await office.profiles(first))[0] == 401
        assert (await office.attachments(first, "p1"))[0] == 401
        await office.login("one")
        await device.wait_for("processingComplete")
        assert office.gateway.used("p1") == {"upstream-one-0", "upstream-one-2"}


@pytest.mark.parametrize("when", ["listing", "sending"])
async def test_a_run_waits_for_its_operator_to_sign_in_again(redis_url: str, when: str) -> None:
    settings = {"send_interval": 0.05}
    async with opened(redis_url, servers=2, settings=settings) as office:
        device = await office.device(await office.login())
        other = await office.cluster.device(1)
        if when == "listing":
            office.gateway.revoke()
        assert (await device.start("p1"))["ok"]
        if when == "sending":
            await wait_until(lambda: len(office.gateway.sent) >= 3)
            office.gateway.revoke()
        await waiting(other)
        late = await office.cluster.device(0)
        state = await late.wait_for("processingStateSync")
        assert (state["isProcessing"], state["waitingFor"]) == (True, "sign_in")
        await office.login()
        done = await other.wait_for("processingComplete")
        assert done["stats"]["sent"] == 10
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10
        assert not waits(other.named("processingProgress")[-1])
        late = await office.cluster.device(0)
        assert "waitingFor" not in await late.wait_for("processingStateSync")


async def test_a_run_that_nobody_signs_in_for_ends_and_forgets_nobody(redis_url: str) -> None:
    settings = {"send_interval": 0.05, "sign_in_timeout": 0.5}
    async with opened(redis_url, settings=settings) as office:
        device = await office.device(await office.login())
        assert (await device.start("p1"))["ok"]
        await wait_until(lambda: len(office.gateway.sent) >= 3)
        office.gateway.revoke()
        ended = await device.wait_for("processingInterrupted")
        assert ended["code"] == "sign_in_again"
        assert ended["sent"] == len(office.gateway.sent)
        assert (ended["uncertain"], ended["failed"]) == (0, 0)
        assert (await device.start("p1"))["ok"]
        await office.login()
        await device.wait_for("processingComplete")
        assert len(set(office.gateway.messaged("p1"))) == len(office.gateway.messaged("p1")) == 10


async def test_a_run_that_waits_can_be_stopped(office: Office) -> None:
    device = await office.device(await office.login())
    office.gateway.revoke()
    assert (await device.start("p1"))["ok"]
    await waiting(device)
    assert (await device.call("stopProcessing", {"profileId": "p1", "type": "chat"}))["ok"]
    pool = office.cluster.servers[0].pool
    await wait_until(lambda: len(pool) == 0, what="the run's task has ended")
    late = await office.cluster.device()
    state = await late.wait_for("processingStateSync")
    assert state["status"] == "stopped"
    assert "waitingFor" not in state
