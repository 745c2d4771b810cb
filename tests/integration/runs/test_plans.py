"""Runs that are planned, and start at their time on one of the servers."""

import time
from typing import Any

import pytest

from alphasync.store import keys
from tests.harness import Cluster, wait_until
from tests.integration.runs.counting import CHAT
from tests.integration.support import Payload, check, reached, settled

pytestmark = pytest.mark.any_redis

SOON = 3.0
"""Seconds ahead: a plan has to be one ahead when its server reads it, on a busy machine, too."""


def plan(ahead: float = 3600, **fields: Any) -> Payload:
    start_at = round((time.time() + ahead) * 1000)
    return {**CHAT, "message": "Hello", "startAt": start_at, **fields}


async def test_it_starts_at_its_time_once_and_with_nobody_there(servers: Cluster) -> None:
    a, b = await servers.pair()
    given = plan(SOON)
    answer = await a.call("planRun", given)
    assert answer["ok"]
    told = await b.wait_for("runPlanned")
    check(told, planId=answer["planId"], deviceId=a.id, message="Hello", profileId="1001")
    check(told, startAt=given["startAt"], latest=3_600_000, attachments=[])
    await a.close()
    started = await b.wait_for("processingStarted")
    check(started, profileId="1001", deviceId=a.id, detached=True)
    assert given["startAt"] <= started["startedAt"]
    ended = await b.wait_for("planEnded")
    check(ended, planId=answer["planId"], outcome="started", reason="Started")
    await b.wait_for("processingComplete")
    found = await reached(servers, "1001")
    assert set(found.values()) == {1}
    assert len(b.named("processingStarted")) == len(b.named("planEnded")) == 1


async def test_any_device_changes_it_and_takes_it_back(servers: Cluster) -> None:
    a, b = await servers.pair()
    planned = plan(type="mail", message="Dear you, " * 20)
    plan_id = (await a.call("planRun", planned))["planId"]
    about = {"profileId": "1001", "type": "mail", "planId": plan_id}
    later = planned["startAt"] + 1000
    assert (await b.call("changePlan", {**about, "startAt": later}))["ok"]
    changed = await a.wait_for("planChanged")
    check(changed, changedBy=b.id, startAt=later, message=planned["message"], deviceId=a.id)
    assert (await b.call("cancelPlan", about))["ok"]
    check(await a.wait_for("planEnded"), outcome="cancelled", endedBy=b.id, planId=plan_id)
    for command in ("changePlan", "cancelPlan"):
        check(await a.call(command, about), ok=False, code="unknown_plan")


async def test_a_device_that_joins_is_told_of_those_that_it_may_see(servers: Cluster) -> None:
    a = await servers.device()
    one = (await a.call("planRun", plan()))["planId"]
    assert (await a.call("planRun", plan(profileId="1002")))["ok"]
    late = await servers.device(1)
    await settled(late)
    states = {data["profileId"]: data for data in late.named("planSync")}
    assert states.keys() == {"1001", "1002"}
    check(states["1001"], planId=one, deviceId=a.id, isOwnDevice=False, message="Hello")
    limited = await servers.device(token=servers.token(profiles=["1002"]))
    await settled(limited, marker="1002")
    assert [data["profileId"] for data in limited.named("planSync")] == ["1002"]
    about = {"profileId": "1001", "type": "chat", "planId": one}
    check(await limited.call("cancelPlan", about), ok=False, code="unknown_profile")
    other = {"profileId": "1002", "type": "chat", "planId": one}
    check(await limited.call("cancelPlan", other), ok=False, code="unknown_plan")
    await a.call("cancelPlan", about)
    await settled(a, limited, marker="1002")
    assert not limited.named("planEnded")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"startAt": 1}, "wrong_start_time"),
        ({"startAt": "tomorrow"}, "invalid_payload"),
        ({"latest": 1}, "invalid_payload"),
        ({"message": ""}, "message_too_short"),
        ({"message": "\u200b"}, "message_blank"),
        ({"message": "x" * 301}, "message_too_long"),
        ({"attachments": [{"title": "a", "link": "b", "message_type": "SENT_IMAGE"}]}, None),
        ({"profileId": "nobody's"}, "unknown_profile"),
    ],
    ids=repr,
)
async def test_what_cannot_be_planned(
    one_server: Cluster, given: Payload, code: str | None
) -> None:
    a = await one_server.device(token=one_server.token(profiles=["1001"]))
    check(await a.call("planRun", plan(**given)), ok=False, code=code or "invalid_payload")
    assert (await a.call("heartbeat"))["ok"]
    assert not a.named("runPlanned")


@pytest.mark.slow
async def test_it_waits_for_the_run_before_it(servers: Cluster) -> None:
    a = await servers.device()
    assert (await a.start("1001", message="Other"))["ok"]
    assert (await a.call("pauseProcessing", CHAT))["ok"]
    assert (await a.call("planRun", plan(SOON)))["ok"]
    check(await a.wait_for("planChanged"), waitingFor="locked")
    assert (await a.call("stopProcessing", CHAT))["ok"]
    check(await a.wait_for("planEnded"), outcome="started")
    await wait_until(lambda: len(a.named("processingStarted")) == 2)


async def test_a_lost_note_is_put_back_by_the_next_device_that_joins(servers: Cluster) -> None:
    a = await servers.device()
    assert (await a.call("planRun", plan(SOON)))["ok"]
    await servers.servers[0].store.pipeline.submit("DEL", keys.PLANS)
    await servers.device(1)
    check(await a.wait_for("planEnded"), outcome="started")
    await a.wait_for("processingComplete")
    assert len(a.named("processingStarted")) == 1
