"""Webhooks in the console: made, tried, looked into, switched off and on, and removed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Route, expect

from tests.browser.console import Console, Open
from tests.browser.test_sizes import PHONE
from tests.harness import Cluster, cluster, wait_until
from tests.webhooks import Webhook, webhook

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest_asyncio.fixture(loop_scope="session")
async def hook() -> AsyncIterator[Webhook]:
    async with webhook() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def world(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url, webhook_private=True) as running:
        yield running


TARGETS = """(dialog) => [...dialog.querySelectorAll('button, label, input:not([type=checkbox])')]
  .filter((node) => node.checkVisibility() && node.getBoundingClientRect().height < 44)
  .map((node) => node.outerHTML)"""
"""What is too low for a thumb."""


async def opened(world: Cluster, open_console: Open, **options: Any) -> Console:
    console: Console = await open_console(world.urls[0], **options)
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.menu("webhooks-open")
    return console


async def make(console: Console, url: str) -> str:
    """Returns its secret."""
    await console.hook("webhooks-address").fill(url)
    await console.hook("webhooks-make").click()
    await expect(console.hook("webhooks-made")).to_be_visible()
    return await console.hook("webhooks-secret").input_value()


def said(row: Locator) -> Locator:
    """What stands there of what was done with it last."""
    return row.locator(".webhook-said")


async def test_one_is_made_shown_once_and_removed(
    world: Cluster, open_console: Open, hook: Webhook
) -> None:
    console = await opened(world, open_console)
    await expect(console.hook("webhooks-empty")).to_be_visible()
    assert await console.audit() == []
    await console.hook("webhooks-run.stopped").uncheck()
    secret = await make(console, f"{hook.url}/x")
    assert secret.startswith("whsec_")
    await console.hook("webhooks-copy").click()
    await expect(console.hook("webhooks-note")).to_contain_text("copy it by hand")
    await expect(console.hook("webhooks-secret")).to_be_focused()
    await console.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await console.hook("webhooks-copy").click()
    await expect(console.hook("webhooks-note")).to_have_text("The secret is copied.")
    assert await console.page.evaluate("navigator.clipboard.readText()") == secret
    rows = console.hook("webhooks-list").locator("li")
    await expect(rows).to_have_count(1)
    for part in (f"{hook.url}/x", "Run completed, Run interrupted, Run needs", "all profiles"):
        await expect(rows).to_contain_text(part)
    await expect(rows.locator(".badge")).to_have_text("On")
    assert await console.audit() == []
    await console.hook("webhooks-close").click()
    await console.page.keyboard.press("Control+k")
    await console.page.keyboard.type("webhooks")
    await console.page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await expect(console.hook("webhooks-made")).to_be_hidden()
    assert await console.hook("webhooks-secret").input_value() == ""
    await rows.get_by_role("button", name="Remove").click()
    await expect(console.page.locator("#confirm-title")).to_contain_text(f"{hook.url[7:]}/x")
    await console.hook("confirm-ok").click()
    await expect(rows).to_have_count(0)
    await expect(console.hook("webhooks-note")).to_contain_text("is removed.")
    await expect(console.hook("webhooks-empty")).to_be_visible()


async def test_one_is_tried_and_told_the_same_once_more(
    world: Cluster, open_console: Open, hook: Webhook
) -> None:
    console = await opened(world, open_console)
    await make(console, f"{hook.url}/x")
    row = console.hook("webhooks-list").locator("li")
    await row.get_by_role("button", name="Send a test").click()
    await expect(said(row)).to_contain_text("Sent: answered 200")
    assert hook.kinds() == ["ping"]
    await expect(row).to_contain_text("Last attempt: answered 200")
    await row.get_by_role("button", name="Attempts").click()
    attempts = console.hook("attempts-list").locator("li")
    await expect(attempts).to_have_count(1)
    for part in ("Test", "answered 200", "fine fine"):
        await expect(attempts).to_contain_text(part)
    assert await console.audit() == []
    await attempts.get_by_role("button", name="Send again").click()
    await expect(attempts).to_have_count(2)
    await expect(console.hook("attempts-note")).to_contain_text("Sent: answered 200")
    first, second = hook.headers()
    assert first["webhook-id"] == second["webhook-id"]
    await console.page.keyboard.press("Escape")
    await expect(console.hook("attempts-dialog")).to_be_hidden()
    await expect(console.hook("webhooks-dialog")).to_be_visible()
    await expect(row.get_by_role("button", name="Attempts")).to_be_focused()


async def test_one_that_fails_says_so_and_is_switched_off_and_on(
    world: Cluster, open_console: Open, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.services.webhook_sender.WAITS", (600.0,))
    hook.answers["x"] = [500, 410, 200]
    console = await opened(world, open_console)
    await make(console, f"{hook.url}/x")
    row = console.hook("webhooks-list").locator("li")
    badge = row.locator(".badge")
    test = row.locator(".webhook-test")
    await test.click()
    await expect(said(row)).to_contain_text("Sent: failed, answered 500")
    await expect(badge).to_have_text("Fails")
    await expect(row).to_contain_text("Cannot be told since")
    await row.locator(".webhook-attempts").click()
    attempts = console.hook("attempts-list").locator("li")
    await expect(attempts).to_contain_text("tried again")
    await expect(attempts.locator(".attempt-again")).to_be_hidden()
    assert await console.audit() == []
    await console.hook("attempts-close").click()
    await row.locator(".webhook-switch").click()
    await expect(badge).to_have_text("Off")
    await expect(test).to_have_attribute("aria-disabled", "true")
    await test.click(force=True)
    await expect(said(row)).to_have_text("It is switched off: switch it on first.")
    await row.locator(".webhook-switch").click()
    await wait_until(lambda: hook.has(2), what="what waited, at once")

    async def is_gone() -> bool:
        await console.hook("webhooks-refresh").click()
        return "It answered 410" in await row.inner_text()

    await wait_until(is_gone)
    await expect(badge).to_have_text("Off")
    assert await console.audit() == []
    await row.locator(".webhook-switch").click()
    await wait_until(lambda: hook.has(3), what="what waited, once more")


async def test_why_none_is_made_stands_at_the_form(
    small_world: Cluster, open_console: Open
) -> None:
    console = await opened(small_world, open_console)
    address, why = console.hook("webhooks-address"), console.hook("webhooks-why")
    for wanted, expected in (
        ("", "This is no address"),
        ("http://example.com/", "Only addresses that begin with https:// are taken."),
        ("https://127.0.0.1/x", "Addresses within a private network are not taken."),
    ):
        await address.fill(wanted)
        await console.hook("webhooks-make").click()
        await expect(why).to_contain_text(expected)
        await expect(address).to_be_focused()
    assert await console.audit() == []

    async def refuse(route: Route) -> None:
        if route.request.method != "POST":
            return await route.continue_()
        body = {"status": False, "code": "too_many_webhooks", "message": "x"}
        return await route.fulfill(status=409, json=body)

    await console.page.route("**/api/webhooks", refuse)
    await console.hook("webhooks-make").click()
    await expect(why).to_contain_text("There are no webhooks on this server")
    await expect(address).to_have_value("https://127.0.0.1/x")
    await expect(console.hook("webhooks-made")).to_be_hidden()
    # What the browser itself notes of calls that are refused.
    await wait_until(lambda: len(console.complaints) == 3)
    console.complaints.clear()


async def test_without_a_connection_it_stays_to_be_read_and_waits(
    world: Cluster, open_console: Open, hook: Webhook
) -> None:
    console = await opened(world, open_console)
    await make(console, f"{hook.url}/x")
    row = console.hook("webhooks-list").locator("li")
    await row.locator(".webhook-test").click()
    await expect(said(row)).to_contain_text("Sent: answered 200")
    await row.locator(".webhook-attempts").click()
    again = console.hook("attempts-list").locator(".attempt-again")
    await expect(again).to_be_enabled()
    await console.offline()
    note = console.hook("attempts-note")
    await expect(note).to_contain_text("Not connected")
    await again.click(force=True)
    await expect(note).to_have_text("Waits for the connection")
    await expect(console.hook("attempts-list")).to_contain_text("answered 200")
    await console.hook("attempts-close").click()
    await expect(console.hook("webhooks-note")).to_contain_text("Not connected")
    for name in ("test", "attempts", "switch", "remove"):
        button = row.locator(f".webhook-{name}")
        await expect(button).to_have_attribute("title", "Waits for the connection")
        await button.click(force=True)
        await expect(said(row)).to_have_text("Waits for the connection")
    await console.hook("webhooks-address").fill(f"{hook.url}/y")
    await console.press("webhooks-make")
    await expect(console.hook("webhooks-why")).to_have_text("Waits for the connection")
    await expect(row).to_contain_text(f"{hook.url}/x")
    assert await console.audit() == []
    await console.offline(False)
    await expect(console.hook("webhooks-note")).not_to_contain_text("Not connected")
    await expect(said(row)).to_have_text("")
    await expect(row.locator(".webhook-switch")).not_to_have_attribute("aria-disabled", "true")
    await row.locator(".webhook-switch").click()
    await expect(row.locator(".badge")).to_have_text("Off")
    assert await console.hook("webhooks-address").input_value() == f"{hook.url}/y"


async def test_it_fits_a_phone_and_a_thumb_and_large_text(
    world: Cluster, open_console: Open, hook: Webhook
) -> None:
    console = await opened(world, open_console, **PHONE)
    await make(console, f"{hook.url}/x?key=wonderfully-long-{'and-without-a-space-' * 9}")
    await expect(console.hook("webhooks-list").locator("li")).to_have_count(1)
    dialog = console.hook("webhooks-dialog")
    assert await dialog.evaluate(TARGETS) == []
    address = console.hook("webhooks-list").locator(".webhook-url")
    assert await address.evaluate("(node) => node.clientHeight < 80")
    assert await address.get_attribute("title") == await address.inner_text()
    for size in ("100%", "200%"):
        await console.page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
        assert await dialog.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0, size


UNCOVERED = """(node) => {
  const { x, y, width, height } = node.getBoundingClientRect();
  return node.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""


async def test_what_is_said_of_a_long_list_is_in_sight(
    small_world: Cluster, open_console: Open
) -> None:
    none = dict.fromkeys(("profiles", "failingSince", "nextAt", "lastAttempt"))
    shared = {**none, "events": ["run.stopped"], "operatorId": "demo", "madeAt": 1, "state": "on"}
    listed = [{"id": str(at), "url": f"https://example.com/{at}", **shared} for at in range(9)]
    away = False

    async def answer(route: Route) -> None:
        if away:
            return await route.abort("internetdisconnected")
        body: dict[str, Any] = {"status": False, "code": "too_many_webhooks", "message": "x"}
        if route.request.method != "POST":
            return await route.fulfill(json={"status": True, "webhooks": listed})
        return await route.fulfill(status=409, json=body)

    console: Console = await open_console(small_world.urls[0])
    await console.page.route("**/api/webhooks", answer)
    await console.sign_in()
    await expect(console.hook("connection")).to_have_text("Connected")
    await console.menu("webhooks-open")
    await console.hook("webhooks-address").fill("https://example.com/x")
    await console.page.keyboard.press("Enter")
    why, note = console.hook("webhooks-why"), console.hook("webhooks-note")
    await expect(why).to_contain_text("as many as there may be")
    assert await why.evaluate(UNCOVERED)
    away = True
    await console.hook("webhooks-refresh").click()
    await expect(note).to_contain_text("could not be loaded")
    await wait_until(
        lambda: note.evaluate(UNCOVERED), what="why they are not loaded anew, in sight"
    )
    # What the browser itself notes of calls that are refused.
    await wait_until(lambda: len(console.complaints) == 2)
    console.complaints.clear()


async def test_one_that_somebody_else_removes_meanwhile_is_said_to_be_gone(
    world: Cluster, open_console: Open, hook: Webhook
) -> None:
    console = await opened(world, open_console)
    for name in ("x", "y"):
        await make(console, f"{hook.url}/{name}")
    rows = console.hook("webhooks-list").locator("li")
    await expect(rows).to_have_count(2)
    mate = await opened(world, open_console)
    theirs = mate.hook("webhooks-list").locator("li")
    await theirs.first.locator(".webhook-remove").click()
    await mate.hook("confirm-ok").click()
    await expect(theirs).to_have_count(1)
    await rows.first.locator(".webhook-switch").click()
    await expect(rows).to_have_count(1)
    await expect(console.hook("webhooks-note")).to_contain_text("/x\u2069 was removed meanwhile.")
    await expect(console.hook("webhooks-close")).to_be_focused()
    # What the browser itself notes of a call that is refused.
    await wait_until(lambda: len(console.complaints) == 1)
    console.complaints.clear()


async def test_what_a_slow_server_was_told_is_not_told_it_twice(
    world: Cluster, open_console: Open, hook: Webhook
) -> None:
    console = await opened(world, open_console)
    await make(console, f"{hook.url}/x")
    row = console.hook("webhooks-list").locator("li")
    goes_on, asked = asyncio.Event(), list[str]()

    async def slow(route: Route) -> None:
        asked.append(route.request.method)
        await goes_on.wait()
        await route.continue_()

    await console.page.route("**/api/webhooks/*", slow)
    switch = row.locator(".webhook-switch")
    await switch.click()
    await expect(switch).to_have_attribute("aria-disabled", "true")
    await switch.click(force=True)
    await expect(said(row)).to_have_text("This is being done…")
    goes_on.set()
    await expect(row.locator(".badge")).to_have_text("Off")
    await expect(switch).not_to_have_attribute("aria-disabled", "true")
    await expect(said(row)).to_have_text("")
    assert len(asked) == 1
