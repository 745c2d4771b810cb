"""The page at /docs: the calls and the events of the server that it comes from."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.harness import Cluster
from tests.integration.http.asking import DEMO

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"width": 390, "height": 800}


@contextlib.asynccontextmanager
async def page_at(chromium: Browser, url: str, **options: object) -> AsyncIterator[Page]:
    """A page that complains of nothing, and asks nobody but its server."""
    context = await chromium.new_context(**options)  # type: ignore[arg-type]
    page = await context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    try:
        await page.goto(f"{url}/docs")
        yield page
    finally:
        await context.close()
    assert not complaints
    strangers = [each for each in asked if not each.startswith((url, "data:"))]
    assert not strangers


async def test_a_call_is_read_and_tried(small_world: Cluster, chromium: Browser) -> None:
    async with page_at(chromium, small_world.urls[0]) as page:
        login = page.locator("#operations-auth-postAuthLogin")
        await login.get_by_role("button").first.click()
        await expect(
            login.get_by_text("the credentials are checked by the gateway")
        ).to_be_visible()
        await login.get_by_role("button", name="Try it out").click()
        body = login.locator("textarea")
        await body.fill(f'{{"email": "{DEMO["email"]}", "password": "{DEMO["password"]}"}}')
        async with page.expect_response("**/api/auth/login") as answered:
            await login.get_by_role("button", name="Execute").click()
        assert (await answered.value).status == 200


async def test_what_is_typed_before_they_have_come_is_found(
    small_world: Cluster, chromium: Browser
) -> None:
    free = asyncio.Event()

    async def hold(route: Route) -> None:
        await free.wait()
        await route.continue_()

    async with page_at(chromium, small_world.urls[0]) as page:
        await page.route("**/docs/asyncapi.json", hold)
        await page.get_by_role("link", name="Commands and events").click()
        await page.get_by_test_id("docs-find").fill("startproc")
        free.set()
        await expect(page.locator(".message:visible")).to_have_count(1)


async def test_events_and_commands_are_found_with_their_fields(
    small_world: Cluster, chromium: Browser
) -> None:
    async with page_at(chromium, small_world.urls[0], viewport=PHONE, color_scheme="dark") as page:
        await page.get_by_role("link", name="Commands and events").click()
        await page.get_by_test_id("docs-find").fill("startproc")
        shown = page.locator(".message:visible")
        await expect(shown).to_have_count(1)
        await shown.locator("summary").click()
        await expect(shown).to_contain_text("profileId")
        await expect(shown.get_by_role("heading")).to_have_text("Acknowledged with")
        await expect(shown.get_by_text("runId", exact=True)).to_be_visible()
        await page.get_by_test_id("docs-find").fill("nothing")
        await expect(page.get_by_test_id("docs-none")).to_have_text("Nothing is called so.")
        await page.get_by_test_id("docs-find").fill("messageUpdated")
        await shown.locator("summary").click()
        await expect(shown).to_contain_text(
            "To all devices that may see it, but for the acting one."
        )
        wide = "document.documentElement.scrollWidth - innerWidth"
        assert await page.evaluate(wide) == 0, "only a table may be wider than the page"


async def test_what_cannot_be_loaded_is_said(small_world: Cluster, chromium: Browser) -> None:
    async def fail(route: Route) -> None:
        await route.fulfill(status=503)

    context = await chromium.new_context()
    page = await context.new_page()
    await page.route(re.compile("asyncapi.json"), fail)
    await page.goto(f"{small_world.urls[0]}/docs/events")
    await expect(page.get_by_role("alert")).to_have_text(
        "This could not be loaded. Try again in a moment."
    )
    await context.close()


async def test_files_of_it_are_no_part_of_the_console(small_world: Cluster) -> None:
    names = small_world.servers[0].console.build.files
    assert not [name for name in names if name.startswith("docs/")]
    assert "package.json" not in names
