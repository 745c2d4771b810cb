"""What an operator types is neither lost nor sent where it should not be."""

import re

import aiohttp
import pytest
from playwright.async_api import CDPSession, expect

from tests.browser.console import Console, Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
UNHEARD = "addEventListener('online', (event) => event.stopImmediatePropagation(), true)"
"""Has a page not be told that there is a network again."""


async def opened(world: Cluster, open_console: Open, profile: str = "1001") -> Console:
    console = await open_console(world.urls[0])
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.choose(profile)
    return console


async def two_with_hello(world: Cluster, open_console: Open) -> tuple[Console, Console]:
    """Two devices, of which the first has typed Hello; both show it."""
    a = await opened(world, open_console)
    b = await opened(world, open_console)
    await a.hook("chat-text").fill("Hello")
    await expect(b.hook("chat-text")).to_have_value("Hello")
    return a, b


async def test_text_that_is_too_long_to_sync_stays_in_the_box(
    small_world: Cluster, open_console: Open
) -> None:
    a, b = await two_with_hello(small_world, open_console)
    for letter, count in (("x", 70_000), ("€", 10_001)):
        await a.hook("chat-text").fill(letter * count)
        await expect(a.hook("chat-origin")).to_contain_text("Too long to sync")
        await expect(a.hook("chat-text")).to_have_value(letter * count)
    await b.hook("mail-text").fill("Meanwhile")
    await expect(a.hook("mail-text")).to_have_value("Meanwhile")
    await expect(a.hook("connection")).to_have_text("Connected")
    await expect(b.hook("chat-text")).to_have_value("Hello")
    await a.hook("chat-text").fill("Short again")
    await expect(a.hook("chat-origin")).to_have_text("Saved on all devices")
    await expect(b.hook("chat-text")).to_have_value("Short again")


async def compose(console: Console, text: str) -> CDPSession:
    """Begin a letter in the message box, as an input method does."""
    await console.hook("chat-text").focus()
    await console.page.keyboard.press("End")
    devtools = await console.context.new_cdp_session(console.page)
    await devtools.send(
        "Input.imeSetComposition",
        {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
    )
    return devtools


async def letter_begun(world: Cluster, open_console: Open) -> tuple[Console, Console, CDPSession]:
    """Two devices; the first composes a letter behind Hello, and the other shows it."""
    a, b = await two_with_hello(world, open_console)
    devtools = await compose(a, "ni")
    # Otherwise it may come between the other's selection of the whole text and what replaces it.
    await expect(b.hook("chat-text")).to_have_value("Helloni")
    return a, b, devtools


async def told(console: Console, other: Console, text: str) -> None:
    """The other one types; by the time that their mail is here, the chat is, too."""
    await other.hook("chat-text").fill(text)
    await other.hook("mail-text").fill(f"after {text}")
    await expect(console.hook("mail-text")).to_have_value(f"after {text}")


async def test_a_letter_given_up_shows_what_the_other_typed_meanwhile(
    small_world: Cluster, open_console: Open
) -> None:
    a, b, devtools = await letter_begun(small_world, open_console)
    await told(a, b, "Hello from B")
    await devtools.send(
        "Input.imeSetComposition", {"text": "", "selectionStart": 0, "selectionEnd": 0}
    )
    await a.hook("chat-text").blur()
    await expect(a.hook("chat-text")).to_have_value("Hello from B")
    await a.hook("chat-text").press("End")
    await a.page.keyboard.type("!")
    await expect(b.hook("chat-text")).to_have_value("Hello from B!")


async def test_a_letter_composed_meanwhile_stands_with_what_the_other_typed(
    small_world: Cluster, open_console: Open
) -> None:
    a, b, devtools = await letter_begun(small_world, open_console)
    await told(a, b, "Hello from B")
    await expect(a.hook("chat-text")).to_have_value("Helloni")
    await devtools.send("Input.insertText", {"text": "你"})
    await expect(a.hook("chat-text")).to_have_value("Hello你 from B")
    await a.page.keyboard.type("!")
    for console in (a, b):
        await expect(console.hook("chat-text")).to_have_value("Hello你! from B")


async def test_undo_takes_back_own_words_and_not_those_of_others(
    small_world: Cluster, open_console: Open
) -> None:
    a, b = await two_with_hello(small_world, open_console)
    await a.hook("chat-text").press("Home")
    await a.page.keyboard.insert_text("Oh! ")
    await expect(b.hook("chat-text")).to_have_value("Oh! Hello")
    await b.hook("chat-text").press("End")
    await b.page.keyboard.type(" world")
    await expect(a.hook("chat-text")).to_have_value("Oh! Hello world")
    for text in ("Hello world", " world"):
        await a.page.keyboard.press("Control+z")
        await expect(a.hook("chat-text")).to_have_value(text)
    for _ in range(2):
        await a.page.keyboard.press("Control+Shift+z")
    await a.page.keyboard.type("so: ")
    for console in (a, b):
        await expect(console.hook("chat-text")).to_have_value("Oh! so: Hello world")
    await a.from_menu("chat-clear")
    await expect(b.hook("chat-text")).to_have_value("")
    await a.hook("chat-text").press("Control+z")
    await expect(b.hook("chat-text")).to_have_value("Oh! so: Hello world")


async def test_selection_and_scroll_stay_while_the_other_types(
    small_world: Cluster, open_console: Open
) -> None:
    a, b = await opened(small_world, open_console), await opened(small_world, open_console)
    lines = "\n".join(f"Line {number}" for number in range(200))
    await a.hook("mail-text").fill(lines)
    await expect(b.hook("mail-text")).to_have_value(lines)
    at = lines.index("Line 150")
    await a.page.evaluate(
        f"""const box = document.querySelector('[data-testid=mail-text]');
        box.focus(); box.setSelectionRange({at}, {at + 8}, 'backward'); box.scrollTop = 60;"""
    )
    place = """const { selectionStart, selectionEnd, selectionDirection, scrollTop, value } =
        document.querySelector('[data-testid=mail-text]');
        [value.slice(selectionStart, selectionEnd), selectionDirection, scrollTop]"""
    before = await a.page.evaluate(place)
    await b.hook("mail-text").press("Control+Home")
    await b.page.keyboard.type("First: ")
    await expect(a.hook("mail-text")).to_have_value(f"First: {lines}")
    assert await a.page.evaluate(place) == before
    assert before[:2] == ["Line 150", "backward"]


async def test_who_types_is_said_while_they_do(small_world: Cluster, open_console: Open) -> None:
    a, b = await two_with_hello(small_world, open_console)
    await expect(b.hook("chat-origin")).to_contain_text(" types")
    await expect(a.hook("chat-origin")).to_have_text("Saved on all devices")
    await expect(b.hook("chat-origin")).to_contain_text(re.compile("[Tt]yped "))


async def test_a_start_in_the_middle_of_a_letter_sends_what_is_on_the_screen(
    small_world: Cluster, open_console: Open
) -> None:
    a = await opened(small_world, open_console)
    await a.hook("chat-text").fill("Hello ")
    await compose(a, "ni")
    await a.page.evaluate("document.querySelector('[data-testid=chat-start]').click()")
    await expect(a.hook("starting-text")).to_have_text("Hello ni")
    await a.confirm()
    await expect(a.hook("chat-status")).to_contain_text("Completed")
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{small_world.sandbox.url}/deliveries") as answer,
    ):
        sent = {item["message"] for item in await answer.json()}
    assert sent == {await a.hook("chat-text").input_value()} == {"Hello ni"}


async def test_another_profile_does_not_get_the_letter_that_was_begun(
    small_world: Cluster, open_console: Open
) -> None:
    a = await opened(small_world, open_console)
    await a.hook("chat-text").fill("For Sofia ")
    await compose(a, "ni")
    await a.page.evaluate("location.hash = 'profile=1002'")
    await expect(a.hook("profile-name")).to_have_text("Camila Rojas")
    await expect(a.hook("chat-text")).to_have_value("")
    await a.choose("1001")
    await expect(a.hook("chat-text")).to_have_value("For Sofia ni")


async def test_clearing_in_the_middle_of_a_letter_empties_the_box(
    small_world: Cluster, open_console: Open
) -> None:
    a, b, _ = await letter_begun(small_world, open_console)
    await a.page.evaluate("document.querySelector('[data-testid=chat-clear]').click()")
    await expect(a.hook("chat-text")).to_have_value("")
    await b.hook("mail-text").fill("after that")
    await expect(a.hook("mail-text")).to_have_value("after that")
    await expect(b.hook("chat-text")).to_have_value("")


async def test_text_that_is_not_saved_outlives_a_reload(
    small_world: Cluster, open_console: Open
) -> None:
    a, b = await two_with_hello(small_world, open_console)
    await a.offline()
    await a.hook("chat-text").fill("Typed without a connection")
    await a.hook("mail-text").fill("A mail, too")
    await expect(a.hook("chat-origin")).to_have_text("Not saved yet")
    await b.hook("mail-text").fill("B has a mail as well")
    await a.page.evaluate(UNHEARD)
    await a.offline(False)
    await a.page.reload()
    await expect(b.hook("chat-text")).to_have_value("Typed without a connection")
    both = re.compile("(?=.*B has a mail as well).*A mail, too")
    for console in (a, b):
        await expect(console.hook("mail-text")).to_have_value(both)
    await expect(a.hook("mail-conflict")).to_be_hidden()


async def test_text_that_a_closed_tab_left_is_offered(
    small_world: Cluster, open_console: Open
) -> None:
    a = await opened(small_world, open_console)
    await a.page.route("**/socket.io/**", lambda route: route.abort())
    await a.page.evaluate("dispatchEvent(new Event('offline'))")
    await a.hook("chat-text").fill("Left behind")
    await expect(a.hook("chat-origin")).to_have_text("Not saved yet")
    page = await a.context.new_page()
    await a.page.close()
    again = Console(a.url, a.context, page)
    await page.goto(a.url)
    await again.sign_in()
    await again.choose("1002")
    await expect(again.hook("profile-item-1001")).to_contain_text("Chat: unsaved text")
    await again.choose("1001")
    await expect(again.hook("chat-offer")).to_contain_text("Left behind")
    await expect(again.hook("chat-text")).to_have_value("")
    await again.page.locator("[data-testid=chat-offer] [data-offer=use]").click()
    await expect(again.hook("chat-origin")).to_have_text("Saved on all devices")
    await expect(again.hook("chat-text")).to_have_value("Left behind")
    await expect(again.hook("chat-offer")).to_be_hidden()
    await expect(again.hook("profile-item-1001")).not_to_contain_text("unsaved text")
    a.complaints.clear()
