"""Earlier texts of a draft: found, looked at and restored, and a clear that is taken back."""

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.browser.test_two_devices import pair
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def both_have(text: str, *consoles: Console) -> None:
    for console in consoles:
        await expect(console.hook("chat-text")).to_have_value(text)


async def test_a_clear_is_taken_back_and_an_earlier_text_is_restored(
    two_servers: Cluster, open_console: Open
) -> None:
    a, b = await pair(two_servers, open_console)
    await a.hook("chat-text").fill("The first text")
    await both_have("The first text", a, b)
    await a.from_menu("chat-clear")
    await both_have("", a, b)
    await expect(b.hook("chat-take-back")).to_be_hidden()
    await a.hook("chat-take-back").get_by_role("button").click()
    await both_have("The first text", a, b)
    await expect(a.hook("chat-take-back")).to_be_hidden()
    await expect(a.hook("chat-text")).to_be_focused()

    # By keys alone: the last one is chosen at first, an arrow goes on, and Enter restores.
    await b.hook("chat-text").fill("Another text")
    await both_have("Another text", a, b)
    await b.hook("chat-text").fill("")
    await both_have("", a, b)
    await b.hook("chat-more").focus()
    await b.page.keyboard.press("Enter")
    await expect(b.hook("chat-show-versions")).to_be_focused()
    await b.page.keyboard.press("Enter")
    await expect(b.hook("version-text")).to_have_text("Another text")
    await expect(b.hook("versions-dialog").get_by_role("radio")).to_have_count(2)
    assert await b.audit() == []
    await b.page.keyboard.press("ArrowDown")
    await expect(b.hook("version-text")).to_have_text("The first text")
    await b.page.keyboard.press("Enter")
    await both_have("The first text", a, b)
    await expect(b.hook("versions-dialog")).to_be_hidden()
    await expect(b.hook("chat-text")).to_be_focused()
    # A restored text is one's own: typing and Ctrl+Z go on from it.
    await b.page.keyboard.press("Control+z")
    await both_have("", a, b)
    await b.page.keyboard.press("Control+y")
    await both_have("The first text", a, b)


async def test_where_there_are_none_it_says_so(small_world: Cluster, open_console: Open) -> None:
    a, _ = await pair(small_world, open_console)
    await a.from_menu("mail-show-versions")
    await expect(a.hook("versions-note")).to_contain_text("There are none yet")
    await expect(a.hook("version-restore")).to_have_attribute("aria-disabled", "true")
    assert await a.audit() == []
    await a.page.keyboard.press("Escape")
    await expect(a.hook("versions-dialog")).to_be_hidden()
    await expect(a.hook("mail-more")).to_be_focused()
