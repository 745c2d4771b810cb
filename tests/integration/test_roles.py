"""What each role may do, over the socket and over HTTP: the server decides."""

import re
import time

import aiohttp
import pytest

from alphasync.domain.roles import LEAST, Right, Role, may
from alphasync.realtime.handlers import REGISTRY
from alphasync.reference.calls import CALLS
from tests.harness import Cluster, Device, wait_until
from tests.integration.support import MAIL, check
from tests.unit.protocol.payloads import NEEDED

ROLES = list(Role)
PROFILE = "1001"


def payload(model: type) -> dict[str, object]:
    """For a profile of which nothing is on record: it is refused for other reasons, if at all."""
    return {**NEEDED[model], **({"profileId": PROFILE} if "profileId" in NEEDED[model] else {})}


@pytest.mark.parametrize("role", ROLES)
async def test_each_command_and_each_role(servers: Cluster, role: Role) -> None:
    device = await servers.device(0, token=servers.token(team="red", role=role))
    for name, (model, _) in REGISTRY.items():
        ack = await device.call(name, payload(model))
        refused = ack.get("code") == "not_allowed"
        assert refused is not may(role, model.right), (name, ack)
        if refused:
            least = LEAST[model.right]
            check(ack, ok=False, retryable=False, message=f"This takes the role {least}")
            told = await device.wait_for("error", event=name)
            check(told, code="not_allowed", message=ack["message"])


@pytest.mark.parametrize("role", ROLES)
async def test_each_call_and_each_role(servers: Cluster, role: Role) -> None:
    headers = {"Authorization": f"Bearer {servers.token(team='red', role=role)}"}
    for call in CALLS:
        if call.right is None:
            continue
        path = re.sub(r"\{\w+\}", PROFILE, call.path)
        url = servers.urls[0] + path
        async with (
            aiohttp.ClientSession() as session,
            session.request(call.method, url, headers=headers) as response,
        ):
            said = await response.text()
        assert (response.status == 403 and "not_allowed" in said) is not may(role, call.right), (
            call.title,
            said,
        )


def test_each_call_with_a_token_says_what_it_takes() -> None:
    free = {"POST /api/auth/refresh"}
    asks = {call.title for call in CALLS if call.header.startswith("Authorization")}
    assert asks - free == {call.title for call in CALLS if call.right is not None}


async def test_a_refused_role_changes_nothing(servers: Cluster) -> None:
    viewer = await servers.device(0, token=servers.token(team="red", role=Role.VIEWER))
    operator = await servers.device(1, token=servers.token(team="red"))
    refused = [name for name, (model, _) in REGISTRY.items() if model.right is not Right.SEE]
    for name in refused:
        assert (await viewer.call(name, payload(REGISTRY[name][0])))["code"] == "not_allowed"
    about = {"profileId": PROFILE, "type": "chat"}
    assert (await operator.call("updateMessage", {**about, "message": "x"}))["ok"]
    await viewer.wait_for("messageUpdated", message="x")
    await wait_until(lambda: len(viewer.named("error")) == len(refused))
    # Behind this one event there is nothing that they could have changed before it.
    told = [name for name in viewer.told() if name not in ("error", "processingStateSync")]
    assert told == ["deviceRegistered", "messageUpdated"]
    assert not viewer.last("processingStateSync")["isProcessing"]
    assert operator.told() == ["deviceRegistered"]


def soon() -> int:
    return round(time.time() * 1000) + 3_600_000


async def of_another(servers: Cluster, role: Role) -> tuple[Device, Device]:
    """Somebody with a run that does not end by itself, and somebody else of their team."""
    owner = await servers.device(0, token=servers.token("ann", team="red"))
    other = await servers.device(1, token=servers.token("bob", team="red", role=role))
    begun = await owner.start(PROFILE, message="Hello", continuous={"pause": 60.0})
    assert begun["ok"], begun
    await other.wait_for("processingStarted")
    return owner, other


OWN_RUNS = ("pauseProcessing", "resumeProcessing", "takeOverProcessing", "stopProcessing")


async def test_an_operator_leaves_the_runs_of_others_alone(servers: Cluster) -> None:
    owner, other = await of_another(servers, Role.OPERATOR)
    about = {"profileId": PROFILE, "type": "chat"}
    for command in OWN_RUNS:
        ack = await other.call(command, about)
        check(ack, ok=False, code="not_allowed", message="This takes the role manager")
    assert (await other.call("stopAllProcessing"))["stopped"] == 0
    refused = await other.start(PROFILE)
    check(refused, ok=False, code="locked", lockOwner=owner.id)
    assert (await owner.call("pauseProcessing", about))["ok"]
    assert (await owner.call("stopAllProcessing"))["stopped"] == 1
    check(await other.wait_for("processingStopped"), stoppedByOperatorId="ann")
    # Where nothing runs it is said as to anybody.
    assert (await other.call("stopProcessing", about))["code"] == "not_running"


async def test_a_manager_does_with_the_runs_of_others_as_with_their_own(servers: Cluster) -> None:
    owner, other = await of_another(servers, Role.MANAGER)
    about = {"profileId": PROFILE, "type": "chat"}
    for command in OWN_RUNS:
        assert (await other.call(command, about))["ok"], command
    stopped = await owner.wait_for("processingStopped")
    check(stopped, operatorId="bob", stoppedByOperatorId="bob")


async def test_a_run_that_was_taken_over_is_who_took_it_s(servers: Cluster) -> None:
    owner, other = await of_another(servers, Role.MANAGER)
    about = {"profileId": PROFILE, "type": "chat"}
    assert (await other.call("takeOverProcessing", about))["ok"]
    assert (await owner.call("stopProcessing", about))["code"] == "not_allowed"


@pytest.mark.parametrize(("role", "may_change"), [(Role.OPERATOR, False), (Role.MANAGER, True)])
async def test_the_plans_of_others(servers: Cluster, role: Role, may_change: bool) -> None:
    owner = await servers.device(0, token=servers.token("ann", team="red"))
    other = await servers.device(1, token=servers.token("bob", team="red", role=role))
    about = {"profileId": PROFILE, "type": "mail"}
    ack = await owner.call("planRun", {**about, "message": MAIL, "startAt": soon()})
    plan = {**about, "planId": ack["planId"]}
    for command, more in (("changePlan", {"startAt": soon() + 60_000}), ("cancelPlan", {})):
        answer = await other.call(command, {**plan, **more})
        assert answer["ok"] is may_change, answer
        if not may_change:
            check(answer, code="not_allowed", message="This takes the role manager")
            assert (await owner.call(command, {**plan, **more}))["ok"]


async def test_the_devices_of_others(servers: Cluster) -> None:
    owner = await servers.device(0, token=servers.token("ann", team="red"))
    others = {
        role: await servers.device(1, token=servers.token("bob", team="red", role=role))
        for role in ROLES
    }
    for role, other in others.items():
        named = await other.call("renameDevice", {"deviceId": owner.id, "name": "Front desk"})
        assert (named.get("code") != "unknown_device") is may(role, Right.ADMINISTER)
        # Its own is its own.
        assert (await other.call("renameDevice", {"name": "Mine"}))["ok"]
    assert (await others[Role.ADMIN].call("signOutDevice", {"deviceId": owner.id}))["ok"]
    await wait_until(lambda: owner.parted, what="the connection of who was signed out to end")


@pytest.mark.parametrize("role", ROLES)
async def test_a_device_is_told_of_its_role_and_team(servers: Cluster, role: Role) -> None:
    device = await servers.device(0, token=servers.token(team="red", role=role))
    check(device.last("deviceRegistered"), role=role.value, team="red")


async def test_without_claims_an_operator_is_admin_of_their_own_account(servers: Cluster) -> None:
    registered = (await servers.device(0)).last("deviceRegistered")
    check(registered, role="admin")
    assert "team" not in registered
    assert (await servers.device(0, token=servers.token(team="red"))).last("deviceRegistered")[
        "role"
    ] == "operator"
