"""A run that is planned on one device, changed on another, and starts by itself."""

import re
import time
from datetime import datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def field(ahead: timedelta) -> str:
    return (datetime.now() + ahead).strftime("%Y-%m-%dT%H:%M")  # noqa: DTZ005  # as the field has it


async def opened(world: Cluster, open_console: Open, server: int = 0) -> Console:
    return await (await open_console(world.urls[server])).begin("1001")


@pytest.mark.parametrize("world", [2], indirect=True)
async def test_it_is_planned_changed_and_cancelled(world: Cluster, open_console: Open) -> None:
    first, second = [await opened(world, open_console, server) for server in range(2)]
    await first.hook("chat-text").fill("Good morning")
    await first.hook("chat-rhythm").locator("summary").click()
    await first.hook("chat-rhythm").locator(".between").select_option("5")
    await first.page.get_by_role("button", name="Start chat later…").click()
    await expect(first.hook("later-zone")).to_have_text(re.compile(r"In about .*GMT"))
    await expect(first.hook("later-latest")).to_have_value("3600000")
    late = await first.hook("later-latest").locator("option").all()
    offered = [int(await option.get_attribute("value") or 0) for option in late]
    assert offered == sorted(offered)
    await first.hook("later-when").fill(field(timedelta(days=40)))
    await first.hook("later-save").click()
    await expect(first.hook("later-notice")).to_have_text(re.compile("30 days"))
    await expect(first.hook("later-when")).to_be_focused()
    await first.hook("later-when").fill(field(timedelta(days=2)))
    await first.hook("later-save").click()
    await expect(first.hook("later-dialog")).to_be_hidden()
    for console in (first, second):
        await expect(console.hook("chat-plan")).to_have_text(
            re.compile("Planned for .*5 s.*Good morning")
        )
        row = console.hook("profile-item-1001")
        await expect(row.locator(".row-line")).to_have_text(re.compile("^Chat planned for"))
        await expect(row.locator(".row-plan")).to_be_visible()
    change = second.page.get_by_role("button", name=re.compile("Change the chat planned"))
    await change.click()
    # Changed elsewhere while the dialog is open, which gives the focus back to its button.
    other = await world.device(0)
    plan = await other.wait_for("planSync")
    about = {"profileId": "1001", "type": "chat", "planId": plan["planId"]}
    assert (await other.call("changePlan", {**about, "message": "Good day"}))["ok"]
    await expect(second.hook("chat-plan")).to_have_text(re.compile("Good day"))
    await second.hook("later-text").fill("Good evening")
    await second.hook("later-save").click()
    await expect(second.hook("chat-plan")).to_have_text(re.compile("Good evening"))
    await expect(change).to_be_focused()
    await expect(first.hook("chat-plan")).to_have_text(re.compile("Good evening"))
    await second.page.reload()
    await expect(second.hook("chat-plan")).to_have_text(re.compile("Good evening"))
    await second.page.get_by_role("button", name=re.compile("Cancel the chat planned")).click()
    await second.hook("confirm-ok").click()
    for console in (first, second):
        await expect(console.hook("chat-plan")).to_have_count(0)
    await expect(second.hook("chat-later")).to_be_focused()


async def test_by_the_finder_on_a_phone_and_it_starts(
    small_world: Cluster, open_console: Open
) -> None:
    console = await opened(small_world, open_console)
    await console.page.set_viewport_size({"width": 390, "height": 800})
    await console.hook("chat-text").fill("Good morning " * 20)
    await console.page.keyboard.press("Control+k")
    await console.page.keyboard.type("start chat later")
    await console.page.keyboard.press("Enter")
    await expect(console.hook("later-text")).to_have_value("Good morning " * 20)
    await console.hook("later-save").click()
    await expect(console.hook("chat-plan")).to_be_visible()
    assert await console.overflow() == 0
    # A minute is the least that the field can say: the rest is asked for by another device.
    device = await small_world.device(0)
    plan = await device.wait_for("planSync")
    about = {"profileId": "1001", "type": "chat", "planId": plan["planId"]}
    soon = round(time.time() * 1000) + 1500
    assert (await device.call("changePlan", {**about, "startAt": soon}))["ok"]
    await expect(console.hook("chat-status")).to_have_text("✅ Completed (10/10)")
    await expect(console.hook("chat-plan")).to_have_count(0)
