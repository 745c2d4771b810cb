"""A long list of recipients who may have been messaged: all of them, or how many more there are."""

import pytest
from playwright.async_api import expect

from alphasync.store import keys
from tests.browser.console import Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SHOWN = 500
MORE = 17
NAMES = keys.of_account("o:demo")


async def test_a_long_list_says_how_many_are_not_shown(
    small_world: Cluster, open_console: Open
) -> None:
    many = [part for n in range(SHOWN + MORE) for part in (f"r{n}", f"Name {n}")]
    client = small_world.servers[0].store.client
    await client.hset(NAMES.uncertain("chat", "1001"), items=many)
    console = await open_console(small_world.urls[0])
    await console.sign_in()
    await console.choose("1001")
    box, listed = console.hook("chat-uncertain"), console.hook("chat-uncertain-list")
    await expect(box.locator("summary")).to_contain_text(f"{SHOWN + MORE} people")
    await box.locator("summary").click()
    await expect(listed.locator("li")).to_have_count(SHOWN + 1)
    await expect(listed.locator("li").last).to_contain_text(f"And {MORE} more")
    # The last row's button goes with its row: the focus finds the one that is last then.
    last = console.hook(f"chat-uncertain-leave-{SHOWN - 1}")
    await last.click()
    await expect(listed.locator("li").last).to_contain_text(f"And {MORE - 1} more")
    await expect(last).to_be_focused()
    await console.hook("chat-uncertain-leave-all").click()
    await expect(box).to_be_hidden()
    assert await client.hlen(NAMES.uncertain("chat", "1001")) == 0


async def test_of_one_person_nothing_is_offered_for_all(
    small_world: Cluster, open_console: Open
) -> None:
    client = small_world.servers[0].store.client
    await client.hset(NAMES.uncertain("chat", "1001"), items=["r1", "One", "r2", "Another"])
    console = await open_console(small_world.urls[0])
    await console.sign_in()
    await console.choose("1001")
    await console.hook("chat-uncertain").locator("summary").click()
    await expect(console.hook("chat-uncertain-leave-all")).to_be_visible()
    who = await console.hook("chat-uncertain-list").locator(".uncertain-who").first.bounding_box()
    leave = await console.hook("chat-uncertain-leave-0").bounding_box()
    assert who is not None
    assert leave is not None
    assert who["y"] + who["height"] <= leave["y"], "who it is has a line to itself"
    await console.hook("chat-uncertain-leave-0").click()
    await expect(console.hook("chat-uncertain-list").locator("li")).to_have_count(1)
    await expect(console.hook("chat-uncertain-leave-all")).to_be_hidden()
    await console.hook("chat-uncertain-leave-0").click()
    await expect(console.hook("chat-uncertain")).to_be_hidden()
