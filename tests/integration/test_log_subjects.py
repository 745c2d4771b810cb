"""Whose line it is: account, device, run and request are in the lines of a log, and no text is."""

import asyncio
from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import aiohttp
import pytest
import structlog
from structlog.testing import capture_logs
from structlog.typing import Processor

from alphasync import logs
from alphasync.log_subject import REQUEST_ID
from alphasync.services.drafts import Drafts
from alphasync.services.logins import Logins
from alphasync.services.signed_in import SignedIn
from alphasync.worker import processor
from tests.harness import PATIENCE, Cluster, cluster, wait_until
from tests.integration.served import LONG, served

WRITTEN = "Dear Anna, nobody is to read this"
Lines = list[MutableMapping[str, Any]]


@pytest.fixture
async def running(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url) as one:
        yield one


@pytest.fixture
def lines() -> Iterator[Lines]:
    steps: list[Processor] = [logs.add_subject, structlog.processors.format_exc_info]
    with capture_logs(processors=steps) as written:
        yield written


def named(lines: Lines, event: str) -> Lines:
    return [line for line in lines if line["event"] == event]


async def fails(*_: object, **__: object) -> None:
    raise RuntimeError("a defect")


async def test_a_command_that_fails_is_somebodys(
    running: Cluster, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Drafts, "update", fails)
    devices = [await running.device(token=running.token(who)) for who in ("o1", "o2")]
    for device in devices:
        typed = {"profileId": "1", "type": "chat", "message": WRITTEN}
        assert (await device.call("updateMessage", typed))["code"] == "internal_error"
    failed = named(lines, "command failed")
    assert [(line["account"], line["device"]) for line in failed] == [
        ("o:o1", devices[0].id),
        ("o:o2", devices[1].id),
    ]
    assert {line["command"] for line in failed} == {"updateMessage"}
    assert all("a defect" in line["exception"] for line in failed)
    assert WRITTEN not in repr(lines)
    assert running.token("o1") not in repr(lines)


async def test_a_run_that_fails_is_somebodys(
    running: Cluster, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def fails_too(run: processor.Processor) -> None:
        seen.append(run.ticket.run_id)
        await fails()

    monkeypatch.setattr(processor.Processor, "process", fails_too)
    device = await running.device(token=running.token("o1"))
    assert (await device.start("1001", message=WRITTEN))["ok"]
    await wait_until(lambda: named(lines, "run failed"), what="a failed run")
    (line,) = named(lines, "run failed")
    assert (line["account"], line["device"], line["run"]) == ("o:o1", device.id, seen[0])
    assert WRITTEN not in repr(lines)


async def test_a_request_that_fails_has_the_id_that_its_caller_has(
    running: Cluster, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Logins, "log_in", fails)
    credentials = {"email": "anna@example.com", "password": "not for the log"}
    async with aiohttp.ClientSession(running.urls[0]) as http:
        for given in ({}, {REQUEST_ID: "of-the-proxy-1"}):
            async with http.post("/api/auth/login", json=credentials, headers=given) as response:
                assert response.status == 500
                line = named(lines, "request failed")[-1]
                assert line["request"] == response.headers[REQUEST_ID]
                assert line["request"] == given.get(REQUEST_ID, line["request"])
    assert not {text for text in credentials.values() if text in repr(lines)}


async def test_an_account_is_known_from_the_token_on(
    running: Cluster, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignedIn, "page", fails)
    headers = {"Authorization": f"Bearer {running.token('o1')}", REQUEST_ID: "r1"}
    async with (
        aiohttp.ClientSession(running.urls[0], headers=headers) as http,
        http.get("/api/sessions") as response,
    ):
        assert response.status == 500
    (line,) = named(lines, "request failed")
    assert (line["request"], line["account"]) == ("r1", "o:o1")
    assert running.token("o1") not in repr(lines)


PATHS = {
    "/api/config": True,
    "/api/profiles": True,
    "/nowhere": True,
    "/healthz": False,
    "/socket.io/?EIO=4&transport=polling": False,
}
"""Whether an answer has an id that nobody has asked for."""


@pytest.mark.parametrize("path", PATHS)
async def test_an_id_is_given_back(running: Cluster, path: str) -> None:
    async with aiohttp.ClientSession(running.urls[0]) as http:
        for given in ("7f3a", "b8/c:1"):
            async with http.get(path, headers={REQUEST_ID: given}) as response:
                assert response.headers.getall(REQUEST_ID) == [given]
        async with http.get(path, headers={REQUEST_ID: "not one" * 20}) as response:
            assert len(response.headers[REQUEST_ID]) == 16
        async with http.get(path) as response:
            assert (REQUEST_ID in response.headers) is PATHS[path]


async def test_what_is_no_request_is_not_the_one_before_it(lines: Lines) -> None:
    async with served(LONG) as running:
        head = b"GET /no HTTP/1.1\r\nHost: x\r\nX-Request-Id: r\r\n\r\n"
        reader, writer = await running.say(head)
        async with asyncio.timeout(PATIENCE):
            assert b"X-Request-Id: r\r\n" in await reader.readuntil(b"\r\n\r\n")
            writer.write(b"\x16\x03\x01\r\n\r\n")
            assert b" 400 Bad Request" in await reader.read()
        writer.close()
    (line,) = named(lines, "malformed request")
    assert "request" not in line
