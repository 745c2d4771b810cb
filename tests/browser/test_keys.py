"""The field of Ctrl+K and the other keys of the console."""

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def signed_in(world: Cluster, open_console: Open) -> Console:
    console = await open_console(world.urls[0])
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await expect(console.hook("profile-name")).to_have_text("Sofia Marchetti")
    await expect(console.hook("profile-name")).to_be_focused()  # one begins at the profile
    return console


async def test_the_field_goes_anywhere_and_does_things(
    small_world: Cluster, open_console: Open
) -> None:
    console = await signed_in(small_world, open_console)
    keyboard, name = console.page.keyboard, console.hook("profile-name")
    await console.hook("chat-text").fill("Hello there!")
    await keyboard.press("Control+k")
    await keyboard.press("Enter")  # nothing is chosen yet
    await expect(console.hook("palette-input")).to_be_focused()
    await keyboard.type("japan yuki")
    await keyboard.press("Enter")
    await expect(name).to_have_text("Yuki Tanabe")
    await expect(name).to_be_focused()
    await keyboard.press("Control+k")
    await keyboard.type("dark theme")
    await keyboard.press("Enter")
    await expect(console.page.locator("html")).to_have_attribute("data-theme", "dark")
    await console.hook("find").click()
    await keyboard.press("Escape")
    await expect(console.hook("palette")).to_be_hidden()
    await expect(console.hook("find")).to_be_focused()


async def test_keys_do_nothing_where_one_types(small_world: Cluster, open_console: Open) -> None:
    console = await signed_in(small_world, open_console)
    keyboard, name = console.page.keyboard, console.hook("profile-name")
    await console.hook("chat-text").press_sequentially("j k / ?")
    await expect(console.hook("chat-text")).to_have_value("j k / ?")
    await keyboard.press("Escape")
    await expect(console.hook("chat-text")).not_to_be_focused()
    await keyboard.press("j")
    await expect(name).to_have_text("Camila Rojas")
    await keyboard.press("k")
    await expect(name).to_have_text("Sofia Marchetti")
    await keyboard.press("?")
    await expect(console.hook("shortcuts-dialog")).to_be_visible()
    await keyboard.press("j")  # behind a dialog nothing moves
    await keyboard.press("Escape")
    await expect(name).to_have_text("Sofia Marchetti")
    await keyboard.press("/")
    await expect(console.hook("filter")).to_be_focused()
    await console.hook("chat-text").focus()
    await keyboard.press("Control+Enter")
    await expect(console.hook("starting-ok")).to_be_focused()
    await keyboard.press("Escape")
    await expect(console.hook("chat-text")).to_be_focused()
    await keyboard.press("Control+Enter")
    await keyboard.press("Enter")
    await expect(console.hook("chat-status")).to_contain_text("🔄 Processing...")


async def test_keys_are_named_as_they_are_on_the_keyboard(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    finder = console.hook("find")
    for platform, named, keys in (
        ("Linux x86_64", "Ctrl", "Control+K"),
        ("MacIntel", "⌘", "Meta+K"),
    ):
        value = f"{{ value: '{platform}', configurable: true }}"
        script = f"Object.defineProperty(navigator, 'platform', {value})"
        await console.page.add_init_script(script)
        await console.page.reload()
        await expect(finder.locator("kbd")).to_have_text(f"{named} K")
        await expect(finder).to_have_attribute("aria-keyshortcuts", keys)
        await expect(console.page.locator("#shortcut-list kbd").first).to_have_text(named)


async def test_the_rows_of_the_raw_events_open_by_keyboard(
    small_world: Cluster, open_console: Open
) -> None:
    console = await signed_in(small_world, open_console)
    keyboard, rows = console.page.keyboard, console.page.locator("#events-list li")
    await console.menu("events-toggle")
    await console.hook("events-list").focus()
    await keyboard.press("ArrowDown")
    await keyboard.press("ArrowUp")
    await keyboard.press("Enter")
    opened = console.page.locator("#events-list .event.open")
    await expect(opened).to_have_count(1)
    await expect(opened.get_by_role("button")).to_be_focused()
    await expect(opened.get_by_role("button")).to_have_attribute("aria-expanded", "true")
    assert await rows.count() > 1
