"""A page that was put to sleep, as a phone does: it is in step again at once."""

import pytest
from playwright.async_api import expect

from tests.browser.console import Open
from tests.faults.network import network
from tests.harness import Cluster, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WHERE = {"profileId": "1001", "type": "chat"}
UPGRADED = "5"
"""The packet with which a client goes on over its WebSocket."""
SOON = 10.0
"""Seconds. The page takes less than one for it, and would take 17 to miss the server's pings."""


async def test_a_frozen_page_shows_what_it_missed_as_it_wakes(
    small_world: Cluster, open_console: Open
) -> None:
    async with network(int(small_world.urls[0].rsplit(":", 1)[1])) as between:
        console = await (await open_console(between.url)).begin("1001")
        protocol = await console.context.new_cdp_session(console.page)
        other = await small_world.device()
        await protocol.send("Page.setWebLifecycleState", {"state": "frozen"})
        await other.call("updateMessage", {**WHERE, "message": "Typed while it slept"})
        between.cut()  # the server has given it up, or the network has
        await protocol.send("Page.setWebLifecycleState", {"state": "active"})
        await expect(console.hook("chat-text")).to_have_value("Typed while it slept")
        await expect(console.hook("connection")).to_have_text("Connected")
        await console.context.close()
        console.complaints.clear()


async def test_a_connection_that_died_meanwhile_is_not_waited_for(
    small_world: Cluster, open_console: Open
) -> None:
    async with network(int(small_world.urls[0].rsplit(":", 1)[1])) as between:
        console = await open_console(between.url)
        page = console.page
        sent: list[str | bytes] = []

        def note(frame: str | bytes) -> None:
            sent.append(frame)

        page.on("websocket", lambda one: one.on("framesent", note))
        await console.begin("1001")
        await wait_until(lambda: UPGRADED in sent, what="over a WebSocket")
        await console.hide()
        between.strand()
        await page.evaluate("const now = Date.now; Date.now = () => now() + 60_000")
        other = await small_world.device()
        await other.call("updateMessage", {**WHERE, "message": "Typed while it slept"})
        await console.hide(False)
        await expect(console.hook("chat-text")).to_have_value(
            "Typed while it slept", timeout=SOON * 1000
        )
        await console.context.close()
        console.complaints.clear()
