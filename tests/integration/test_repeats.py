"""What a gateway says to a message that comes again, and who is taken for messaged."""

import pytest

from tests.harness import cluster, wait_until
from tests.integration.backend import Backend, answered, fronted, page
from tests.integration.support import people, reached, switch

COMMAND = {"profileId": "p", "type": "chat"}


@pytest.mark.parametrize(
    ("body", "counted"),
    [({"sent": True}, "sent"), ({"sent": False}, "uncertain"), ({}, "uncertain")],
)
async def test_a_409_to_a_repeat_is_sent_only_if_it_says_so(
    redis_url: str, body: dict[str, object], counted: str
) -> None:
    backend = Backend(pages={None: page("1", "2", "3")})
    backend.answer = lambda recipient, before: (
        answered(body, 409 if before else 500) if recipient == "2" else None
    )
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert stats["sent"] == (3 if counted == "sent" else 2)
        assert stats["uncertain"] == (1 if counted == "uncertain" else 0)
        listed = (await device.call("listUncertain", COMMAND))["recipients"]
        assert [item["id"] for item in listed] == (["2"] if counted == "uncertain" else [])
        assert len({a.key for a in backend.arrived if a.recipient == "2"}) == 1


async def test_a_409_to_the_first_try_is_somebody_elses_message(redis_url: str) -> None:
    backend = Backend(pages={None: page("1", "2")})
    backend.answer = lambda recipient, _: answered({}, 409) if recipient == "2" else None
    async with fronted(redis_url, backend) as running:
        device = await running.device()
        await device.start("p")
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert (stats["sent"], stats["skipped"], stats["uncertain"]) == (1, 1, 0)


@pytest.mark.slow
async def test_the_sandbox_says_whether_it_sent_or_is_at_it_still(redis_url: str) -> None:
    async with cluster(redis_url, people=people(p=3), gateway_timeout=0.3) as running:
        # It answers later than we wait, and a repeat while it is at it with a conflict.
        await switch(running, latency=5, repeat="conflict")
        device = await running.device()
        await device.start("p")
        await wait_until(lambda: device.named("processingInterrupted"))
        assert device.last("processingInterrupted")["uncertain"] == 3
        listed = (await device.call("listUncertain", COMMAND))["recipients"]
        assert len(listed) == 3
    async with cluster(redis_url, people=people(q=3)) as running:
        await switch(
            running,
            repeat="conflict",
            errors={"everyNth": 2, "status": 500, "afterRecording": True},
        )
        device = await running.device()
        await device.start("q")
        stats = (await device.wait_for("processingComplete"))["stats"]
        assert (stats["sent"], stats["uncertain"]) == (3, 0)
        assert set((await reached(running)).values()) == {1}
