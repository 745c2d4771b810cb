"""The account's record: seen, filtered, and taken as a file; and what is said where that fails."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.browser.console import Console, Open
from tests.browser.test_two_devices import pair
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CALL = "**/api/audit?*"
DAYS = "[0, 1].map((days) => new Date(Date.now() + days * 86_400_000).toLocaleDateString('sv'))"
"""Today and tomorrow, as fields of days have them."""
ENTRY: dict[str, object] = {
    **dict.fromkeys(("sessionId", "address", "agent", "deviceId", "device", "runId", "planId"), ""),
    "at": 1_790_000_000_000,
    "action": "run_started",
    "operatorId": "demo",
    "profileId": "1001",
    "type": "chat",
    "count": None,
    "target": "",
    "targetDeviceId": "",
    "detail": "",
}


async def look(console: Console) -> None:
    await console.menu("record-open")
    await expect(console.hook("record-dialog")).to_be_visible()


async def answer(route: Route, entries: list[dict[str, object]], following: str | None) -> None:
    body = [{**ENTRY, "id": f"{number}-0", **entry} for number, entry in enumerate(entries)]
    await route.fulfill(json={"entries": body, "next": following, "status": True})


async def test_who_did_what_is_seen_filtered_and_exported(
    two_servers: Cluster, open_console: Open
) -> None:
    a, b = await pair(two_servers, open_console)
    await a.hook("chat-text").fill("Hello there")
    await a.start("chat")
    await expect(b.hook("chat-status")).to_contain_text("Completed")
    await look(b)
    rows = b.hook("record-list").get_by_role("listitem")
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_contain_text("Started a run")
    for text in ("Chat of", "by \u2068demo\u2069", "127.0.0.1", " on Linux"):
        await expect(rows.first).to_contain_text(text)
    await expect(b.hook("record-note")).to_have_text("3 in all")
    assert await b.audit() == []

    await b.hook("record-action").select_option(label="Signed in")
    await expect(rows).to_have_count(2)
    async with b.page.expect_download() as download:
        await b.hook("record-export").click()
    lines = Path(await (await download.value).path()).read_text("utf-8-sig").splitlines()
    assert [line.split(",")[2] for line in lines] == ["action", "signed_in", "signed_in"]
    await expect(b.hook("record-note")).to_have_text("Exported.")
    today, tomorrow = await b.page.evaluate(DAYS)
    await b.hook("record-from").fill(today)
    await b.hook("record-to").fill(today)
    await expect(rows).to_have_count(2)
    await b.hook("record-to").fill("")
    await b.hook("record-from").fill(tomorrow)
    await expect(rows).to_have_count(0)
    await expect(b.hook("record-empty")).to_have_text("Nothing fits.")
    await b.hook("record-from").fill("")
    await expect(rows).to_have_count(2)
    await b.hook("record-to").fill("2020-01-31")
    await expect(rows).to_have_count(0)
    await expect(b.hook("record-empty")).to_have_text("Nothing fits.")
    await b.hook("record-to").fill("")
    await expect(rows).to_have_count(2)
    await b.hook("record-who").fill("somebody")
    await b.page.keyboard.press("Enter")
    await expect(b.hook("record-empty")).to_be_visible()
    await b.hook("record-who").fill("demo")
    await b.page.keyboard.press("Enter")
    await expect(rows).to_have_count(2)

    await (await open_console(two_servers.urls[0])).begin("1001")
    await b.hook("record-refresh").click()
    await expect(rows).to_have_count(3)
    await b.page.keyboard.press("Escape")
    await expect(b.hook("record-dialog")).to_be_hidden()


async def test_older_ones_follow_and_unknown_actions_are_named(
    small_world: Cluster, open_console: Open
) -> None:
    a = await (await open_console(small_world.urls[0])).begin("1001")

    async def pages(route: Route) -> None:
        if "cursor" in route.request.url:
            await answer(route, [{"action": "moon_painted", "detail": "red", "type": ""}], None)
        else:
            await answer(route, [{"runId": "r", "target": "mate", "count": 3}], "1-0")

    await a.page.route(CALL, pages)
    await look(a)
    rows = a.hook("record-list").get_by_role("listitem")
    await expect(rows.first).to_contain_text("3 people")
    await expect(rows.first).to_contain_text("started by \u2068mate\u2069")
    await expect(a.hook("record-note")).to_have_text("The newest 1")
    await a.tab_to("record-more")
    await a.page.keyboard.press("Enter")
    await expect(rows).to_have_count(2)
    await expect(rows.last).to_contain_text("moon_painted")
    await expect(rows.last).to_contain_text("red")
    await expect(a.hook("record-more")).to_be_hidden()
    await expect(a.hook("record-list")).to_be_focused()


async def test_what_fails_is_said_and_what_was_shown_stays(
    small_world: Cluster, open_console: Open
) -> None:
    a = await (await open_console(small_world.urls[0])).begin("1001")
    await look(a)
    rows = a.hook("record-list").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    await a.offline()
    await a.hook("record-refresh").click()
    await expect(a.hook("record-note")).to_contain_text("the server cannot be reached")
    await expect(rows).to_have_count(1)
    await a.hook("record-action").select_option(label="Stopped a run")
    await expect(rows).to_have_count(0)
    await expect(a.hook("record-empty")).to_be_hidden()
    await a.offline(False)
    await a.hook("record-action").select_option("")
    await expect(rows).to_have_count(1)

    refusal = json.dumps({"status": False, "code": "not_allowed", "message": "no"})
    refused = {"status": 403, "body": refusal, "content_type": "application/json"}
    await a.page.route("**/api/audit*", lambda route: route.fulfill(**refused))
    await a.hook("record-refresh").click()
    await expect(rows).to_have_count(1)
    await expect(a.hook("record-note")).to_contain_text("Only admins")
    assert await a.audit() == []
    a.complaints.clear()
