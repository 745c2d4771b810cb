"""The history of runs over HTTP: as JSON and as CSV."""

import csv
import io
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from alphasync.domain.roles import Role
from alphasync.web import lists
from alphasync.web.lists import NEXT_HEADER
from tests.harness import Cluster

PROFILE = "1001"
TEXT = "=Hello, dear reader of all this"


async def get(servers: Cluster, path: str, token: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.request("GET", servers.urls[-1] + path, headers=headers) as answer:
        return answer.status, await answer.json()


async def ran(servers: Cluster, token: str, profile: str = PROFILE) -> str:
    """A run that was stopped, of a device of the first server."""
    device = await servers.device(0, token=token)
    begun = await device.start(profile, message=TEXT, continuous={"pause": 60.0})
    assert begun["ok"], begun
    about = {"profileId": profile, "type": "chat"}
    assert (await device.call("stopProcessing", about))["ok"]
    await device.close()
    return str(begun["runId"])


async def test_a_run_is_listed_shown_and_exported(servers: Cluster) -> None:
    token = servers.token("ann", team="red")
    run_id = await ran(servers, token)
    status, body = await get(servers, "/api/runs", token)
    assert (status, body["next"]) == (200, None)
    [entry] = body["runs"]
    assert (entry["id"], entry["profileId"], entry["type"]) == (run_id, PROFILE, "chat")
    assert (entry["outcome"], entry["operatorId"]) == ("stopped", "ann")
    assert (entry["continuousPause"], entry["detached"]) == (60.0, False)
    assert entry["startedAt"] <= entry["endedAt"]
    status, body = await get(servers, f"/api/runs/{run_id}", token)
    assert (status, body["run"], body["message"]) == (200, entry, TEXT)
    status, body = await get(servers, f"/api/runs/{run_id}/recipients", token)
    assert (status, body["recipients"], body["unnamed"]) == (200, [], 0)
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{servers.urls[-1]}/api/runs/export"
    async with aiohttp.request("GET", url, headers=headers) as answer:
        assert NEXT_HEADER not in answer.headers
        text = await answer.text(encoding="utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["id"], row["outcome"], row["message"]) == (run_id, "stopped", f"'{TEXT}")


async def test_an_export_comes_in_parts(servers: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "EXPORT_MAX", 1)
    monkeypatch.setattr("alphasync.services.history.RUNS_LISTED_MAX", 1)
    token = servers.token("ann", team="red")
    expected = [await ran(servers, token) for _ in range(2)][::-1]
    url, headers = f"{servers.urls[0]}/api/runs/export", {"Authorization": f"Bearer {token}"}
    found, cursor = list[str](), ""
    while True:
        at = f"?cursor={cursor}" if cursor else ""
        async with aiohttp.request("GET", url + at, headers=headers) as answer:
            text = await answer.text(encoding="utf-8-sig")
            cursor = answer.headers.get(NEXT_HEADER, "")
        found += [row[0] for row in csv.reader(io.StringIO(text)) if row[0] != "id"]
        if not cursor:
            break
    assert found == expected


async def test_who_sees_whose(servers: Cluster) -> None:
    ann, bob = (servers.token(name, team="red") for name in ("ann", "bob"))
    manager = servers.token("eve", team="red", role=Role.MANAGER)
    some = servers.token("eve", team="red", role=Role.MANAGER, profiles=["1002"])
    own, other = await ran(servers, ann), await ran(servers, bob, "1002")

    async def seen(token: str, query: str = "") -> list[str]:
        _, body = await get(servers, f"/api/runs{query}", token)
        return [run["id"] for run in body["runs"]]

    assert await seen(ann) == [own]
    assert await seen(bob) == [other]
    assert await seen(manager) == [other, own]
    assert await seen(manager, "?operatorId=ann") == [own]
    assert await seen(manager, "?words=READER%20dear&profile=1002") == [other]
    assert await seen(manager, "?words=writer") == []
    assert await seen(some) == [other]
    assert await seen(servers.token("ann")) == []
    for path in (f"/api/runs/{other}", f"/api/runs/{other}/recipients", "/api/runs/none"):
        status, body = await get(servers, path, ann)
        assert (status, body["code"]) == (404, "unknown_run")
    assert (await get(servers, f"/api/runs/{own}", some))[0] == 404


@pytest.mark.parametrize(
    "query",
    [f"cursor={quote(cursor)}" for cursor in ("0", "-1", "(1", "+inf", "1\n", "1" * 16, "١")]
    + ["since=-1", "until=x", "type=fax", "outcome=running", "words=", f"words={'x' * 201}"],
)
async def test_what_is_asked_wrongly_is_refused(servers: Cluster, query: str) -> None:
    status, body = await get(servers, f"/api/runs?{query}", servers.token("ann", team="red"))
    assert (status, body["code"]) == (400, "invalid_payload")


@pytest.mark.parametrize(
    "query",
    ["outcome=sent", "cursor=0", "cursor=x", f"cursor={'1' * 21}", f"cursor={2**64}"],
)
async def test_recipients_that_are_asked_for_wrongly(servers: Cluster, query: str) -> None:
    path = f"/api/runs/none/recipients?{query}"
    status, body = await get(servers, path, servers.token("ann", team="red"))
    assert (status, body["code"]) == (400, "invalid_payload")
