"""Runs that begin anew when they are through, and a run that is taken over to another device."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RESTS = re.compile(r"Next cycle at \d")
GOING = re.compile(r"\(\d+/500\)")


async def opened(world: Cluster, open_console: Open, profile: str, server: int = 0) -> Console:
    return await (await open_console(world.urls[server])).begin(profile)


async def test_a_run_repeats_as_its_operator_chose(
    two_servers: Cluster, open_console: Open
) -> None:
    console = await opened(two_servers, open_console, "1001")
    other = await opened(two_servers, open_console, "1001", 1)
    await expect(console.hook("chat-rhythm")).to_contain_text("Once · Full pace")
    await console.hook("chat-rhythm").locator("summary").click()
    await console.hook("chat-repeat").select_option(label="Every 15 min")
    await expect(console.hook("mail-rhythm")).to_contain_text("Every 15 min · Full pace")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    for device in (console, other):
        await expect(device.hook("chat-status")).to_have_text(RESTS)
        await expect(device.hook("chat-pace")).to_have_text("in 15 min")
        await expect(device.hook("chat-detail")).to_contain_text("cycle 1 · repeats every 15 min")
        await expect(device.hook("chat-rhythm")).to_be_hidden()
    await expect(other.hook("profile-item-1001")).to_contain_text(RESTS_IN_LIST)
    await other.hook("chat-stop").click()
    await expect(console.hook("chat-status")).to_have_text("⏹️ Stopped on another device")
    await expect(console.hook("chat-detail")).not_to_contain_text("repeats")
    # The choice is this device's.
    await expect(other.hook("chat-rhythm")).to_contain_text("Once · Full pace")
    await console.page.reload()
    await expect(console.hook("chat-repeat")).to_have_value("900")


RESTS_IN_LIST = re.compile(r"Chat: next cycle at \d")


@pytest.mark.parametrize("world", [2], indirect=True)
async def test_a_run_is_taken_over_to_this_device(world: Cluster, open_console: Open) -> None:
    first = await opened(world, open_console, "1005")
    second = await opened(world, open_console, "1005", 1)
    await first.hook("chat-text").fill("Hello there!")
    await first.start()
    await expect(second.hook("chat-status")).to_contain_text("Processing on another device")
    await expect(first.hook("chat-take")).to_be_hidden()
    await second.page.get_by_role("button", name="Take over to this device: chat").click()
    await expect(second.hook("chat-status")).to_have_text(re.compile(r"^🔄 Processing... "))
    await expect(first.hook("chat-status")).to_contain_text("Processing on another device")
    await expect(second.hook("chat-take")).to_be_hidden()
    # Back again, by the field that finds what to do; its first device is not needed any more.
    await first.page.keyboard.press("Control+k")
    await first.page.keyboard.type("over to this device")
    await first.page.keyboard.press("Enter")
    await expect(first.hook("chat-status")).to_have_text(re.compile(r"^🔄 Processing... "))
    await second.context.close()
    before = await first.hook("chat-status").inner_text()
    await expect(first.hook("chat-status")).not_to_have_text(before)
    await expect(first.hook("chat-status")).to_have_text(GOING)
