"""The figures of an account over HTTP."""

from typing import Any

import pytest

from alphasync.domain.roles import Role
from tests.harness import Cluster
from tests.integration.http.test_past_runs import get, ran

PATH = "/api/analytics"


async def test_a_manager_sees_what_was_counted(servers: Cluster) -> None:
    await ran(servers, servers.token("ann", team="red"))
    manager = servers.token("eve", team="red", role=Role.MANAGER)
    status, body = await get(servers, f"{PATH}?days=7&zone=Europe/Berlin", manager)
    assert (status, body["status"], body["zone"]) == (200, True, "Europe/Berlin")
    assert [day["stopped"] for day in body["days"]] == [*[0] * 6, 1]
    assert body["days"][-1]["devices"] == 1
    assert body["operators"] == [{"name": "ann", "number": 1}]
    assert [len(hours) for hours in body["hours"]] == [24] * 7
    status, body = await get(servers, PATH, manager)
    assert (status, body["zone"], len(body["days"])) == (200, "UTC", 30)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("days=8", (400, "invalid_payload")),
        ("zone=Europe/Atlantis", (400, "invalid_payload")),
        ("zone=Europe", (400, "invalid_payload")),
        ("zone=../../etc/passwd", (400, "invalid_payload")),
    ],
)
async def test_what_is_asked_for_has_to_be_there(
    servers: Cluster, query: str, answer: tuple[int, str]
) -> None:
    manager = servers.token("eve", team="red", role=Role.MANAGER)
    assert refused(await get(servers, f"{PATH}?{query}", manager)) == answer


async def test_an_operator_of_a_team_sees_none(servers: Cluster) -> None:
    answer = await get(servers, PATH, servers.token("ann", team="red"))
    assert refused(answer) == (403, "not_allowed")


def refused(answer: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]
