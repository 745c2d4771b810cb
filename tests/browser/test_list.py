"""The list of profiles: what a row says, where it stands, what is shown, what a draw touches."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People
from alphasync.gateway.sandbox.people import Account, person
from tests.browser.console import EMAIL, PASSWORD, SEND_INTERVAL, Console, Open
from tests.harness import Cluster, Device, cluster, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MANY = 60
IDS = """() => [...document.querySelectorAll('#people li:not([hidden]) a')].map(
  (link) => link.dataset.testid.slice('profile-item-'.length))"""
WATCH = """() => {
  window.touched = 0;
  new MutationObserver((found) => { window.touched += found.length; }).observe(
    document.querySelector('.side'),
    { subtree: true, childList: true, attributes: true, characterData: true },
  );
}"""

HOLD = """() => {
  const { setTimeout: at } = window;
  window.later = () => {};
  window.setTimeout = (go, ms, ...rest) => {
    if (ms !== 500) return at(go, ms, ...rest);
    window.later = go;
    return 0;
  };
}"""
"""Has the rows that follow after a pause wait until they are called for."""

WRITTEN = """() => {
  window.written = new Set();
  new MutationObserver((found) => {
    for (const { target, attributeName } of found) {
      const place = (target.closest ? target : target.parentElement).closest('[data-testid]');
      window.written.add(`${place?.dataset.testid} ${attributeName ?? 'text'}`);
    }
  }).observe(
    document.documentElement,
    { subtree: true, childList: true, attributes: true, characterData: true },
  );
}"""


def many() -> People:
    """Runs of the first three take a while; those of the others are short."""
    found = [
        person(
            str(n), f"Person {n}", [Recipient(f"r{n}-{k}", "") for k in range(80 if n < 4 else 2)]
        )
        for n in range(1, MANY + 1)
    ]
    profiles = {one.profile.external_id: one for one in found}
    return People.of([Account(EMAIL, PASSWORD, "demo", profiles)])


@pytest_asyncio.fixture(loop_scope="session")
async def crowded(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, people=many(), send_interval=SEND_INTERVAL) as running:
        yield running


async def signed_in(world: Cluster, open_console: Open, **options: Any) -> Console:
    console = await open_console(world.urls[0], **options)
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await expect(console.hook("profile-item-1")).to_be_visible()
    await console.page.mouse.move(900, 400)
    return console


async def ids_of(console: Console) -> list[str]:
    found = await console.page.evaluate(IDS)
    assert isinstance(found, list)
    return found


async def shows(console: Console, *first: str, rows: int | None = None) -> None:
    """Return once these rows come first, of as many; a draw waits for the next frame."""

    async def fits() -> bool:
        found = await ids_of(console)
        return found[: len(first)] == list(first) and rows in (None, len(found))

    await wait_until(fits, what=f"{first} of {rows}")


async def types_until_said(device: Device, pen: Locator) -> None:
    """Type into the chat of the second one until its row says so, and wait until it does not."""
    letters = 0

    async def said() -> bool:
        nonlocal letters
        letters += 1
        text = {"profileId": "2", "type": "chat", "message": "Hello" + "!" * letters}
        assert (await device.call("updateMessage", text))["ok"]
        return "types…" in "".join(await pen.all_text_contents())

    await wait_until(said, what="the row says who types")
    await expect(pen).to_have_count(0)


async def test_a_row_says_what_goes_on_and_who_does_it(
    crowded: Cluster, open_console: Open
) -> None:
    console = await signed_in(crowded, open_console)
    row, line = console.hook("profile-item-2"), console.hook("profile-item-2").locator(".row-line")
    await expect(line).to_have_text("")
    other = await crowded.device()
    await other.emit("updateMessage", {"profileId": "2", "type": "chat", "message": "Hello"})
    await expect(row.locator(".row-mark")).to_contain_text("has a draft")
    await expect(console.hook("show-draft").locator("b")).to_have_text("1")
    await types_until_said(other, row.locator(".row-pen"))
    assert (await other.start("2"))["ok"]
    await expect(line).to_contain_text("/80")
    await expect(row.locator(".ring.chat")).to_have_attribute("data-tone", "other")
    await expect(console.hook("show-running").locator("b")).to_have_text("1")
    await expect(row.locator(".row-mark")).not_to_contain_text("has a draft")
    await other.close()
    await expect(line).to_contain_text("Chat interrupted at ")
    await expect(row.locator(".row-mark")).to_contain_text("1 thing to see to")
    await expect(console.hook("show-needs").locator("b")).to_have_text("1")


async def test_enter_in_the_search_opens_the_first_found(
    crowded: Cluster, open_console: Open
) -> None:
    console = await signed_in(crowded, open_console)
    await console.page.keyboard.press("/")
    await console.page.keyboard.press("Enter")  # nothing is sought yet
    await expect(console.hook("filter")).to_be_focused()
    await console.page.keyboard.type("17 person")
    await console.page.keyboard.press("Enter")
    await expect(console.hook("profile-name")).to_have_text("Person 17")
    await expect(console.hook("profile-name")).to_be_focused()
    await console.page.keyboard.press("/")
    await console.page.keyboard.type("nobody of this name")
    await console.page.keyboard.press("Enter")
    await expect(console.hook("filter")).to_be_focused()
    await expect(console.hook("profile-name")).to_have_text("Person 17")


async def test_nothing_moves_under_the_pointer(crowded: Cluster, open_console: Open) -> None:
    console = await signed_in(crowded, open_console)
    before = await ids_of(console)
    assert before == [str(n) for n in range(1, MANY + 1)]
    await console.hook("profile-item-4").hover()
    other = await crowded.device()
    assert (await other.start("3"))["ok"]
    await expect(console.hook("profile-item-3").locator(".row-line")).to_contain_text("/80")
    assert await ids_of(console) == before
    await console.page.mouse.move(900, 400)
    await expect(console.page.locator("#people li").first).to_contain_text("Person 3")
    await console.hook("filter").press("ArrowDown")
    await console.page.keyboard.press("End")
    before = await ids_of(console)
    assert (await other.start("2"))["ok"]
    await expect(console.hook("profile-item-2").locator(".row-line")).to_contain_text("/80")
    assert await ids_of(console) == before, "nor where the focus is"
    await console.hook("filter").focus()
    await expect(console.page.locator("#people li").first).to_contain_text("Person 2")


async def test_a_finished_row_stays_until_the_filter_is_touched(
    crowded: Cluster, open_console: Open
) -> None:
    console = await signed_in(crowded, open_console)
    other = await crowded.device()
    for profile in ("2", "3"):
        assert (await other.start(profile))["ok"]
    await expect(console.hook("show-running").locator("b")).to_have_text("2")
    await console.hook("show-running").click()
    await shows(console, rows=2)
    assert (await other.call("stopProcessing", {"profileId": "2", "type": "chat"}))["ok"]
    await expect(console.hook("show-running").locator("b")).to_have_text("1")
    await expect(console.hook("profile-item-2").locator(".row-line")).to_contain_text("stopped")
    assert sorted(await ids_of(console)) == ["2", "3"]
    await console.hook("show-running").click()
    await shows(console, "3", rows=1)
    await console.hook("filter").fill("nobody of this name")
    await expect(console.page.locator("#side-note")).to_have_text("No profile fits.")
    await console.hook("show-everything").click()
    await shows(console, rows=MANY)


async def test_pictures_are_drawn_where_rows_are_about_to_be_seen(
    crowded: Cluster, open_console: Open
) -> None:
    console = await signed_in(crowded, open_console)
    await shows(console, rows=MANY)
    await expect(console.hook("profile-item-1").locator(".avatar")).to_have_text("P1")
    drawn = await console.page.locator("#people .avatar:not(:empty)").count()
    assert 0 < drawn < MANY
    await console.hook("filter").press("ArrowDown")
    await console.page.keyboard.press("End")
    await expect(console.hook(f"profile-item-{MANY}").locator(".avatar")).to_have_text("P6")


async def test_while_one_searches_only_rows_that_fill_the_window_come_and_go(
    crowded: Cluster, open_console: Open
) -> None:
    size = {"width": 390, "height": 600}
    console = await signed_in(crowded, open_console, viewport=size)
    rows = console.page.locator("#people li")
    await expect(rows).to_have_count(MANY)
    await console.page.evaluate(HOLD)
    for brings_the_others in ("later()", "scrollTo(0, 200)"):
        await console.hook("filter").fill("12")
        await expect(rows).to_have_count(1)
        await console.hook("filter").fill("person")
        await expect(rows).to_have_count(16)
        await console.page.evaluate(brings_the_others)
        await expect(rows).to_have_count(MANY)


async def test_order_and_pins_are_kept_on_this_device(crowded: Cluster, open_console: Open) -> None:
    console = await signed_in(crowded, open_console)
    await console.choose("40")
    await console.hook("pin").click()
    await expect(console.hook("pin")).to_have_attribute("aria-pressed", "true")
    await shows(console, "40", "1")
    await console.hook("profile-item-7").focus()
    await console.page.keyboard.press("p")
    await expect(console.hook("profile-item-7")).to_contain_text("pinned")
    await console.hook("sort").click()
    await shows(console, "7", "40", "1")
    await console.page.reload()
    await expect(console.hook("profile-item-1")).to_be_visible()
    await shows(console, "7", "40", "1")
    await expect(console.hook("sort")).to_have_attribute("data-sort", "name")


async def test_the_chosen_row_is_brought_into_view_unless_it_was_pressed(
    crowded: Cluster, open_console: Open
) -> None:
    console = await signed_in(crowded, open_console)
    await console.page.evaluate("location.hash = 'profile=60'")
    await expect(console.hook("profile-item-60")).to_be_in_viewport()
    await console.page.evaluate("document.getElementById('people').scrollTop = 30")
    top = await console.page.evaluate("document.getElementById('people').scrollTop")
    await console.hook("profile-item-2").click(position={"x": 60, "y": 50})
    await expect(console.hook("profile-item-2")).to_have_attribute("aria-current", "true")
    assert await console.page.evaluate("document.getElementById('people').scrollTop") == top


async def test_a_typed_key_touches_nothing_but_its_number_and_what_is_said_of_it(
    crowded: Cluster, open_console: Open
) -> None:
    console = await signed_in(crowded, open_console)
    await console.choose("5")
    await console.hook("chat-text").press_sequentially("Hello")
    await expect(console.hook("chat-origin")).to_contain_text("Saved")
    await console.page.evaluate(WATCH)
    await console.page.evaluate(WRITTEN)
    await console.hook("chat-text").press_sequentially(" to everybody")
    await expect(console.hook("chat-counter")).to_have_text("18 / 300")
    await expect(console.hook("chat-origin")).to_have_attribute("data-saving", "false")
    assert await console.page.evaluate("window.touched") == 0
    written = set(await console.page.evaluate("[...window.written]"))
    assert written >= {"chat-counter text", "chat-counter data-room"}
    said = {f"chat-origin {what}" for what in ("data-saving", "text", "data-tone")}
    assert written - {"chat-counter text", "chat-counter data-room"} <= said
    other = await crowded.device()
    assert (await other.start("50"))["ok"]
    await expect(console.hook("profile-item-50").locator(".row-line")).to_contain_text("done")
    moved = await console.page.evaluate("window.touched")
    assert 0 < moved < 40, "a run of two recipients touches its own row, and the counts"
