"""Commands over HTTP: what a backend does with a service token, and what consoles see of it."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from alphasync.domain.roles import Role, may
from alphasync.errors import AlphasyncError, NotRegistered
from alphasync.protocol.commands import COMMON_ERRORS
from alphasync.realtime.handlers import REGISTRY
from alphasync.reference.schema import GATEWAY_ERRORS
from alphasync.store import keys
from alphasync.web.commanding import COMMAND_MAX
from alphasync.web.json_bodies import STATUS
from tests.harness import Cluster, cluster, wait_until
from tests.integration.http.asking import answer, login
from tests.integration.http.test_service_tokens import bearer, make
from tests.integration.support import check
from tests.unit.protocol.payloads import NEEDED

ABOUT = {"profileId": "1001", "type": "chat"}
LONG = {**ABOUT, "message": "Hello", "continuous": {"pause": 60.0}}
"""A run that does not end by itself."""
OVER_HTTP = [name for name, (model, _) in REGISTRY.items() if not model.needs_device]


class Backend:
    """Calls with one token."""

    def __init__(self, web: aiohttp.ClientSession, token: str) -> None:
        self.web = web
        self.token = token

    async def call(
        self, command: str, payload: Any = None, key: str | None = None
    ) -> tuple[int, Any]:
        headers = bearer(self.token) | ({"Idempotency-Key": key} if key else {})
        path = f"/api/commands/{command}"
        status, body, _ = await answer(self.web, "POST", path, json=payload, headers=headers)
        return status, body

    async def is_through(self) -> bool:
        """Whether nothing runs any more."""
        _, state, _ = await answer(self.web, "GET", "/api/state", headers=bearer(self.token))
        return not any(run["isProcessing"] for run in state["runs"])


async def backend_of(web: aiohttp.ClientSession, **wanted: Any) -> tuple[Backend, str]:
    """With a service token, and the id of that."""
    _, made = await make(web, (await login(web))["token"], **{"role": "admin", **wanted})
    return Backend(web, made["token"]), made["id"]


async def test_a_run_is_started_seen_by_consoles_and_stopped(
    web: aiohttp.ClientSession, one_server: Cluster
) -> None:
    device = await one_server.device()
    backend, id_ = await backend_of(web)
    status, begun = await backend.call("startProcessing", LONG)
    assert status == 200, begun
    check(begun, ok=True, runId=str, startedAt=int)
    started = await device.wait_for("processingStarted")
    check(started, deviceId=f"api:{id_}", deviceName="billing", detached=True)
    later = await one_server.device()
    check(await later.wait_for("processingStateSync"), deviceId=f"api:{id_}", deviceName="billing")
    status, again = await backend.call("startProcessing", LONG)
    assert status == 409
    check(again, ok=False, code="already_running", lockOwner=f"api:{id_}", retryable=False)
    check(await device.start("1001"), ok=False, code="locked", lockOwner=f"api:{id_}")
    for command, told in (
        ("pauseProcessing", "processingPaused"),
        ("resumeProcessing", "processingResumed"),
        ("stopProcessing", "processingStopped"),
    ):
        assert await backend.call(command, ABOUT) == (200, {"ok": True})
        await device.wait_for(told)
    status, body = await backend.call("stopProcessing", ABOUT)
    assert (status, body["code"]) == (409, "not_running")


async def test_it_goes_on_without_any_device_and_says_who_on_the_record(
    web: aiohttp.ClientSession,
) -> None:
    backend, id_ = await backend_of(web)
    _, begun = await backend.call("startProcessing", {**ABOUT, "message": "Hello"})
    await wait_until(backend.is_through)
    headers = bearer((await login(web))["token"])
    _, record, _ = await answer(web, "GET", "/api/audit?action=run_started", headers=headers)
    entry = record["entries"][0]
    check(entry, runId=begun["runId"], sessionId=id_, deviceId=f"api:{id_}", device="billing")
    _, listed = await backend.call("listBlocklist", ABOUT)
    assert {run["deviceName"] for run in listed["runs"]} == {"billing"}


async def test_a_key_has_it_started_once(web: aiohttp.ClientSession) -> None:
    backend, _ = await backend_of(web)
    payload = {**ABOUT, "message": "Hello"}
    both = await asyncio.gather(*(backend.call("startProcessing", LONG, "key 1") for _ in range(2)))
    statuses = sorted(status for status, _ in both)
    assert statuses in ([200, 200], [200, 409])
    assert all(body.get("code", "still_working") == "still_working" for _, body in both)
    first = await backend.call("startProcessing", LONG, "key 1")
    assert first in both
    status, body = await backend.call("startProcessing", payload, "key 1")
    assert (status, body["code"]) == (422, "idempotency_key_reused")
    status, body = await backend.call("startProcessing", payload, "key 2")
    assert (status, body["code"]) == (409, "already_running")
    for wrong in ("x" * 256, "\u00e4"):
        status, body = await backend.call("startProcessing", payload, wrong)
        assert (status, body["code"]) == (400, "invalid_payload")


@pytest.mark.parametrize("role", list(Role))
async def test_each_command_and_each_role(
    web: aiohttp.ClientSession, one_server: Cluster, role: Role
) -> None:
    backend, _ = await backend_of(web, role=role.value)
    for name in OVER_HTTP:
        model = REGISTRY[name][0]
        payload = {
            **NEEDED[model],
            **({"profileId": "1001"} if "profileId" in NEEDED[model] else {}),
        }
        status, body = await backend.call(name, payload)
        assert (body.get("code") == "not_allowed") is not may(role, model.right), (name, body)
        assert status == (200 if body["ok"] else STATUS[body["code"]])


async def test_what_is_about_a_device_is_not_taken(web: aiohttp.ClientSession) -> None:
    backend, _ = await backend_of(web)
    others = [name for name in REGISTRY if name not in OVER_HTTP]
    assert set(others) == {
        *("heartbeat", "takeOverProcessing", "renameDevice", "signOutDevice"),
        *("updateMessage", "clearMessage", "updateAttachments", "restoreVersion"),
    }
    for name in (*others, "no such", "__class__"):
        status, body = await backend.call(name, ABOUT)
        assert (status, body["code"]) == (404, "unknown_event"), name


async def test_it_is_for_its_profiles_only(web: aiohttp.ClientSession) -> None:
    backend, _ = await backend_of(web, profiles=["1001"])
    payload = {"profileId": "1002", "type": "chat", "message": "Hello"}
    status, body = await backend.call("startProcessing", payload)
    assert (status, body["code"]) == (404, "unknown_profile")
    assert (await backend.call("previewRun", ABOUT))[0] == 200


async def test_what_does_not_fit_is_refused_by_its_field(web: aiohttp.ClientSession) -> None:
    backend, _ = await backend_of(web)
    for payload, names in (
        ({**ABOUT, "message": 1}, "message"),
        ({**ABOUT, "message": "x", "more": 1}, "more"),
        ([ABOUT], "object"),
        ({**ABOUT, "message": "x" * COMMAND_MAX}, "too long"),
    ):
        status, body = await backend.call("startProcessing", payload)
        assert (status, body["code"]) == (400, "invalid_payload"), payload
        assert names in body["message"]
    options = {"data": "{}", "headers": {**bearer(backend.token), "Content-Type": "text/plain"}}
    path = "/api/commands/stopAllProcessing"
    assert (await answer(web, "POST", path, **options))[0] == 415
    status, body, _ = await answer(web, "POST", path, headers=bearer(backend.token))
    assert (status, body) == (200, {"ok": True, "stopped": 0})


async def test_a_token_has_its_pace(redis_url: str) -> None:
    async with (
        cluster(redis_url, event_rate=0.01, event_burst=2) as servers,
        aiohttp.ClientSession(servers.urls[0]) as web,
    ):
        _, made = await make(web, servers.token(), role="admin")
        backend = Backend(web, made["token"])
        told = [await backend.call("listDoNotContact") for _ in range(3)]
        assert [body.get("code") for _, body in told] == [None, None, "too_many_requests"]
        assert [status for status, _ in told] == [200, 200, 429]
        other = Backend(web, servers.token())
        assert (await other.call("listDoNotContact"))[0] == 200


async def test_what_was_answered_before_is_not_to_be_had_any_number_of_times(
    redis_url: str,
) -> None:
    async with (
        cluster(redis_url, event_rate=0.001, event_burst=2) as servers,
        aiohttp.ClientSession(servers.urls[0]) as web,
    ):
        _, made = await make(web, servers.token(), role="admin")
        backend = Backend(web, made["token"])
        told = [await backend.call("stopAllProcessing", {}, "key 1") for _ in range(3)]
        assert [status for status, _ in told] == [200, 200, 429]


async def test_what_is_refused_pushes_no_kept_answer_out(redis_url: str) -> None:
    async with (
        cluster(redis_url, idempotency_keys_max=10) as servers,
        aiohttp.ClientSession(servers.urls[0]) as web,
    ):
        _, made = await make(web, servers.token(), role="admin")
        backend = Backend(web, made["token"])
        for number in range(10):
            assert (await backend.call("stopAllProcessing", {}, f"{number}"))[0] == 200
        names = keys.of_account("o:demo")
        client = servers.servers[0].store.client
        before = await client.hgetall(names.answers)
        _, made = await make(web, servers.token(), role="viewer")
        viewer = Backend(web, made["token"])
        for payload in ({}, {"x": 1}):
            assert (await viewer.call("stopAllProcessing", payload, "x"))[0] == 403
        assert (await backend.call("stopProcessing", {"x": 1}, "y"))[0] == 400
        assert len(before) == 10
        assert await client.hgetall(names.answers) == before


async def test_the_token_of_a_login_does_it_too(
    web: aiohttp.ClientSession, one_server: Cluster
) -> None:
    device = await one_server.device()
    backend = Backend(web, (await login(web))["token"])
    assert (await backend.call("startProcessing", LONG))[0] == 200
    started = await device.wait_for("processingStarted")
    assert started["deviceId"].startswith("api:as1.")
    status, state, _ = await answer(web, "GET", "/api/state", headers=bearer(backend.token))
    assert status == 200
    check(state, epoch=str, revision=int, drafts=[], plans=[])
    [run] = state["runs"]
    check(run, deviceId=started["deviceId"], isOwnDevice=True, isProcessing=True, detached=True)
    assert [each["deviceId"] for each in state["devices"]] == [device.id]


async def test_a_state_is_without_what_the_token_is_not_for(
    web: aiohttp.ClientSession, one_server: Cluster
) -> None:
    device = await one_server.device()
    for profile in ("1001", "1002"):
        written = {"profileId": profile, "type": "chat", "message": "secret"}
        assert (await device.call("updateMessage", written))["ok"]
    backend, _ = await backend_of(web, profiles=["1001"], role="viewer")
    _, state, _ = await answer(web, "GET", "/api/state", headers=bearer(backend.token))
    assert [draft["profileId"] for draft in state["drafts"]] == ["1001"]


async def test_a_revoked_one_ends_what_it_has_started(
    web: aiohttp.ClientSession, one_server: Cluster
) -> None:
    device = await one_server.device()
    backend, id_ = await backend_of(web)
    assert (await backend.call("startProcessing", LONG))[0] == 200
    headers = bearer((await login(web))["token"])
    assert (await answer(web, "DELETE", f"/api/tokens/{id_}", headers=headers))[0] == 200
    ended = await device.wait_for("processingInterrupted")
    check(ended, code="signed_out", reason="The service token that it was started with was revoked")
    status, body = await backend.call("startProcessing", LONG)
    assert (status, body["code"]) == (401, "invalid_token")


async def test_what_it_plans_is_of_it(web: aiohttp.ClientSession, one_server: Cluster) -> None:
    device = await one_server.device()
    backend, id_ = await backend_of(web)
    at = round(time.time() * 1000) + 3_600_000
    status, plan = await backend.call("planRun", {**ABOUT, "message": "Hello", "startAt": at})
    assert status == 200, plan
    check(await device.wait_for("runPlanned"), planId=plan["planId"], deviceId=f"api:{id_}")
    assert await backend.call("cancelPlan", {**ABOUT, "planId": plan["planId"]}) == (
        200,
        {"ok": True},
    )


def test_each_refusal_has_a_status() -> None:
    errors: set[type[AlphasyncError]] = {*COMMON_ERRORS, *GATEWAY_ERRORS}
    for name in OVER_HTTP:
        errors |= {*REGISTRY[name][0].errors}
    errors.remove(NotRegistered)
    assert [error for error in errors if error.code not in STATUS] == []
