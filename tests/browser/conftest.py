"""Fixtures of the browser tests: a Chromium, a cluster and operators' devices on it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright, expect

from alphasync.web.console import CLIENT_BUNDLE, console_folder
from tests.browser.console import FLAGS, INSTALL, SEND_INTERVAL, Console, Open, chromium_path
from tests.harness import PATIENCE, Cluster, be_patient_with_redis, cluster
from tests.js.node import missing

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    be_patient_with_redis(monkeypatch)


@pytest.fixture
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


@pytest.fixture(params=[1, 2], ids=["one-server", "two-servers"])
async def world(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, servers=request.param, send_interval=SEND_INTERVAL) as running:
        yield running


@pytest.fixture
async def small_world(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, send_interval=SEND_INTERVAL) as running:
        yield running


@pytest.fixture
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
