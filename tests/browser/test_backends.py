"""Service tokens in the console: made, shown once, used and revoked."""

import aiohttp
import pytest
from playwright.async_api import Route, expect

from tests.browser.console import Console, Open
from tests.harness import Cluster, wait_until
from tests.integration.http.asking import answer
from tests.integration.http.test_service_tokens import bearer

pytestmark = [pytest.mark.browser, pytest.mark.slow]


async def opened(world: Cluster, open_console: Open) -> Console:
    console = await (await open_console(world.urls[0])).begin("1001")
    await console.hook("account").click()
    await console.hook("backends-open").click()
    return console


async def test_one_is_made_shown_once_and_revoked(small_world: Cluster, open_console: Open) -> None:
    console = await opened(small_world, open_console)
    await expect(console.hook("backends-empty")).to_be_visible()
    await console.hook("backends-name").fill("Billing")
    await console.hook("backends-profiles").fill("1001, 1002")
    await console.hook("backends-lifetime").select_option("2592000")
    await console.hook("backends-make").click()
    await expect(console.hook("backends-made")).to_be_visible()
    token = await console.hook("backends-secret").input_value()
    rows = console.hook("backends-list").locator("li")
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Billing")
    await expect(rows).to_contain_text("Operator")
    await expect(rows).to_contain_text("never used")
    async with aiohttp.ClientSession(small_world.urls[0]) as web:
        path = "/api/commands/listDoNotContact"
        assert (await answer(web, "POST", path, headers=bearer(token)))[0] == 200
        await console.hook("backends-close").click()
        await console.hook("account").click()
        await console.hook("backends-open").click()
        await expect(rows).to_contain_text("last used")
        await expect(console.hook("backends-made")).to_be_hidden()
        assert await console.hook("backends-secret").input_value() == ""
        await rows.get_by_role("button", name="Revoke").click()
        await console.hook("confirm-ok").click()
        await expect(rows).to_have_count(0)
        await expect(console.hook("backends-note")).to_contain_text("is revoked.")
        assert (await answer(web, "POST", path, headers=bearer(token)))[0] == 401


async def test_what_is_refused_is_said(small_world: Cluster, open_console: Open) -> None:
    console = await opened(small_world, open_console)

    async def refuse(route: Route) -> None:
        if route.request.method != "POST":
            return await route.continue_()
        said = {"status": False, "code": "too_many_service_tokens", "message": "x"}
        return await route.fulfill(status=409, json=said)

    await console.page.route("**/api/tokens", refuse)
    await console.hook("backends-name").fill("Billing")
    await console.hook("backends-make").click()
    await expect(console.hook("backends-note")).to_contain_text("as many as there may be")
    await expect(console.hook("backends-made")).to_be_hidden()
    # What the browser itself notes of a call that is refused.
    await wait_until(lambda: console.complaints)
    console.complaints.clear()
