"""Larger text, phones and colours that the system chooses."""

import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MIDDLE = "(node) => { const { y, height } = node.getBoundingClientRect(); return y + height / 2; }"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 780},
    "is_mobile": True,
    "has_touch": True,
}


async def size_of(what: Locator) -> float:
    return float(await what.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)"))


async def colour_of(what: Locator) -> str:
    return str(await what.evaluate("(node) => getComputedStyle(node).backgroundColor"))


async def at_work(world: Cluster, console: Console) -> None:
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.page.evaluate("location.hash = 'profile=1005'")
    await console.hook("chat-text").fill("Wonderfully-long-words-without-a-single-space" * 9)
    await console.press("chat-start")
    await expect(console.hook("chat-notice")).to_contain_text("at most 300")


async def test_the_way_out_is_reached_on_a_small_phone_and_with_large_text(
    small_world: Cluster, open_console: Open
) -> None:
    small = {**PHONE, "viewport": {"width": 320, "height": 480}}
    console = await (await open_console(small_world.urls[0], **small)).begin("1001")
    await console.page.evaluate("document.documentElement.style.fontSize = '200%'")
    await console.hook("account").click()
    out = console.hook("sign-out")
    await out.scroll_into_view_if_needed()
    await expect(out).to_be_in_viewport(ratio=1)


async def test_start_is_in_sight_on_a_small_phone_with_large_text_and_no_network(
    small_world: Cluster, open_console: Open
) -> None:
    small = {**PHONE, "viewport": {"width": 320, "height": 568}}
    console = await (await open_console(small_world.urls[0], **small)).begin("1002")
    await console.hook("chat-text").fill("A line\n" * 30)
    await console.page.evaluate("document.documentElement.style.fontSize = '200%'")
    await console.page.evaluate("scrollTo(0, 0)")
    start = console.hook("chat-start")
    await expect(start).to_be_in_viewport(ratio=1)
    await console.offline()
    await expect(console.hook("chat-why")).to_have_text("Waits for the connection")
    await expect(start).to_be_in_viewport(ratio=1)
    # What stands above and below leaves room to read in.
    await console.page.evaluate("scrollTo(0, 400)")
    top = await start.evaluate("(node) => node.closest('.actions').getBoundingClientRect().top")
    head = await console.page.evaluate(
        "document.querySelector('.bar').getBoundingClientRect().bottom"
    )
    assert top - head > 568 / 2


async def test_text_of_twice_the_size_is_all_larger_and_fits_a_phone(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], **PHONE)
    await expect(console.hook("demo-hint")).to_be_visible()
    await console.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert await console.overflow() == 0
    await console.page.evaluate("document.documentElement.style.fontSize = ''")
    await at_work(small_world, console)
    hooks = (
        "profile-name",
        "profile-about",
        "chat-text",
        "chat-start",
        "chat-origin",
        "chat-status",
    )
    before = [await size_of(console.hook(hook)) for hook in hooks]
    await console.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert [await size_of(console.hook(hook)) for hook in hooks] == [2 * size for size in before]
    assert await console.overflow() == 0


async def test_a_mark_in_the_list_is_not_cut_at_its_edge(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    await console.sign_in()
    await console.choose("1001")
    await console.hook("mail-text").fill("x" * 70_000)
    row = console.hook("profile-item-1001")
    await expect(row.locator(".row-line")).to_have_text("Mail: unsaved text")
    await console.page.evaluate("document.documentElement.style.fontSize = '200%'")
    right = "(node) => node.getBoundingClientRect().right"
    assert await row.locator(".row-mark").evaluate(right) <= await row.evaluate(right)


async def test_a_phone_does_not_enlarge_the_page_for_a_field(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], **PHONE)
    assert await size_of(console.hook("email")) >= 16
    await at_work(small_world, console)
    for hook in ("chat-text", "mail-text", "filter"):
        assert await size_of(console.hook(hook)) >= 16


async def test_a_thumb_reaches_and_hits_what_there_is_to_press(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], **PHONE)
    await at_work(small_world, console)
    box = "(node) => node.getBoundingClientRect().toJSON()"
    for hook, least in (("chat-start", 48), ("chat-more", 48), ("tab-chat", 44), ("tab-mail", 44)):
        found = await console.hook(hook).evaluate(box)
        assert min(found["height"], found["width"]) >= least
    # However long the text is, the button stays at the bottom of the window.
    await console.hook("chat-text").fill("A line\n" * 200)
    for _ in range(2):
        found = await console.hook("chat-start").evaluate(box)
        assert PHONE["viewport"]["height"] - 80 < found["bottom"] <= PHONE["viewport"]["height"]
        await console.page.evaluate("scrollTo(0, 9999)")


async def test_chat_and_mail_are_tabs_on_a_phone_only(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], **PHONE)
    await at_work(small_world, console)
    await expect(console.page.get_by_role("tabpanel")).to_have_count(1)
    await expect(console.hook("mail-text")).to_be_hidden()
    await console.hook("tab-chat").focus()
    await console.page.keyboard.press("ArrowRight")
    await expect(console.hook("tab-mail")).to_be_focused()
    await expect(console.hook("tab-mail")).to_have_attribute("aria-selected", "true")
    await expect(console.hook("mail-text")).to_be_visible()
    await expect(console.hook("chat-text")).to_be_hidden()
    await console.page.set_viewport_size({"width": 1280, "height": 800})
    await expect(console.hook("chat-text")).to_be_visible()
    await expect(console.hook("mail-text")).to_be_visible()
    await expect(console.page.get_by_role("tabpanel")).to_have_count(0)


async def test_a_very_long_name_leaves_room_for_the_work(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], **PHONE)
    await at_work(small_world, console)
    name = console.hook("profile-name")
    await name.evaluate("(node) => { node.textContent = 'A'.repeat(256); }")
    lines = "(node) => node.offsetHeight / parseFloat(getComputedStyle(node).lineHeight)"
    assert await name.evaluate(lines) < 2.5


async def test_colours_of_the_system_leave_nothing_unseen(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], forced_colors="active")
    await console.sign_in()
    await console.choose("1005")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_have_text(re.compile(r"\(\d+/500\)"))
    bar = console.hook("chat-progress")
    assert await colour_of(bar.locator(".sent")) != await colour_of(bar)
    outline = "(node) => getComputedStyle(node).outlineStyle"
    assert await console.hook("profile-item-1005").evaluate(outline) == "solid"
    assert await console.hook("profile-item-1001").evaluate(outline) == "none"
    ink = "(node) => getComputedStyle(node).color"
    waits, goes = [await console.hook(hook).evaluate(ink) for hook in ("mail-start", "attach")]
    assert waits != goes, "a button that does nothing now is another colour"
    await console.hook("chat-stop").click()


async def test_a_start_that_waits_keeps_its_menu_beside_it(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], viewport={"width": 1400, "height": 900})
    await console.sign_in()
    await console.choose("1005")
    device = await small_world.device()
    assert (await device.start("1005", message="Hello there!"))["ok"]
    await device.wait_for("processingProgress")
    assert (await device.call("stopProcessing", {"profileId": "1005", "type": "chat"}))["ok"]
    await expect(console.hook("chat-start")).to_contain_text("people")
    await expect(console.hook("chat-why")).to_have_text("Write something first")
    start, more = [
        await console.hook(f"chat-{name}").evaluate(MIDDLE) for name in ("start", "more")
    ]
    assert abs(start - more) < 2


async def test_the_header_stays_one_row_on_a_phone_while_something_runs(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0], viewport={"width": 390, "height": 800})
    await console.sign_in()
    await console.choose("1005")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("stop-all")).to_be_visible()
    await expect(console.hook("count-running")).to_be_hidden()
    hooks = ("sandbox", "find", "stop-all", "aside-toggle", "who", "account")
    places = [await console.hook(hook).evaluate(MIDDLE) for hook in hooks]
    assert max(places) - min(places) < 4
    assert await console.overflow() == 0
    # On the smallest ones what is no button makes room.
    await console.page.set_viewport_size({"width": 320, "height": 568})
    places = [await console.hook(hook).evaluate(MIDDLE) for hook in hooks[1:]]
    assert max(places) - min(places) < 4
    assert await console.overflow() == 0


@pytest.mark.parametrize("width", [768, 844, 1100])
async def test_the_header_stays_one_row_while_somebody_is_needed(
    small_world: Cluster, open_console: Open, width: int
) -> None:
    console = await open_console(small_world.urls[0], viewport={"width": width, "height": 390})
    await console.sign_in()
    await console.choose("1002")
    await console.hook("chat-text").fill("x" * 10_001)
    await expect(console.hook("count-needs")).to_be_visible()
    hooks = ("find", "count-needs", "who", "account")
    places = [await console.hook(hook).evaluate(MIDDLE) for hook in hooks]
    assert max(places) - min(places) < 4
    assert await console.overflow() == 0
