"""Fixtures of the browser tests: a Chromium, a cluster and operators' devices on it.

A browser and its driver take a second of a core to start, so all tests of a process share one, and
with it the event loop that the driver lives in. Each device is a context of its own, in which
nothing is left of those before.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from alphasync.web.console import CLIENT_BUNDLE, console_folder
from tests.browser.console import FLAGS, INSTALL, SEND_INTERVAL, Console, Open, chromium_path
from tests.harness import PATIENCE, Cluster, be_patient_with_redis, cluster, wait_until
from tests.js.node import missing

expect.set_options(timeout=PATIENCE * 1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests run in the loop of the fixtures below."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    be_patient_with_redis(monkeypatch)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = chromium_path()
    if path is None:
        missing(INSTALL)
    if not (console_folder() / CLIENT_BUNDLE).is_file():
        missing("the Socket.IO client is not in static/vendor/: pip install --editable .")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(autouse=True, loop_scope="session")
async def nothing_left_behind(chromium: Browser) -> AsyncIterator[None]:
    """The next test has the same loop and the same browser: no task and no page of this one."""
    before, contexts = asyncio.all_tasks(), chromium.contexts.copy()
    yield

    def left() -> set[asyncio.Task[Any]]:
        return asyncio.all_tasks() - before - {asyncio.current_task()}

    await wait_until(lambda: not left(), what="all tasks of the test at their end")
    assert chromium.contexts == contexts


@pytest_asyncio.fixture(params=[1, 2], ids=["one-server", "two-servers"], loop_scope="session")
async def world(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, servers=request.param, send_interval=SEND_INTERVAL) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def small_world(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, send_interval=SEND_INTERVAL) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def two_servers(redis_url: str) -> AsyncIterator[Cluster]:
    """For what needs no pauses between messages."""
    async with cluster(redis_url, servers=2) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def open_console(chromium: Browser) -> AsyncIterator[Open]:
    """Opens devices; none of them may have complained by the end of the test."""
    opened: list[Console] = []

    async def open_one(url: str, **options: Any) -> Console:
        console = await Console.open(chromium, url, **options)
        opened.append(console)
        return console

    yield open_one
    complaints = [console.complaints for console in opened]
    for console in opened:
        await console.context.close()
    assert not any(complaints), complaints
