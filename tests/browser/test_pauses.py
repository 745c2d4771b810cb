"""A run that is paused on one device and goes on from another."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GOING = re.compile(r"\(\d+/500\)")
PAUSED = re.compile(r"Paused \(\d+/500\)")


async def opened(world: Cluster, open_console: Open, server: int = 0) -> Console:
    return await (await open_console(world.urls[server])).begin("1005")


@pytest.mark.parametrize("world", [2], indirect=True)
async def test_a_run_stands_still_and_goes_on(world: Cluster, open_console: Open) -> None:
    first, second = [await opened(world, open_console, server) for server in range(2)]
    await expect(first.hook("chat-hold")).to_be_hidden()
    await first.hook("chat-text").fill("Hello there!")
    await first.start()
    await expect(first.hook("chat-status")).to_have_text(GOING)
    await second.page.get_by_role("button", name="Pause chat", exact=True).click()
    for console in (first, second):
        await expect(console.hook("chat-status")).to_have_text(PAUSED)
        await expect(console.hook("chat-pace")).to_have_text("")
        await expect(console.page.get_by_role("button", name="Resume chat")).to_be_visible()
    # Who comes now sees the same, and the one on the way was the last.
    await second.page.reload()
    await expect(second.hook("chat-status")).to_have_text(PAUSED)
    at = await second.hook("chat-status").inner_text()
    await first.page.wait_for_timeout(500)
    await expect(first.hook("chat-status")).to_have_text(at)
    await first.page.get_by_role("button", name="Resume chat").click()
    await expect(second.hook("chat-status")).not_to_have_text(PAUSED)
    await expect(second.hook("chat-status")).to_have_text(GOING)
    await second.hook("chat-stop").click()
    await expect(first.hook("chat-hold")).to_be_hidden()


async def test_on_a_phone_and_by_the_finder(small_world: Cluster, open_console: Open) -> None:
    console = await opened(small_world, open_console, 0)
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_have_text(GOING)
    for does in ("Pause", "Resume"):
        await console.page.keyboard.press("Control+k")
        await console.page.keyboard.type(f"{does} chat")
        await console.page.keyboard.press("Enter")
        paused = expect(console.hook("chat-status"))
        await (paused.to_have_text(PAUSED) if does == "Pause" else paused.not_to_have_text(PAUSED))
    await console.page.set_viewport_size({"width": 390, "height": 800})
    await console.hook("chat-hold").click()
    await expect(console.hook("chat-status")).to_have_text(PAUSED)


async def test_without_a_connection_nothing_comes_between_the_buttons(
    small_world: Cluster, open_console: Open
) -> None:
    console = await opened(small_world, open_console, 0)
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_have_text(GOING)
    hold = console.hook("chat-hold")
    before = await hold.bounding_box()
    await console.offline()
    await expect(console.hook("chat-why")).to_have_text("Waits for the connection")
    assert await hold.bounding_box() == before
