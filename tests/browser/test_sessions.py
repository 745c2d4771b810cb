"""Sessions, in two real browsers: seen, and signed out from each other."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Route, expect

from tests.browser.console import Console, Open
from tests.browser.test_two_devices import pair
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOKEN = "JSON.parse(sessionStorage.getItem('alphasync.session')).token"
Answer = Callable[[Route], Awaitable[None]]
ASK = """async (token) =>
  (await fetch('/api/sessions', { headers: { Authorization: `Bearer ${token}` } })).status"""


CALLS = re.compile(r"/api/sessions(/|\?|$)")
SESSION: dict[str, object] = {
    **dict.fromkeys(("email", "address", "device"), ""),
    "agent": "Firefox on Linux",
    "since": 1_790_000_000_000,
    "lastSeen": 1_790_000_000_000,
    "here": False,
    "current": False,
}
MATES = {**SESSION, "id": "1", "operatorId": "ann"}
OWN = {**SESSION, "id": "2", "operatorId": "demo"}


async def sessions(route: Route, *listed: dict[str, object], following: str | None = None) -> None:
    await route.fulfill(json={"sessions": listed, "next": following, "status": True})


async def begin(world: Cluster, open_console: Open, answer: Answer) -> Console:
    """A console whose calls about sessions are answered by this."""
    console = await (await open_console(world.urls[0])).begin("1001")
    await console.page.route(CALLS, answer)
    await look(console)
    return console


async def look(console: Console) -> None:
    await console.hook("account").click()
    await console.hook("sessions-open").click()


async def test_the_others_are_seen_and_signed_out(world: Cluster, open_console: Open) -> None:
    a, b = await pair(world, open_console)
    c = await (await open_console(world.urls[0])).begin("1001")
    await look(a)
    rows = a.hook("sessions-list").locator("li")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(0)).to_contain_text("127.0.0.1")
    await expect(rows.nth(2).get_by_text("This session")).to_be_visible()
    await expect(rows.nth(0).get_by_text("This session")).to_be_hidden()
    await rows.nth(0).get_by_role("button", name="Sign out").click()
    await a.hook("confirm-ok").click()
    await expect(rows).to_have_count(2)
    await expect(a.hook("sessions-note")).to_contain_text("is signed out.")
    await expect(c.page.get_by_text("signed out from another one")).to_be_visible()
    await look(b)
    await expect(b.hook("sessions-list").locator("li")).to_have_count(2)
    await b.hook("sessions-others").click()
    await expect(b.hook("confirm-dialog")).to_be_visible()
    await a.hook("sessions-others").click()
    await a.hook("confirm-ok").click()
    await expect(rows).to_have_count(1)
    await expect(a.hook("sessions-others")).to_be_hidden()
    await expect(b.page.get_by_text("signed out from another one")).to_be_visible()
    await expect(b.page.locator("dialog[open]")).to_have_count(0)
    await b.page.reload()
    await expect(b.hook("sign-in")).to_be_visible()
    await b.begin("1001")
    await expect(rows).to_have_count(1)


async def test_who_signs_out_has_ended_the_session(
    small_world: Cluster, open_console: Open
) -> None:
    a = await (await open_console(small_world.urls[0])).begin("1001")
    b = await (await open_console(small_world.urls[0])).begin("1001")
    token = await a.page.evaluate(TOKEN)
    assert await b.page.evaluate(ASK, token) == 200
    await a.hook("account").click()
    await a.hook("sign-out").click()
    await expect(a.hook("sign-in")).to_be_visible()
    await look(b)
    await expect(b.hook("sessions-list").locator("li")).to_have_count(1)
    await a.page.goto("about:blank")
    answer = await b.page.request.get(
        f"{small_world.urls[0]}/api/sessions", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status == 401


async def test_whose_they_are_is_known_before_the_page_with_ones_own(
    small_world: Cluster, open_console: Open
) -> None:
    async def answer(route: Route) -> None:
        if "cursor" in route.request.url:
            await sessions(route, OWN, {**OWN, "id": "3", "current": True})
        else:
            await sessions(route, MATES, following="1")

    a = await begin(small_world, open_console, answer)
    rows = a.hook("sessions-list").locator("li")
    await expect(rows.locator(".device-line")).to_have_text("\u2068ann\u2069")
    title = a.hook("sessions-dialog").get_by_role("heading")
    await expect(title).to_have_text("Who is signed in")
    await expect(a.hook("sessions-others")).to_be_visible()
    await a.hook("sessions-more").click()
    await expect(rows).to_have_count(3)
    await expect(rows.nth(1)).not_to_contain_text("demo")
    await expect(rows.nth(1).locator(".device-line")).to_be_hidden()
    await expect(a.hook("sessions-others")).to_be_visible()


async def test_an_error_goes_once_it_is_over(small_world: Cluster, open_console: Open) -> None:
    tries, over = 0, asyncio.Event()

    async def answer(route: Route) -> None:
        nonlocal tries
        if route.request.method == "DELETE":
            await route.fulfill(json={"ended": 1, "status": True})
        elif "cursor" not in route.request.url:
            await sessions(route, OWN, following="1")
        elif (tries := tries + 1) == 2:
            await sessions(route, {**OWN, "id": "3"}, following="2")
        else:
            if tries > 2:
                await over.wait()
            await route.abort()

    a = await begin(small_world, open_console, answer)
    rows, note = a.hook("sessions-list").locator("li"), a.hook("sessions-note")
    await a.hook("sessions-more").click()
    await expect(note).to_contain_text("could not be loaded")
    await a.hook("sessions-more").click()
    await expect(rows).to_have_count(2)
    await expect(note).to_be_empty()

    async with a.page.expect_event("requestfailed"):
        await a.hook("sessions-more").click()
        await rows.first.get_by_role("button").click()
        await a.hook("confirm-ok").click()
        await expect(rows).to_have_count(1)
        over.set()
    await a.page.evaluate("new Promise((done) => setTimeout(done))")
    await expect(note).to_contain_text("is signed out.")
    a.complaints.clear()  # what was broken off


async def test_that_one_could_not_be_signed_out_stays_said(
    small_world: Cluster, open_console: Open
) -> None:
    async def answer(route: Route) -> None:
        if route.request.method == "DELETE":
            await route.abort()
        else:
            await sessions(route, OWN)

    a = await begin(small_world, open_console, answer)
    await a.hook("sessions-list").get_by_role("button").click()
    async with a.page.expect_response(CALLS):
        await a.hook("confirm-ok").click()
    await a.page.evaluate("new Promise((done) => setTimeout(done))")
    said = "The server cannot be reached. Try again in a moment."
    await expect(a.hook("sessions-note")).to_have_text(said)
    a.complaints.clear()  # what was broken off


async def test_who_has_to_sign_in_again_asks_no_more(
    small_world: Cluster, open_console: Open
) -> None:
    asked: list[str] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.method)
        if route.request.method == "GET":
            await sessions(route, OWN)
        else:
            await route.fulfill(status=401, json={"status": False, "code": "signed_out"})

    a = await begin(small_world, open_console, answer)
    await a.hook("sessions-others").click()
    await a.hook("confirm-ok").click()
    await expect(a.hook("sign-in")).to_be_visible()
    await expect(a.hook("sessions-dialog")).to_be_hidden()
    assert asked == ["GET", "DELETE"]
    a.complaints.clear()  # that it was refused
