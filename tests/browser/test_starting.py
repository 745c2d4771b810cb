"""What is asked before a run starts, and what is said of the text that it sends."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.harness import Cluster
from tests.integration.backend import Backend, answered, fronted, page
from tests.integration.support import switch

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def opened(world: Cluster, open_console: Open, profile: str = "1002") -> Console:
    console = await (await open_console(world.urls[0])).begin(profile)
    await console.hook("chat-text").fill("Hello there!")
    return console


async def test_it_says_whom_a_start_messages_and_starts_nothing_by_itself(
    small_world: Cluster, open_console: Open
) -> None:
    console = await opened(small_world, open_console, "1001")
    await console.hook("chat-start").click()
    await expect(console.hook("starting-dialog")).to_contain_text("Start chat of")
    people = console.hook("starting-people")
    await expect(people).to_have_text(re.compile(r"^10 people will be messaged: .+, .+\.$"))
    await expect(console.hook("starting-text")).to_have_text("Hello there!")
    await expect(console.hook("starting-how")).to_have_text("Ends when this page is closed")
    await console.hook("starting-cancel").click()
    await expect(console.hook("chat-status")).to_have_text("Not running")
    await expect(console.hook("chat-start")).to_be_focused()
    await console.hook("chat-detach").click()
    await console.start()
    await expect(console.hook("chat-status")).to_contain_text("Completed (10/10)")
    await console.hook("chat-start").click()
    await expect(people).to_have_text("Nobody would be messaged: there is nobody left.")
    await expect(console.hook("starting-others")).to_have_text("10 messaged before")
    await expect(console.hook("starting-how")).to_have_text("Keeps going when this page is closed")


async def test_a_backend_that_is_slow_or_refuses_keeps_nobody_from_starting(
    redis_url: str, open_console: Open
) -> None:
    backend = Backend({None: page("a", "b")}, hang_listing=True)
    async with fronted(redis_url, backend) as world:
        console = await opened(world, open_console, "p")
        await console.hook("chat-start").click()
        await expect(console.hook("starting-people")).to_have_text("Counting…")
        await console.confirm()
        await expect(console.hook("chat-status")).to_contain_text("🔄 Processing...")
        await console.hook("chat-stop").click()
        await expect(console.hook("chat-status")).to_have_text("⏹️ Stopped")
        backend.hang_listing = False
        backend.listing = lambda _cursor, _number: answered({}, 503)
        await refused(console)
        await console.page.close()


async def refused(console: Console) -> None:
    await console.hook("chat-start").click()
    await expect(console.hook("starting-people")).to_have_text(
        "How many will be messaged is not known: the backend behind this server does not answer. "
        "You can start all the same."
    )


async def test_what_others_do_meanwhile_is_seen_and_what_is_seen_is_sent(
    small_world: Cluster, open_console: Open
) -> None:
    console = await opened(small_world, open_console)
    other = await small_world.device()
    await console.hook("chat-start").click()
    where = {"profileId": "1002", "type": "chat"}
    await other.emit("updateMessage", {**where, "message": "Good evening!"})
    await expect(console.hook("starting-text")).to_have_text("Good evening!")
    notice = console.hook("starting-notice")
    await expect(notice).to_have_text("The text has changed since you pressed Start.")
    await console.confirm()
    await expect(console.hook("chat-status")).to_contain_text("🔄 Processing...")
    assert (await other.call("readRun", where))["message"] == "Good evening!"
    assert (await other.call("stopProcessing", where))["ok"]
    await expect(console.hook("chat-start")).to_be_enabled()
    await console.hook("chat-start").click()
    await switch(small_world, latency=0.2)
    assert (await other.start("1002", message="First!"))["ok"]
    await expect(notice).to_have_text("Another device is already processing this profile")
    await expect(console.hook("starting-ok")).to_have_attribute("aria-disabled", "true")
    await console.press("starting-ok")
    await expect(console.hook("starting-dialog")).to_be_visible()
    await console.page.keyboard.press("Escape")
    # Which text it sends is said here, too, though it was never in the box.
    await expect(console.hook("chat-earlier")).to_contain_text("This run sends an earlier text.")
    await console.hook("chat-earlier").get_by_role("button").click()
    await expect(console.hook("chat-earlier-text")).to_have_text("First!")
    await console.hook("chat-text").fill("First!")
    await expect(console.hook("chat-earlier")).to_be_hidden()
