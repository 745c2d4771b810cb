"""Runs that keep going without the device on which they were started."""

import re

import pytest
from playwright.async_api import Dialog, expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GOING = re.compile(r"\(\d+/500\)")


async def opened(world: Cluster, open_console: Open, server: int = 0) -> Console:
    return await (await open_console(world.urls[server])).begin("1005")


@pytest.mark.parametrize("world", [2], indirect=True)
async def test_a_tab_that_is_closed_leaves_its_run_to_the_others(
    world: Cluster, open_console: Open
) -> None:
    first = await opened(world, open_console)
    choice = first.hook("chat-detach").get_by_role("checkbox", name="Keep going without me")
    await choice.check()
    await expect(first.hook("mail-detach").get_by_role("checkbox")).to_be_checked()
    await first.hook("chat-text").fill("Hello there!")
    await first.start()
    await expect(first.hook("chat-status")).to_have_text(GOING)
    await expect(first.hook("chat-detach")).to_be_hidden()
    await expect(first.hook("chat-detail")).to_contain_text("keeps going without any device")
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    first.page.on("dialog", stay)
    async with first.page.expect_event("close"):
        await first.page.close(run_before_unload=True)
    assert not asked
    second = await opened(world, open_console, 1)
    await expect(second.hook("chat-status")).to_have_text(GOING)
    await expect(second.hook("chat-detail")).to_contain_text("keeps going without any device")
    # Its device has left for good, and still it goes on.
    before = await second.hook("chat-status").inner_text()
    await expect(second.hook("chat-status")).not_to_have_text(before)
    await second.hook("chat-stop").click()
    await expect(second.hook("chat-status")).to_have_text("⏹️ Stopped")
    await expect(second.hook("chat-detail")).not_to_contain_text("keeps going")


async def test_the_choice_is_kept_on_the_device(small_world: Cluster, open_console: Open) -> None:
    console = await opened(small_world, open_console)
    await expect(console.hook("chat-detach").get_by_role("checkbox")).not_to_be_checked()
    await console.hook("chat-detach").click()
    await expect(console.hook("chat-detach").get_by_role("checkbox")).to_be_checked()
    await console.page.reload()
    await expect(console.hook("chat-detach").get_by_role("checkbox")).to_be_checked()
    await console.page.set_viewport_size({"width": 390, "height": 800})
    await console.hook("chat-detach").get_by_role("checkbox").uncheck()
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_have_text(GOING)
    await expect(console.hook("chat-detail")).not_to_contain_text("keeps going")
    other = await opened(small_world, open_console)
    await expect(other.hook("mail-detach").get_by_role("checkbox")).not_to_be_checked()
