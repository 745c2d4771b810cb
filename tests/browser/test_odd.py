"""Odd addresses, names and browsers: the console works with all of them."""

import asyncio
import json
import re

import pytest
from playwright.async_api import Route, expect

from tests.browser.console import Open
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TURNED = "Eve \u202egnihton"
PROFILES = [
    {"id": "1001", "external_id": "1001", "name": TURNED, "age": 31, "country_name": "Italy"},
    {"id": "1002", "external_id": "1002", "name": "", "age": 27, "country_name": "Brazil"},
    {"id": "1003", "external_id": "1003", "name": "Inès 🇮🇹", "age": None, "country_name": None},
    {"id": "1004", "external_id": "1004", "name": "מרים כהן", "age": 27, "photo_link": False},
    {"id": "1005", "external_id": None, "name": "Yuki Tanabe", "country_name": "Brazil"},
]
BLOCKED = """
for (const name of ['sessionStorage', 'localStorage']) {
  Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });
}
"""


async def give_none(route: Route) -> None:
    await route.fulfill(body="[]", content_type="application/json")


async def give_profiles(route: Route) -> None:
    await route.fulfill(body=json.dumps(PROFILES), content_type="application/json")


async def test_odd_names_are_shown_and_found(small_world: Cluster, open_console: Open) -> None:
    console = await open_console(small_world.urls[0])
    await console.page.route("**/api/profiles", give_profiles)
    await console.sign_in()
    rows = console.page.locator("#people li:visible")
    await expect(rows).to_have_count(5)
    await expect(console.hook("profile-item-1002").locator(".row-name")).to_have_text("1002")
    await expect(console.hook("profile-item-1003").locator(".avatar")).to_have_text("I🇮🇹")
    await expect(console.hook("profile-name")).to_have_text("Eve gnihton")
    for wanted, found in (("ines", "1003"), ("yuki brazil", "1005"), ("brazil 1002", "1002")):
        await console.hook("filter").fill(wanted)
        await expect(rows).to_have_count(1)
        await expect(console.hook(f"profile-item-{found}")).to_be_visible()
    await console.hook("filter").fill("")
    await console.choose("1004")
    await console.from_menu("chat-clear-blocklist")
    await expect(console.page.locator("#confirm-title")).to_contain_text("מרים כהן")


@pytest.mark.parametrize("hash_", ["#profile=100%", "#profile=%E0%A4%A", "#profile=", "#%"])
async def test_an_address_that_is_not_encoded_breaks_nothing(
    small_world: Cluster, open_console: Open, hash_: str
) -> None:
    console = await open_console(small_world.urls[0])
    await console.page.goto(f"{console.url}/{hash_}")
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.choose("1001")
    await expect(console.hook("profile-name")).to_have_text("Sofia Marchetti")
    await console.page.evaluate("(hash) => { location.hash = hash; }", hash_)
    if hash_.startswith("#profile=") and hash_ != "#profile=":
        await expect(console.page.locator("#empty")).to_contain_text("not in your list")
    await console.choose("1002")
    await expect(console.hook("profile-name")).to_have_text("Camila Rojas")


async def test_an_account_without_profiles_is_not_asked_to_choose_one(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    await console.page.route("**/api/profiles", give_none)
    await console.sign_in()
    await expect(console.page.locator("#empty")).to_have_text("No profiles")
    await expect(console.page.locator("#side-note")).to_have_text("This account has no profiles.")


async def test_a_sign_in_that_takes_long_says_that_it_is_under_way(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    answer = asyncio.Event()

    async def wait(route: Route) -> None:
        await answer.wait()
        await route.continue_()

    await console.page.route("**/api/auth/login", wait)
    await console.sign_in(password="wrong")
    await expect(console.hook("sign-in")).to_have_text("Signing in…")
    answer.set()
    await expect(console.hook("sign-in")).to_have_text("Sign in")
    await expect(console.hook("sign-in-error")).to_have_text("E-mail or password is not right.")
    console.complaints.clear()


async def test_blocked_storage_leaves_a_console_that_works(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    await console.context.add_init_script(BLOCKED)
    await console.page.reload()
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.menu("theme-light")
    await expect(console.page.locator("html")).to_have_attribute("data-theme", "light")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await expect(console.hook("chat-status")).to_have_text("✅ Completed (10/10)")
    await console.page.reload()
    await expect(console.hook("email")).to_be_visible()


async def test_signing_in_says_in_plain_words_what_is_wrong(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console(small_world.urls[0])
    error = console.hook("sign-in-error")
    await console.hook("sign-in").click()
    await expect(error).to_have_text("Enter your e-mail and your password.")
    await console.sign_in(password="wrong")
    await expect(error).to_have_text("E-mail or password is not right.")
    for _ in range(30):
        await console.sign_in(password="wrong")
        await expect(console.hook("sign-in")).not_to_have_attribute("aria-busy", "true")
        if "Too many tries" in await error.inner_text():
            break
    await expect(error).to_have_text(re.compile(r"^Too many tries\. Try again in \d+ \w+"))
    await console.sign_in(email="x" * 400)
    await expect(error).to_have_text("This does not look like an e-mail address and a password.")
    console.complaints.clear()
