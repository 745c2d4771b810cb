"""The account's record over HTTP: for admins, as JSON and as CSV."""

import aiohttp

from alphasync.domain.roles import Role
from tests.harness import wait_until
from tests.integration.sign_ins.offices import Office


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_an_admin_reads_it_and_nobody_else(office: Office) -> None:
    login = await office.login()
    status, body = await office.call("GET", "/api/audit", headers=bearer(login["token"]))
    assert (status, body["next"]) == (200, None)
    [entry] = body["entries"]
    assert (entry["action"], entry["operatorId"]) == ("signed_in", "demo")
    assert entry["address"] == "127.0.0.1"
    assert (await office.call("GET", "/api/audit"))[0] == 401
    manager = office.cluster.tokens.mint("demo", role=Role.MANAGER).token
    status, body = await office.call("GET", "/api/audit", headers=bearer(manager))
    assert (status, body["code"]) == (403, "not_allowed")
    other = office.cluster.tokens.mint("another").token
    status, body = await office.call("GET", "/api/audit", headers=bearer(other))
    assert (status, body["entries"]) == (200, [])
    for query in ("action=none", "cursor=x", "since=-1"):
        path = f"/api/audit?{query}"
        status, body = await office.call("GET", path, headers=bearer(login["token"]))
        assert (status, body["code"]) == (400, "invalid_payload")


async def test_it_is_exported_as_csv(office: Office) -> None:
    login = await office.login()
    url = office.cluster.urls[0] + "/api/audit/export"
    async with aiohttp.request("GET", url, headers=bearer(login["token"])) as got:
        lines = (await got.text(encoding="utf-8-sig")).splitlines()
    assert got.status == 200
    assert lines[0].startswith("id,time,action,operator")
    assert len(lines) == 2
    assert ",signed_in,demo," in lines[1]


async def test_what_was_refused_is_on_it(office: Office) -> None:
    login = await office.login()
    wrong = {"email": "a@b.example", "password": "wrong"}
    assert (await office.call("POST", "/api/auth/login", json=wrong))[0] == 401
    viewer = office.cluster.tokens.mint("demo", role=Role.VIEWER).token
    assert (await office.call("GET", "/api/audit", headers=bearer(viewer)))[0] == 403
    device = await office.cluster.device(token=viewer)
    await device.call("stopAllProcessing")

    async def refused() -> dict[str, tuple[str, str, str]]:
        path = "/api/audit"
        _, body = await office.call("GET", path, headers=bearer(login["token"]))
        return {
            each["detail"]: (each["action"], each["operatorId"], each["outcome"])
            for each in body["entries"]
            if each["outcome"] != "ok"
        }

    async def all_there() -> bool:
        return len(await refused()) == 3

    await wait_until(all_there)
    assert await refused() == {
        "": ("sign_in_refused", "", "bad_credentials"),
        "GET /api/audit": ("refused", "demo", "not_allowed"),
        "stopAllProcessing": ("refused", "demo", "not_allowed"),
    }
