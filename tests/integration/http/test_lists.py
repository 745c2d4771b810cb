"""The do-not-contact list in and out as CSV, and the blocklist out."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest

from alphasync.web import lists
from tests.harness import Cluster
from tests.integration.http.asking import answer, login
from tests.integration.support import check, reached

pytestmark = pytest.mark.any_redis

IMPORT = "/api/do-not-contact/import"
EXPORT = "/api/do-not-contact/export"
CHAT = {"profileId": "1001", "type": "chat"}


@pytest.fixture
async def bearer(one_server: Cluster, web: aiohttp.ClientSession) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await login(web))['token']}"}


async def send(
    web: aiohttp.ClientSession, bearer: dict[str, str], body: bytes | str, **headers: str
) -> tuple[int, Any]:
    given = {**bearer, "Content-Type": "text/csv", **headers}
    status, said, _ = await answer(web, "POST", IMPORT, data=body, headers=given)
    return status, said


async def parts(
    web: aiohttp.ClientSession, path: str, headers: dict[str, str], **query: str
) -> AsyncIterator[str]:
    """All answers of an export."""
    cursor: str | None = ""
    while cursor is not None:
        asked = {**query, **({"cursor": cursor} if cursor else {})}
        async with web.get(path, params=asked, headers=headers) as response:
            assert response.status == 200, await response.text()
            assert response.content_type == "text/csv"
            cursor = response.headers.get(lists.NEXT_HEADER)
            cursor = cursor and unquote(cursor)
            yield await response.text()


async def test_a_file_is_imported_once_and_comes_out_again(
    one_server: Cluster, web: aiohttp.ClientSession, bearer: dict[str, str]
) -> None:
    a = await one_server.device()
    status, said = await send(web, bearer, "\ufeffid;note\r\n+49 1;asked us\r\nr2;\r\nr2;\r\n")
    assert (status, said) == (200, {"status": True, "added": 2, "already": 0, "count": 2})
    check(await a.wait_for("doNotContactChanged"), added=2, count=2, operatorId="demo")
    assert (await send(web, bearer, "r2\nr3"))[1]["already"] == 1
    [text] = [part async for part in parts(web, EXPORT, bearer)]
    heading, *rows = text.removeprefix("\ufeff").splitlines()
    assert heading == "id,added,operator,note"
    assert rows[0].startswith("r3,20")
    assert any(row.startswith("'+49 1,") and row.endswith(",demo,asked us") for row in rows)
    assert (await send(web, bearer, text))[1] == {
        "status": True,
        "added": 0,
        "already": 3,
        "count": 3,
    }


async def test_one_bad_line_and_nothing_is_imported(
    one_server: Cluster, web: aiohttp.ClientSession, bearer: dict[str, str]
) -> None:
    status, said = await send(web, bearer, "r1\n,why\nr2,a,b\n")
    assert status == 422
    check(said, status=False, code="csv_lines", retryable=False, more=0, message=str)
    assert said["lines"] == [
        {"line": 2, "code": "no_id"},
        {"line": 3, "code": "too_many_cells"},
    ]
    a = await one_server.device()
    assert (await a.call("listDoNotContact"))["count"] == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "csv_empty"),
        ("\u00e4".encode("latin-1"), 400, "csv_not_text"),
        (b"r1\0", 400, "csv_not_text"),
        (b"r1\n" * (lists.IMPORT_MAX // 3 + 1), 413, "csv_too_large"),
    ],
)
async def test_a_file_that_is_none_is_refused(
    web: aiohttp.ClientSession, bearer: dict[str, str], body: bytes, status: int, code: str
) -> None:
    found, said = await send(web, bearer, body)
    assert (found, said["code"]) == (status, code)


async def test_who_asks_has_to_be_known(web: aiohttp.ClientSession) -> None:
    for headers, code in (({}, "missing_token"), ({"Authorization": "Bearer x"}, "invalid_token")):
        status, said = await send(web, headers, "r1")
        assert (status, said["code"]) == (401, code)
        for path in (EXPORT, "/api/profiles/1001/blocklist/export?type=chat"):
            status, said, _ = await answer(web, "GET", path, headers=headers)
            assert (status, said["code"]) == (401, code)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_file_of_another_kind_is_refused(
    web: aiohttp.ClientSession, bearer: dict[str, str], kind: str
) -> None:
    headers = {**bearer, "Content-Type": kind}
    status, said, _ = await answer(web, "POST", IMPORT, data="r1", headers=headers)
    assert (status, said["code"]) == (415, "unsupported_media_type")


async def test_a_long_list_comes_in_parts(
    one_server: Cluster,
    web: aiohttp.ClientSession,
    bearer: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lists, "EXPORT_MAX", 20_000)
    everybody = [f"recipient-\u00e4-{number}" for number in range(1_300)]
    assert (await send(web, bearer, "\n".join(everybody)))[1]["added"] == len(everybody)
    found = [part async for part in parts(web, EXPORT, bearer)]
    assert len(found) == 3
    rows = "".join(found).splitlines()[1:]
    assert sorted(row.partition(",")[0] for row in rows) == sorted(everybody)


async def test_who_was_messaged_comes_out_with_the_run(
    one_server: Cluster, web: aiohttp.ClientSession, bearer: dict[str, str]
) -> None:
    a = await one_server.device()
    run = (await a.start("1001"))["runId"]
    await a.wait_for("processingComplete")
    path = "/api/profiles/1001/blocklist/export"
    [text] = [part async for part in parts(web, path, bearer, type="chat")]
    heading, *rows = text.removeprefix("\ufeff").splitlines()
    assert heading == "id,messaged,run,run started,operator,device"
    cells = [row.split(",") for row in rows]
    assert {row[0] for row in cells} == set(await reached(one_server, "1001"))
    assert {(row[2], row[4]) for row in cells} == {(run, "demo")}

    limited = {"Authorization": f"Bearer {one_server.token(profiles=['1002'])}"}
    for headers, query, status, code in (
        (limited, "?type=chat", 404, "unknown_profile"),
        (bearer, "", 400, "invalid_payload"),
        (bearer, "?type=sms", 400, "invalid_payload"),
        (bearer, "?type=chat&cursor=x", 400, "invalid_payload"),
    ):
        found, said, _ = await answer(web, "GET", path + query, headers=headers)
        assert (found, said["code"]) == (status, code)
