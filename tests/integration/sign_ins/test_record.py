"""The account's record over HTTP: for admins, as JSON and as CSV."""

from urllib.parse import quote

import aiohttp
import pytest

from alphasync.domain.audit import Action
from alphasync.domain.roles import Role
from alphasync.store.connect import make_client
from alphasync.web import record
from alphasync.web.lists import NEXT_HEADER
from tests.harness import wait_until
from tests.integration.sign_ins.offices import ACCOUNT, Office


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
    odd = ("action=none", "cursor=x", "since=-1")
    of_a_line = ("action=run_started%0A", "cursor=1-0%0A", "since=1%0A", "outcome=ok%0A")
    for query in (*odd, *of_a_line):
        path = f"/api/audit?{query}"
        status, body = await office.call("GET", path, headers=bearer(login["token"]))
        assert (status, body["code"]) == (400, "invalid_payload")


@pytest.mark.parametrize("path", ["/api/audit", "/api/audit/export"])
async def test_who_may_use_some_profiles_does_not_read_of_all(office: Office, path: str) -> None:
    some = office.cluster.tokens.mint("demo", profiles=["1001"], role=Role.ADMIN).token
    status, body = await office.call("GET", path, headers=bearer(some))
    assert (status, body["code"]) == (403, "not_for_this_token")


@pytest.mark.parametrize(
    ("cursor", "expected"),
    [(cursor, 200) for cursor in ("1-0", f"{'9' * 15}-{'9' * 15}", "1-000")]
    + [(cursor, 400) for cursor in ("0-0", "0-1", "00-0", "01-0", "1-0\n", "1", "1-", "-1-0")]
    + [(cursor, 400) for cursor in ("(1-0", "+", "1-x", f"1-{'9' * 16}", "١-0")],
)
async def test_a_cursor_is_one_or_is_refused(office: Office, cursor: str, expected: int) -> None:
    admin = office.cluster.tokens.mint("demo").token
    path = f"/api/audit?cursor={quote(cursor)}"
    assert (await office.call("GET", path, headers=bearer(admin)))[0] == expected


async def test_an_answer_of_an_export_looks_at_so_many_and_the_next_one_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "PAGES_MAX", 1)
    client = make_client(office.cluster.redis_url)
    for number in range(2_500):
        action = Action.REFUSED if number else Action.RUN_STARTED
        entry = ("operator", "demo", "session", "", "device", "", "action", action)
        await client.execute_command("XADD", ACCOUNT.record, "*", *entry)
    await client.aclose()
    admin = office.cluster.tokens.mint("demo").token
    url = f"{office.cluster.urls[0]}/api/audit/export?action=run_started"
    parts, cursor = list[str](), ""
    while True:
        at = f"&cursor={cursor}" if cursor else ""
        async with aiohttp.request("GET", url + at, headers=bearer(admin)) as got:
            parts.append(await got.text(encoding="utf-8-sig"))
        if not (cursor := got.headers.get(NEXT_HEADER, "")):
            break
    assert [len(part.splitlines()) for part in parts] == [1, 0, 1]
    assert ",run_started,demo," in parts[-1]


async def test_it_is_exported_as_csv(office: Office) -> None:
    login = await office.login()
    client = make_client(office.cluster.redis_url)
    entry = ("operator", "=1+1", "session", "", "device", "", "action", Action.SIGNED_OUT)
    await client.execute_command("XADD", ACCOUNT.record, "*", *entry)
    await client.aclose()
    url = office.cluster.urls[0] + "/api/audit/export"
    async with aiohttp.request("GET", url, headers=bearer(login["token"])) as got:
        lines = (await got.text(encoding="utf-8-sig")).splitlines()
    assert got.status == 200
    assert lines[0].startswith("id,time,action,operator")
    assert len(lines) == 3
    assert ",signed_out,'=1+1," in lines[1], "no formula"
    assert ",signed_in,demo," in lines[2]


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
