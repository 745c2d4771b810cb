"""Who is here, in two real browsers: renamed, signed out, and called by name."""

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.browser.test_two_devices import pair
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def rename(console: Console, device: str, name: str) -> None:
    row = console.hook(f"device-{device}")
    await row.get_by_role("button", name="Rename").click()
    await row.get_by_role("textbox").fill(name)
    await console.page.keyboard.press("Enter")
    await expect(row.locator(".device-name")).to_have_text(name)


async def test_a_device_is_renamed_seen_at_work_and_signed_out(
    world: Cluster, open_console: Open
) -> None:
    a, b = await pair(world, open_console)
    mine, other = await a.device_id(), await b.device_id()
    await expect(a.hook("who")).to_have_attribute("aria-label", "Who is here: 2 devices")
    await a.hook("who").click()
    await expect(a.hook("devices-list").locator("li")).to_have_count(2)
    own = a.hook(f"device-{mine}")
    for device in (mine, other):  # they have one name, and their menus say these
        await expect(a.hook(f"device-{device}").locator(".device-line")).to_contain_text(device[:8])
    await expect(own.get_by_text("This device")).to_be_visible()
    await expect(own.get_by_role("button", name="Sign out")).to_be_hidden()
    await rename(a, mine, "Front desk")
    await own.get_by_role("button", name="Rename").click()
    await own.get_by_role("textbox").fill("  ")
    await a.page.keyboard.press("Enter")
    await expect(a.hook("devices-note")).to_contain_text("This is no name")
    await own.get_by_role("button", name="Cancel").click()
    await rename(a, other, "Tablet")
    await expect(a.hook(f"device-{other}").locator(".device-line")).not_to_contain_text(other[:8])
    await expect(a.hook(f"device-{other}").get_by_role("button", name="Rename")).to_be_focused()
    await b.hook("who").click()
    await expect(b.hook(f"device-{mine}").locator(".device-name")).to_have_text("Front desk")
    await b.page.keyboard.press("Escape")
    await b.hook("chat-text").press_sequentially("Hello there!")
    await b.start()
    await expect(a.hook(f"device-{other}").locator(".device-doing")).to_contain_text("Sends chat")
    await a.hook(f"device-{other}").get_by_role("button", name="Sign out").click()
    await a.hook("confirm-ok").click()
    await expect(a.hook("devices-list").locator("li")).to_have_count(1)
    await expect(b.page.get_by_text("signed out from another one")).to_be_visible()
    await b.sign_in()
    await expect(b.hook("connection")).to_have_text("Connected")
    await expect(a.hook("devices-list").locator("li")).to_have_count(2)
    await expect(b.hook("device-id")).not_to_have_attribute("data-id", other)
    again = a.hook(f"device-{await b.device_id()}")
    await expect(again.locator(".device-name")).to_have_text("Tablet")
