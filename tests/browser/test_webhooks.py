"""Webhooks in the console: made, tried, looked into, switched off and on, and removed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.harness import Cluster, cluster
from tests.webhooks import Webhook, webhook

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest_asyncio.fixture(loop_scope="session")
async def hook() -> AsyncIterator[Webhook]:
    async with webhook() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def world(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, webhook_private=True) as running:
        yield running


async def opened(world: Cluster, open_console: Open) -> Console:
    console = await (await open_console(world.urls[0])).begin("1001")
    await console.menu("webhooks-open")
    return console


async def make(console: Console, url: str) -> str:
    """Returns its secret."""
    await console.hook("webhooks-address").fill(url)
    await console.hook("webhooks-make").click()
    await expect(console.hook("webhooks-made")).to_be_visible()
    return await console.hook("webhooks-secret").input_value()


async def test_one_is_made_shown_once_and_removed(
    world: Cluster, open_console: Open, hook: Webhook
) -> None:
    console = await opened(world, open_console)
    await expect(console.hook("webhooks-empty")).to_be_visible()
    assert await console.audit() == []
    await console.hook("webhooks-run.stopped").uncheck()
    secret = await make(console, f"{hook.url}/x")
    assert secret.startswith("whsec_")
    rows = console.hook("webhooks-list").locator("li")
    await expect(rows).to_have_count(1)
    for said in (f"{hook.url}/x", "Run completed, Run interrupted, Run needs", "all profiles"):
        await expect(rows).to_contain_text(said)
    await expect(rows.locator(".badge")).to_have_text("On")
    assert await console.audit() == []
    await console.hook("webhooks-close").click()
    await console.page.keyboard.press("Control+k")
    await console.page.keyboard.type("webhooks")
    await console.page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await expect(console.hook("webhooks-made")).to_be_hidden()
    assert await console.hook("webhooks-secret").input_value() == ""
    await rows.get_by_role("button", name="Remove").click()
    await console.hook("confirm-ok").click()
    await expect(rows).to_have_count(0)
    await expect(console.hook("webhooks-note")).to_contain_text("is removed.")
    await expect(console.hook("webhooks-empty")).to_be_visible()
