"""Tabs of one browser: copies, double clicks, and closing one in which a run goes on."""

import re

import pytest
from playwright.async_api import Dialog, Page, expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def signed_in(world: Cluster, open_console: Open) -> Console:
    console = await open_console(world.urls[0])
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    return console


async def duplicate(console: Console) -> Page:
    """The page once more with a copy of its storage, as "Duplicate tab" makes it."""
    async with console.context.expect_page() as opened:
        await console.page.evaluate("window.open(location.href)")
    return await opened.value


async def test_a_duplicated_tab_is_another_device(small_world: Cluster, open_console: Open) -> None:
    console = await signed_in(small_world, open_console)
    device = await console.device_id()
    copy = await duplicate(console)
    own = copy.get_by_test_id("device-id")
    await expect(copy.get_by_test_id("connection")).to_have_text("Connected")
    await expect(own).to_have_attribute("data-id", re.compile(".+"))
    assert await own.get_attribute("data-id") != device
    await console.hook("chat-text").fill("Both go on")
    await expect(copy.get_by_test_id("chat-text")).to_have_value("Both go on")
    await expect(console.hook("banner")).to_be_hidden()
    for page in (console.page, copy):
        before = await page.get_by_test_id("device-id").get_attribute("data-id")
        await page.reload()
        await expect(page.get_by_test_id("device-id")).to_have_attribute("data-id", before or "")


async def test_a_double_click_is_one_start_or_one_stop(
    small_world: Cluster, open_console: Open
) -> None:
    console = await signed_in(small_world, open_console)
    await console.choose("1005")
    await console.hook("chat-text").fill("Hello there!")
    await console.hook("chat-start").dblclick()
    await expect(console.hook("starting-dialog")).to_be_visible()
    await console.hook("starting-ok").dblclick()
    await expect(console.hook("chat-status")).to_have_text(re.compile(r"\(\d+/500\)"))
    await expect(console.hook("chat-notice")).to_have_text("")
    await console.menu("events-toggle")
    rows = console.page.locator("#events-list li", has_text="startProcessing")
    await expect(rows.and_(console.page.locator("[data-direction=out]"))).to_have_count(1)
    await console.hook("chat-stop").dblclick()
    await expect(console.hook("chat-status")).to_have_text("⏹️ Stopped")
    await expect(console.hook("chat-notice")).to_have_text("")


async def test_closing_a_tab_asks_while_a_run_goes_on(
    small_world: Cluster, open_console: Open
) -> None:
    console = await signed_in(small_world, open_console)
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    await console.choose("1005")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_have_text(re.compile(r"\(\d+/500\)"))
    console.page.on("dialog", stay)
    async with console.page.expect_event("dialog"):
        await console.page.close(run_before_unload=True)
    assert asked == ["beforeunload"]
    await console.hook("chat-stop").click()
    await expect(console.hook("chat-status")).to_have_text("⏹️ Stopped")
    async with console.page.expect_event("close"):
        await console.page.close(run_before_unload=True)
    assert asked == ["beforeunload"]
