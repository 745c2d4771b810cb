"""The console on one device: keyboard, phone, dark, and text that is not to be trusted."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import expect

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People
from alphasync.gateway.sandbox.people import Account, person
from tests.browser.console import EMAIL, LOCKED, PASSWORD, SEND_INTERVAL, Console, Open
from tests.harness import Cluster, cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TRICK = "<img src=x onerror=\"document.title='owned'\">"
PHONE = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
MANY = 200


def crowd() -> People:
    """Many profiles, and one whose every text tries to be more than text."""
    tricky = person(
        "1",
        f"{TRICK} Eve",
        [Recipient(f"1{number}", f"{TRICK} {number}") for number in range(10)],
        country_name=TRICK,
    )
    others = [person(str(n), f"Person {n}", [Recipient(f"r{n}", "")]) for n in range(2, MANY + 1)]
    profiles = {one.profile.external_id: one for one in (tricky, *others)}
    return People.of([Account(EMAIL, PASSWORD, "demo", profiles)])


@pytest_asyncio.fixture(loop_scope="session")
async def crowded(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, people=crowd(), send_interval=SEND_INTERVAL) as running:
        yield running


async def signed_in(world: Cluster, open_console: Open, **options: Any) -> Console:
    console = await open_console(world.urls[0], **options)
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    return console


async def test_signing_in_and_out(small_world: Cluster, open_console: Open) -> None:
    console = await open_console(small_world.urls[0])
    await expect(console.hook("demo-hint")).to_contain_text("demo@example.com / demo")
    await console.sign_in(password="wrong")
    await expect(console.hook("sign-in-error")).not_to_be_empty()
    await expect(console.hook("password")).to_be_focused()
    # The browser itself notes every answer of 401.
    assert [text for text in console.complaints if "401" not in text] == []
    console.complaints.clear()
    await console.sign_in()
    await expect(console.hook("profile-name")).to_have_text("Sofia Marchetti")
    await console.menu("sign-out")
    await expect(console.hook("email")).to_be_visible()
    await console.page.reload()
    await expect(console.hook("email")).to_be_visible()


async def test_a_run_by_keyboard_alone(small_world: Cluster, open_console: Open) -> None:
    console = await open_console(small_world.urls[0])
    keyboard = console.page.keyboard
    await expect(console.hook("email")).to_be_focused()
    await keyboard.type(EMAIL)
    await console.tab_to("password")
    await keyboard.type(PASSWORD)
    await keyboard.press("Enter")
    await expect(console.hook("profile-name")).to_have_text("Sofia Marchetti")
    await console.tab_to("profile-item-1001")
    await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    await expect(console.hook("profile-name")).to_have_text("Camila Rojas")
    await console.tab_to("chat-text")
    await keyboard.type("Hello there!")
    await console.tab_to("chat-start")
    await keyboard.press("Enter")
    await expect(console.hook("starting-ok")).to_be_focused()
    await keyboard.press("Escape")
    await expect(console.hook("chat-start")).to_be_focused()
    await keyboard.press("Enter")
    await keyboard.press("Enter")
    await expect(console.hook("chat-status")).to_have_text(
        re.compile(r"^🔄 Processing\.\.\. \(\d+/24\)$")
    )
    await console.tab_to("chat-stop")
    await keyboard.press("Space")
    await expect(console.hook("chat-status")).to_have_text("⏹️ Stopped")
    await console.tab_to("chat-more")
    await keyboard.press("Enter")
    await expect(console.hook("chat-show-versions")).to_be_focused()
    await keyboard.press("Escape")
    await expect(console.hook("chat-more")).to_be_focused()
    await keyboard.press("ArrowUp")
    await expect(console.hook("chat-clear-blocklist")).to_be_focused()
    await keyboard.press("Enter")
    await expect(console.hook("confirm-cancel")).to_be_focused()
    await keyboard.press("Escape")
    await expect(console.hook("chat-more")).to_be_focused()


async def test_what_cannot_be_started_says_why(small_world: Cluster, open_console: Open) -> None:
    console = await signed_in(small_world, open_console)
    await expect(console.hook("chat-start")).to_have_attribute("aria-disabled", "true")
    await console.press("chat-start")
    await expect(console.hook("chat-notice")).to_have_text(
        "A chat message needs at least 1 character: 0 so far"
    )
    # Two code units each, as the server counts.
    await console.hook("chat-text").fill("🙂" * 151)
    await expect(console.hook("chat-counter")).to_have_text("Too long by 2 · 302 / 300")
    await console.hook("mail-text").fill("x" * 149)
    await expect(console.hook("mail-counter")).to_have_text("Too short, 1 to go · 149 / 5000")
    await console.press("mail-start")
    await expect(console.hook("mail-notice")).to_have_text(
        "A mail needs at least 150 characters: 149 so far"
    )
    await expect(console.hook("chat-status")).to_have_text("Not running")


async def test_the_lock_of_a_device_without_a_page(
    small_world: Cluster, open_console: Open
) -> None:
    console = await signed_in(small_world, open_console)
    await console.choose("1005")
    other = await small_world.device()
    assert (await other.start("1005"))["ok"]
    await expect(console.hook("chat-status")).to_contain_text("📱 Processing on another device...")
    await expect(console.hook("chat-stop")).to_have_attribute("title", LOCKED)
    await console.hook("chat-stop").click()
    await expect(console.hook("chat-status")).to_have_text("⏹️ Stopped")
    await expect(console.hook("chat-start")).not_to_have_attribute("title", LOCKED)


async def test_text_of_others_stays_text(crowded: Cluster, open_console: Open) -> None:
    console = await signed_in(crowded, open_console)
    other = await crowded.device()
    await expect(console.hook("profile-name")).to_have_text(f"{TRICK} Eve")
    await expect(console.hook("profile-about")).to_contain_text(TRICK)
    await console.menu("events-toggle")
    await other.emit("updateMessage", {"profileId": "1", "type": "chat", "message": TRICK})
    await expect(console.hook("chat-text")).to_have_value(TRICK)
    await console.start()
    await expect(console.hook("chat-detail")).to_contain_text(f"Messaged {TRICK}")
    await expect(console.hook("chat-status")).to_have_text("✅ Completed (10/10)")
    await expect(console.hook("events-list")).to_contain_text("onerror")
    await console.from_menu("chat-clear-blocklist")
    await expect(console.page.locator("#confirm-title")).to_contain_text(TRICK)
    await console.hook("confirm-cancel").click()
    assert await console.page.locator("img[src=x]").count() == 0
    assert "owned" not in (await console.page.title()).replace(TRICK, "")


async def test_hundreds_of_profiles_can_be_searched(crowded: Cluster, open_console: Open) -> None:
    console = await signed_in(crowded, open_console)
    rows = console.page.locator("#people li:visible")
    await expect(rows).to_have_count(MANY)
    await console.hook("filter").fill("person 17")
    await expect(rows).to_have_count(12)  # 117 has both words, too
    await console.hook("filter").press("ArrowDown")
    await console.page.keyboard.press("Enter")
    await expect(console.hook("profile-name")).to_have_text("Person 17")


async def test_a_phone_finds_the_list_where_it_left_it(
    crowded: Cluster, open_console: Open
) -> None:
    console = await signed_in(crowded, open_console, **PHONE)
    await console.hook("profile-item-100").scroll_into_view_if_needed()
    place = await console.page.evaluate("scrollY")
    assert place > 0
    await console.choose("100")
    assert await console.page.evaluate("scrollY") == 0
    await console.page.locator("#back").click()
    await expect(console.hook("profile-item-100")).to_be_visible()
    await expect(console.hook("profile-item-100")).to_be_focused()
    assert abs(await console.page.evaluate("scrollY") - place) <= 1


async def test_a_phone_needs_no_sideways_scrolling(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], **PHONE)
    assert await console.overflow() == 0
    await console.sign_in()
    await expect(console.hook("profile-item-1003")).to_be_visible()
    assert await console.overflow() == 0
    await console.choose("1003")
    await console.hook("chat-text").fill("Wonderfully-long-words-without-a-single-space" * 5)
    await console.start()
    await expect(console.hook("chat-status")).to_have_text(
        re.compile(r"^🔄 Processing\.\.\. \(\d+/60\)$")
    )
    assert await console.overflow() == 0
    await console.hook("tab-mail").click()
    await console.hook("attach").click()
    await console.hook("attachment-0").click()
    assert await console.overflow() == 0
    await console.hook("attachment-done").click()
    await console.menu("events-toggle")
    await expect(console.hook("events-list")).to_contain_text("processingProgress")
    assert await console.overflow() == 0
    await console.page.locator("#events-close").click()
    await console.hook("tab-chat").click()
    await console.from_menu("chat-clear-blocklist")
    await expect(console.hook("confirm-text")).to_contain_text("already messaged")
    assert await console.overflow() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everybody_can_read_and_name_it(
    small_world: Cluster, open_console: Open, scheme: str
) -> None:
    console = await open_console(small_world.urls[0], color_scheme=scheme)
    await expect(console.hook("demo-hint")).to_be_visible()
    assert await console.audit() == []
    await console.sign_in()
    await console.choose("1003")
    other = await small_world.device()
    assert (await other.start("1005"))["ok"]
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_have_text(re.compile(r"\(([3-9]|\d{2})/60\)"))
    await console.press("mail-start")
    await console.hook("chat-more").click()
    assert await console.audit() == []
    await console.menu("events-toggle")
    assert await console.audit() == []
    await other.close()
    await console.choose("1005")
    await expect(console.hook("chat-status")).to_have_text("⚠️ Interrupted: Device disconnected")
    assert await console.audit() == []
    await console.hook("attach").click()
    await console.hook("attachment-1").click()
    assert await console.audit() == []


async def test_everybody_can_read_and_name_it_on_a_phone(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], **PHONE)
    await expect(console.hook("demo-hint")).to_be_visible()
    assert await console.audit() == []
    await console.sign_in()
    await expect(console.hook("profile-item-1003")).to_be_visible()
    await expect(console.hook("who")).to_be_visible()
    assert await console.audit() == []
    await console.choose("1003")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_contain_text("Processing")
    assert await console.audit() == []
    await console.hook("aside-toggle").click()
    assert await console.audit() == []


async def test_the_theme_follows_the_system_until_chosen(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], color_scheme="dark")
    await console.sign_in()
    ground = "getComputedStyle(document.body).backgroundColor"
    dark, light = "rgb(18, 20, 26)", "rgb(244, 245, 248)"
    assert await console.page.evaluate(ground) == dark
    await console.menu("theme-light")
    assert await console.page.evaluate(ground) == light
    await console.page.reload()
    await console.hook("account").click()
    await expect(console.hook("theme-light")).to_have_attribute("aria-checked", "true")
    assert await console.page.evaluate(ground) == light
    await console.menu("theme-dark")
    assert await console.page.evaluate(ground) == dark
