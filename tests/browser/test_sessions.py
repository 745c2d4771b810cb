"""Sessions, in two real browsers: seen, and signed out from each other."""

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.browser.test_two_devices import pair
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOKEN = "JSON.parse(sessionStorage.getItem('alphasync.session')).token"
ASK = """async (token) =>
  (await fetch('/api/sessions', { headers: { Authorization: `Bearer ${token}` } })).status"""


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
    await a.hook("sessions-others").click()
    await a.hook("confirm-ok").click()
    await expect(rows).to_have_count(1)
    await expect(a.hook("sessions-others")).to_be_hidden()
    await expect(b.page.get_by_text("signed out from another one")).to_be_visible()
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
