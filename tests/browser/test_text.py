"""What an operator types is neither lost nor sent where it should not be."""

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = pytest.mark.browser


async def opened(world: Cluster, open_console: Open, profile: str = "1001") -> Console:
    console = await open_console(world.urls[0])
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.choose(profile)
    return console


async def test_text_that_is_too_long_to_sync_stays_in_the_box(
    small_world: Cluster, open_console: Open
) -> None:
    a = await opened(small_world, open_console)
    b = await opened(small_world, open_console)
    await a.hook("chat-text").fill("Hello")
    await expect(b.hook("chat-text")).to_have_value("Hello")
    for letter, count in (("x", 70_000), ("€", 10_001)):
        await a.hook("chat-text").fill(letter * count)
        await expect(a.hook("chat-origin")).to_contain_text("Too long to sync")
        await expect(a.hook("chat-text")).to_have_value(letter * count)
    await b.hook("mail-text").fill("Meanwhile")
    await expect(a.hook("mail-text")).to_have_value("Meanwhile")
    await expect(a.hook("connection")).to_have_text("Connected")
    await expect(b.hook("chat-text")).to_have_value("Hello")
    await a.hook("chat-text").fill("Short again")
    await expect(a.hook("chat-origin")).to_have_text("Saved on all devices")
    await expect(b.hook("chat-text")).to_have_value("Short again")
