"""The right column: what happens, who could not be messaged, who waits for a decision."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import expect

from alphasync.gateway.sandbox import Faults
from alphasync.gateway.sandbox.faults import Drop
from tests.browser.console import Console, Open
from tests.browser.test_sizes import PHONE
from tests.browser.test_two_devices import MAIL
from tests.harness import Cluster, cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDE = {"viewport": {"width": 1440, "height": 900}}

REFUSED = 6
"""Of the ten people of a profile: who it is follows from their ids."""


@pytest_asyncio.fixture(loop_scope="session")
async def refusing(redis_url: str) -> AsyncIterator[Cluster]:
    """A gateway that refuses about half of the people."""
    async with cluster(redis_url, faults=Faults(refuse=0.5, seed=3)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def doubtful(redis_url: str) -> AsyncIterator[Cluster]:
    """A gateway whose every fourth answer gets lost, and which does not know its own messages."""
    faults = Faults(drop=Drop(every_nth=4, after_recording=True), idempotency=False)
    async with cluster(redis_url, faults=faults) as running:
        yield running


async def after_a_run(world: Cluster, open_console: Open) -> Console:
    console = await open_console(world.urls[0], **WIDE)
    await console.sign_in()
    await console.choose("1001")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_contain_text("✅ Completed")
    return console


async def test_it_tells_what_happens_in_sentences(small_world: Cluster, open_console: Open) -> None:
    console = await after_a_run(small_world, open_console)
    panel = console.hook("aside-panel")
    await expect(panel).to_contain_text("You started Chat of Sofia Marchetti")
    await expect(panel).to_contain_text("Sofia Marchetti: Chat done")
    other = await small_world.device()
    update = {"profileId": "1002", "type": "chat", "message": "Hi"}
    assert (await other.call("updateMessage", update))["ok"]
    await expect(panel).to_contain_text("typed in Chat of Camila Rojas")
    await panel.get_by_text("Camila Rojas").click()
    await expect(console.hook("profile-name")).to_have_text("Camila Rojas")
    await console.hook("aside-history").click()
    await expect(panel).to_contain_text("10 sent")


async def test_who_could_not_be_messaged_is_tried_again(
    refusing: Cluster, open_console: Open
) -> None:
    console = await after_a_run(refusing, open_console)
    await console.hook("aside-failed").click()
    panel = console.hook("aside-panel")
    await expect(panel).to_contain_text("could not be messaged")
    await expect(panel).to_contain_text("This recipient takes no messages")
    await expect(panel).not_to_contain_text("422")
    async with (
        aiohttp.ClientSession() as http,
        http.patch(f"{refusing.sandbox.url}/faults", json={"refuse": 0}) as answer,
    ):
        answer.raise_for_status()
    await expect(panel.locator(".unsent-row")).to_have_count(REFUSED)
    await expect(console.hook("chat-try-again")).to_have_text(f"Try the {REFUSED} failed again")
    await console.hook("again-1001/chat").click()
    await expect(console.hook("starting-people")).to_contain_text(
        f"{REFUSED} people will be messaged"
    )
    await console.confirm()
    await expect(panel).to_contain_text("Everybody could be messaged.")
    status = f"✅ Completed ({REFUSED}/{REFUSED})"
    await expect(console.hook("chat-status")).to_have_text(status)
    await expect(console.hook("chat-unsent")).to_be_hidden()


async def test_who_waits_for_a_decision_gets_it_there(
    doubtful: Cluster, open_console: Open
) -> None:
    console = await after_a_run(doubtful, open_console)
    await console.choose("1002")  # it is not the open profile's
    await console.hook("aside-uncertain").click()
    panel = console.hook("aside-panel")
    again = panel.get_by_role("button", name="message again")
    await expect(again).to_have_count(3)  # two people, and both at once
    await panel.get_by_role("button", name="leave as messaged").first.click()
    await expect(again).to_have_count(1)
    await again.click()
    await expect(panel).to_contain_text("Nobody waits for a decision.")


async def test_on_a_phone_the_box_of_what_is_tried_again_is_the_one_that_is_seen(
    refusing: Cluster, open_console: Open
) -> None:
    console = await (await open_console(refusing.urls[0], **PHONE)).begin("1001")
    await console.hook("tab-mail").click()
    await console.hook("mail-text").fill(MAIL)
    await console.start("mail")
    await expect(console.hook("mail-status")).to_contain_text("✅ Completed")
    await console.hook("tab-chat").click()
    await expect(console.hook("mail-text")).to_be_hidden()
    await console.hook("aside-toggle").click()
    await console.hook("aside-failed").click()
    await console.hook("again-1001/mail").click()
    await expect(console.hook("starting-dialog")).to_be_visible()
    await console.page.keyboard.press("Escape")
    await expect(console.hook("mail-text")).to_be_visible()


async def test_where_there_is_no_room_it_is_a_drawer(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await expect(console.hook("aside")).to_be_hidden()
    await console.hook("aside-toggle").click()
    await expect(console.hook("aside-activity")).to_be_focused()
    await console.page.keyboard.press("ArrowRight")
    await expect(console.hook("aside-failed")).to_have_attribute("aria-selected", "true")
    await console.page.keyboard.press("Escape")
    await expect(console.hook("aside")).to_be_hidden()
    await expect(console.hook("aside-toggle")).to_be_focused()


async def test_the_menu_of_the_account_is_over_it(small_world: Cluster, open_console: Open) -> None:
    console = await open_console(small_world.urls[0], **WIDE)
    await console.sign_in()
    await expect(console.hook("aside")).to_be_visible()
    root = console.page.locator("html")
    await console.menu("theme-dark")
    await expect(root).to_have_attribute("data-theme", "dark")
    await console.page.set_viewport_size({"width": 1000, "height": 700})
    await console.hook("aside-toggle").click()
    await expect(console.hook("aside")).to_be_visible()
    await console.menu("theme-light")
    await expect(root).to_have_attribute("data-theme", "light")
