"""A console whose network goes and comes back."""

import pytest
from playwright.async_api import expect

from tests.browser.console import Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def test_it_says_offline_at_once_and_is_back_with_the_network(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    device = await console.device_id()
    other = await small_world.device()
    await console.offline()
    await expect(console.hook("connection")).to_contain_text("Offline · as of")
    page = console.page.locator("#console")
    await expect(page).to_have_attribute("data-live", "false")
    await console.hook("chat-text").fill("Typed without a network")
    await expect(console.hook("chat-origin")).to_have_text("Not saved yet")
    await console.offline(False)
    await expect(console.hook("connection")).to_have_text("Connected")
    await expect(page).to_have_attribute("data-live", "true")
    await expect(console.hook("chat-origin")).to_have_text("Saved on all devices")
    await other.wait_for("messageUpdated", message="Typed without a network")
    assert await console.device_id() == device
