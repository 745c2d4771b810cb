"""What goes with a mail is the same on two devices, over a reload, and over a lost network."""

import aiohttp
import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.browser.test_two_devices import MAIL, pair
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def attach(console: Console, *numbers: int) -> None:
    await console.hook("attach").click()
    for number in numbers:
        await console.hook(f"attachment-{number}").click()
    await console.hook("attachment-done").click()


async def titles(console: Console, count: int) -> list[str]:
    """Once there are so many."""
    found = console.hook("card-mail").locator(".chip")
    await expect(found).to_have_count(count)
    return await found.all_inner_texts()


async def test_what_one_attaches_both_have_and_either_can_send(
    two_servers: Cluster, open_console: Open
) -> None:
    a, b = await pair(two_servers, open_console)
    await attach(a, 0, 4)
    both = await titles(b, 2)
    # An open dialog shows what happens elsewhere, and does not undo it.
    await b.hook("attach").click()
    await expect(b.hook("attachment-4")).to_have_attribute("aria-pressed", "true")
    await a.hook("attachment-chip-0").get_by_role("button").click()
    await expect(b.hook("attachment-0")).to_have_attribute("aria-pressed", "false")
    await b.hook("attachment-1").click()
    await b.hook("attachment-done").click()
    assert (await titles(a, 2))[0] == both[1]
    await b.page.reload()
    assert await titles(b, 2) == await titles(a, 2)
    await b.hook("mail-text").fill(MAIL)
    await b.from_menu("mail-clear")
    assert await titles(b, 2) == await titles(a, 2)
    await a.hook("mail-text").fill(MAIL)
    await expect(b.hook("mail-text")).to_have_value(MAIL)
    await b.start("mail")
    await expect(a.hook("mail-status")).to_have_text("✅ Completed on another device (10/10)")
    assert {tuple(sent) for sent in await delivered(two_servers)} == {tuple(await titles(a, 2))}


async def delivered(world: Cluster) -> list[list[str]]:
    """The titles of what went with each mail."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{world.sandbox.url}/deliveries") as answer,
    ):
        return [[media["title"] for media in item["attachments"]] for item in await answer.json()]


async def test_what_is_changed_without_a_network_is_told_afterwards(
    small_world: Cluster, open_console: Open
) -> None:
    a, b = await pair(small_world, open_console)
    await attach(a, 0, 1)
    before = await titles(b, 2)
    await a.offline()
    await expect(a.hook("connection")).to_contain_text("Offline")
    await a.hook("attachment-chip-0").get_by_role("button").click()
    assert await titles(a, 1) == before[1:]
    await attach(b, 4)
    await titles(b, 3)
    await a.offline(False)
    for console in (a, b):
        assert (await titles(console, 2))[0] == before[1]


async def test_what_a_closed_tab_attached_is_in_the_next_one(
    small_world: Cluster, open_console: Open
) -> None:
    a, b = await pair(small_world, open_console)
    await attach(a, 0)
    first = await titles(b, 1)
    await a.hook("attach").click()
    await expect(a.hook("attachment-1")).to_be_visible()  # what there is, the server tells
    await a.offline()
    await expect(a.hook("connection")).to_contain_text("Offline")
    await a.hook("attachment-1").click()
    await a.hook("attachment-done").click()
    both = await titles(a, 2)
    page = await a.context.new_page()
    await a.page.close()
    await attach(b, 4)
    await titles(b, 2)
    await a.offline(False)
    again = Console(a.url, a.context, page)
    await page.goto(a.url)
    await again.sign_in()
    assert set(await titles(again, 3)) > set(both)
    assert set(await titles(b, 3)) > set(first)
