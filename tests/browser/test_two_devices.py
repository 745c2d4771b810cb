"""Two devices of one operator, side by side in real browsers."""

import asyncio
import re

import aiohttp
import pytest
from playwright.async_api import expect

from tests.browser.console import LOCKED, Console, Open
from tests.harness import PATIENCE, Cluster, nothing_written

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MAIL = "Dear friend, the sea was calm this morning and I thought of you. " * 3
LOST_WITHIN = 60_000
"""Milliseconds until the others are told of a device whose window was closed."""


async def pair(
    world: Cluster, open_console: Open, profile: str = "1001"
) -> tuple[Console, Console]:
    """Two signed-in devices, on two servers where there are two, that look at one profile."""
    consoles = [await open_console(world.urls[i % len(world.urls)]) for i in range(2)]
    for console in consoles:
        await console.sign_in()
        await console.choose(profile)
        await expect(console.hook("connection")).to_have_text("Connected")
    a, b = consoles
    assert await a.device_id() != await b.device_id()
    return a, b


async def test_typing_appears_on_the_other_and_clears(world: Cluster, open_console: Open) -> None:
    a, b = await pair(world, open_console)
    await a.hook("chat-text").press_sequentially("Hello there!")
    await expect(b.hook("chat-text")).to_have_value("Hello there!")
    await expect(b.hook("chat-counter")).to_have_text("12 / 300")
    await expect(b.hook("mail-text")).to_have_value("")
    await a.from_menu("chat-clear")
    await expect(b.hook("chat-text")).to_have_value("")
    await expect(a.hook("chat-text")).to_have_value("")


async def test_the_caret_stays_while_the_other_types(world: Cluster, open_console: Open) -> None:
    a, b = await pair(world, open_console)
    await a.hook("chat-text").press_sequentially("Hello there!")
    await a.page.keyboard.press("Home")
    await expect(b.hook("chat-text")).to_have_value("Hello there!")
    await b.hook("chat-text").press("End")
    await b.hook("chat-text").press_sequentially(" How are you?")
    await expect(a.hook("chat-text")).to_have_value("Hello there! How are you?")
    await a.page.keyboard.type("Oh! ")
    for console in (a, b):
        await expect(console.hook("chat-text")).to_have_value("Oh! Hello there! How are you?")


async def test_a_run_is_seen_and_locked_and_completes_on_both(
    world: Cluster, open_console: Open
) -> None:
    a, b = await pair(world, open_console)
    await a.hook("chat-text").fill("Hello there!")
    await expect(b.hook("chat-text")).to_have_value("Hello there!")
    await a.start()
    await expect(b.hook("chat-status")).to_have_text(
        re.compile(r"^📱 Processing on another device\.\.\. \([2-8]/10\)$")
    )
    await expect(a.hook("chat-status")).to_have_text(
        re.compile(r"^🔄 Processing\.\.\. \([2-9]/10\)$")
    )
    # Any device may stop it; there is no start as long as it goes on.
    await expect(b.hook("chat-stop")).to_have_text("Stop chat")
    await expect(b.hook("chat-start")).to_have_count(0)
    for console in (a, b):
        progress = console.hook("chat-progress")
        seen = int(await progress.get_attribute("aria-valuenow") or 0)
        await expect(progress).not_to_have_attribute("aria-valuenow", str(seen))
    await expect(a.hook("chat-status")).to_have_text("✅ Completed (10/10)")
    await expect(b.hook("chat-status")).to_have_text("✅ Completed on another device (10/10)")
    for console in (a, b):
        await expect(console.hook("chat-detail")).to_contain_text("10 sent")
        await expect(console.hook("chat-detail")).to_contain_text(" · took ")
        await expect(console.hook("chat-progress")).to_have_attribute("aria-valuenow", "10")
    # A device that comes now finds the end of the run, too.
    late = await open_console(world.urls[0])
    await late.sign_in()
    await late.choose("1001")
    await expect(late.hook("chat-status")).to_have_text("✅ Completed on another device (10/10)")


async def test_both_start_at_once_and_the_late_one_is_told(
    world: Cluster, open_console: Open
) -> None:
    a, b = await pair(world, open_console, "1005")
    await a.hook("chat-text").fill("Hello there!")
    await expect(b.hook("chat-text")).to_have_value("Hello there!")
    async with nothing_written(world.redis_url):
        for console in (a, b):
            await console.start()
    for console in (a, b):
        await expect(console.hook("chat-status")).to_have_text(re.compile(r"\(\d+/500\)"))
    first = await a.hook("chat-status").text_content() or ""
    winner, loser = (a, b) if first.startswith("🔄") else (b, a)
    await expect(winner.hook("chat-status")).to_contain_text("🔄 Processing...")
    await expect(loser.hook("chat-status")).to_contain_text("📱 Processing on another device...")
    await expect(loser.hook("chat-notice")).to_have_text(LOCKED)
    await expect(winner.hook("chat-notice")).to_have_text("")


async def test_the_other_device_stops_it(world: Cluster, open_console: Open) -> None:
    a, b = await pair(world, open_console, "1005")
    await a.hook("chat-text").fill("Hello there!")
    await a.start()
    await expect(b.hook("chat-status")).to_contain_text("📱 Processing on another device...")
    await b.hook("chat-stop").click()
    await expect(a.hook("chat-status")).to_have_text("⏹️ Stopped on another device")
    await expect(b.hook("chat-status")).to_have_text("⏹️ Stopped")
    await b.start()
    await expect(a.hook("chat-status")).to_contain_text("📱 Processing on another device...")
    await a.hook("stop-all").click()
    await expect(b.hook("chat-status")).to_have_text("⏹️ Stopped on another device")
    await expect(b.hook("banner")).to_have_text("All processing stopped (on another device)")


async def test_a_closed_window_interrupts(world: Cluster, open_console: Open) -> None:
    a, b = await pair(world, open_console, "1005")
    await a.hook("chat-text").fill("Hello there!")
    await a.start()
    await expect(b.hook("chat-status")).to_have_text(re.compile(r"📱 .*\(([3-9]|\d{2,3})/500\)"))
    await a.context.close()
    await expect(b.hook("chat-status")).to_have_text(
        "⚠️ Interrupted: Device disconnected", timeout=LOST_WITHIN
    )
    # A device that comes now reads the same words.
    await b.page.reload()
    await expect(b.hook("chat-status")).to_have_text("⚠️ Interrupted: Device disconnected")
    await b.start()
    await expect(b.hook("chat-status")).to_have_text(
        re.compile(r"^🔄 Processing\.\.\. \(\d+/500\)$")
    )


async def test_a_reloaded_page_is_the_same_device(world: Cluster, open_console: Open) -> None:
    a, b = await pair(world, open_console, "1005")
    await a.hook("chat-text").fill("Hello there!")
    await a.start()
    await expect(b.hook("chat-status")).to_have_text(re.compile(r"📱 .*\(([3-9]|\d{2,3})/500\)"))
    before = await a.device_id()
    await a.page.reload()
    await expect(a.hook("chat-status")).to_have_text(
        re.compile(r"^🔄 Processing\.\.\. \(\d+/500\)$")
    )
    assert await a.device_id() == before
    seen = int(await b.hook("chat-progress").get_attribute("aria-valuenow") or 0)
    async with asyncio.timeout(PATIENCE):
        while int(await b.hook("chat-progress").get_attribute("aria-valuenow") or 0) < seen + 3:
            await asyncio.sleep(0.05)
    await expect(b.hook("chat-status")).to_contain_text("📱 Processing on another device")


async def test_the_blocklist_is_cleared_after_asking(world: Cluster, open_console: Open) -> None:
    a, b = await pair(world, open_console)
    await a.hook("chat-text").fill("Hello there!")
    await a.start()
    await expect(a.hook("chat-status")).to_have_text("✅ Completed (10/10)")
    await b.from_menu("chat-clear-blocklist")
    await expect(b.hook("confirm-dialog")).to_be_visible()
    await expect(b.hook("confirm-text")).to_contain_text("10")
    await b.page.keyboard.press("Escape")
    await expect(b.hook("confirm-dialog")).to_be_hidden()
    # Nothing was cleared: a second run messages nobody.
    await a.start()
    await expect(a.hook("chat-detail")).to_contain_text("0 sent · 10 messaged before")
    await b.from_menu("chat-clear-blocklist")
    await b.hook("confirm-ok").click()
    await expect(b.hook("chat-notice")).to_have_text("Cleared 10 blocked recipients")
    await expect(a.hook("chat-notice")).to_have_text(
        "Cleared 10 blocked recipients on another device"
    )
    await a.from_menu("chat-clear-blocklist")
    await expect(a.hook("confirm-text")).to_have_text("Nobody is on the list.")
    await a.hook("confirm-cancel").click()


async def test_a_mail_arrives_with_its_attachments(world: Cluster, open_console: Open) -> None:
    a, b = await pair(world, open_console)
    await a.hook("mail-text").fill(MAIL)
    await a.hook("attach").click()
    for number in (0, 4):
        await a.hook(f"attachment-{number}").click()
    await a.hook("attachment-done").click()
    await expect(a.hook("attachment-chip-1")).to_contain_text("hello-from-the-hills.mp4")
    await a.start("mail")
    await expect(b.hook("mail-status")).to_have_text("✅ Completed on another device (10/10)")
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{world.sandbox.url}/deliveries") as answer,
    ):
        deliveries = await answer.json()
    assert len({item["recipientId"] for item in deliveries}) == len(deliveries) == 10
    for item in deliveries:
        assert (item["type"], item["message"]) == ("mail", MAIL)
        assert [media["message_type"] for media in item["attachments"]] == [
            "SENT_IMAGE",
            "SENT_VIDEO",
        ]
