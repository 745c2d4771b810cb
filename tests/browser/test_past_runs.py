"""The history of runs: seen, filtered, looked into, and its texts used again."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.browser.console import Console, Open
from tests.browser.test_sizes import PHONE
from tests.browser.test_two_devices import pair
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CALL = "**/api/runs?*"


async def look(console: Console) -> None:
    await console.menu("past-open")
    await expect(console.hook("past-dialog")).to_be_visible()


async def test_it_is_found_by_the_keys_and_the_focus_goes_back(
    small_world: Cluster, open_console: Open
) -> None:
    console: Console = await open_console(small_world.urls[0])
    await console.begin("1001")
    text = console.hook("chat-text")
    await text.focus()
    await console.page.keyboard.press("Control+k")
    await console.page.keyboard.type("run history")
    await console.page.keyboard.press("Enter")
    await expect(console.hook("past-dialog")).to_be_visible()
    await expect(console.hook("past-empty")).to_have_text("No run has ended yet.")
    await console.page.keyboard.press("Escape")
    await expect(console.hook("past-dialog")).to_be_hidden()
    await expect(text).to_be_focused()


async def test_a_run_is_seen_as_it_ends_looked_into_and_its_text_used_again(
    two_servers: Cluster, open_console: Open
) -> None:
    a, b = await pair(two_servers, open_console)
    await look(b)
    await expect(b.hook("past-empty")).to_have_text("No run has ended yet.")
    text = "Hello, the sea is near"
    await a.hook("chat-text").fill(text)
    await a.start("chat")
    rows = b.hook("past-list").get_by_role("listitem")
    await expect(rows).to_have_count(1)
    for said in ("Chat of", "Completed", "messaged", "by \u2068demo\u2069", text):
        await expect(rows).to_contain_text(said)
    assert await b.audit() == []
    await b.hook("past-text").fill("SEA")
    await b.page.keyboard.press("Enter")
    await expect(rows).to_have_count(1)
    await b.hook("past-outcome").select_option("stopped")
    await expect(b.hook("past-empty")).to_have_text("Nothing fits.")
    await b.hook("past-outcome").select_option("completed")
    await expect(rows).to_have_count(1)
    async with b.page.expect_download() as download:
        await b.hook("past-export").click()
    lines = Path(await (await download.value).path()).read_text("utf-8-sig").splitlines()
    assert [line.rpartition(",")[2] for line in lines] == ["message", ' the sea is near"']

    await rows.get_by_role("button").click()
    await expect(b.hook("past-run-text")).to_have_text(text)
    await expect(b.hook("past-run-facts")).to_contain_text("Recipients")
    assert await b.audit() == []
    await b.hook("past-run-again").click()
    await expect(b.hook("past-dialog")).to_be_hidden()
    await expect(b.hook("chat-text")).to_have_value(text)
    await expect(b.hook("chat-text")).to_be_focused()
    await expect(b.hook("banner")).to_contain_text("Nothing has been sent.")


def entry(**fields: object) -> dict[str, object]:
    texts = ("reason", "code", "stoppedBy", "stoppedByName", "planId", "only", "device")
    none = ("messageInterval", "continuousPause", "totals")
    zero = ("cycle", "pauses", "pausedFor", "waits", "waitedFor", "skipped", "uncertain")
    return {
        **dict.fromkeys(texts, ""),
        **dict.fromkeys(none),
        **dict.fromkeys(zero, 0),
        "id": "r1",
        "startedAt": 1_790_000_000_000,
        "endedAt": 1_790_000_300_000,
        "profileId": "1001",
        "type": "chat",
        "operatorId": "demo",
        "deviceId": "d",
        "outcome": "completed",
        "detached": False,
        "total": 9,
        "sent": 9,
        "failed": 0,
        "beginning": "Hello",
        **fields,
    }


async def test_what_was_attached_comes_along_and_where_nothing_was_what_is_there_stays(
    small_world: Cluster, open_console: Open
) -> None:
    a = await (await open_console(small_world.urls[0], **PHONE)).begin("1001")
    runs = [entry(type="mail", id=id_, beginning=id_) for id_ in ("with", "without")]
    sea = {"title": "Sea", "link": "https://media.example/1.jpg", "message_type": "SENT_IMAGE"}

    async def one(route: Route) -> None:
        id_ = route.request.url.rpartition("/")[2]
        attached = [sea] if id_ == "with" else []
        await route.fulfill(json={"run": runs[0], "message": id_, "attachments": attached})

    await a.page.route(CALL, lambda route: route.fulfill(json={"runs": runs, "next": None}))
    await a.page.route("**/api/runs/w*", one)
    for index, said in enumerate(("The text and its attachments are", "The text is")):
        await look(a)
        await a.hook("past-list").get_by_role("button").nth(index).click()
        await a.hook("past-run-again").click()
        await expect(a.hook("mail-text")).to_have_value(str(runs[index]["id"]))
        await expect(a.hook("mail-text")).to_be_visible()
        await expect(a.hook("banner")).to_contain_text(f"{said} in the mail box")
        await expect(a.hook("attachment-chip-0")).to_contain_text("Sea")


async def test_whom_it_could_not_message_is_read_page_by_page(
    small_world: Cluster, open_console: Open
) -> None:
    a = await (await open_console(small_world.urls[0])).begin("1001")
    run = entry(outcome="interrupted", code="runner_lost", failed=9, uncertain=1)

    async def answer(route: Route) -> None:
        url, body = route.request.url, dict[str, Any]()
        if "recipients" not in url:
            body = {"run": run, "message": "", "attachments": []}
        elif "outcome=uncertain" in url:
            body = {"recipients": [], "unnamed": 0, "next": None}
        else:
            second = "cursor=17" in url
            who = [{"id": str(n), "name": f"Person {n}", "reason": "no", "at": n} for n in (2, 1)]
            body = {"recipients": who, "unnamed": 7, "next": None if second else "17"}
        await route.fulfill(json=body)

    async def page(route: Route) -> None:
        await route.fulfill(json={"runs": [run], "next": None})

    await a.page.route("**/api/runs/**", answer)
    await a.page.route(CALL, page)
    await look(a)
    await a.hook("past-list").get_by_role("button").click()
    await expect(a.hook("past-run-outcome")).to_have_text(
        "Interrupted · its server was lost · 9 messaged · 9 failed · 1 uncertain"
    )
    failed = a.hook("past-run-failed")
    await expect(failed.get_by_role("listitem")).to_have_count(2)
    await expect(failed.get_by_role("listitem").first).to_contain_text("Person 1")
    await failed.get_by_role("button").click()
    await expect(failed.get_by_role("listitem")).to_have_count(4)
    await expect(failed).to_contain_text("And 7 who are not listed by name")
    await expect(failed.get_by_role("button")).to_be_hidden()
    await expect(a.hook("past-run-uncertain")).to_be_hidden()
    await expect(a.hook("past-run-again")).to_have_attribute("aria-disabled", "true")
    assert await a.audit() == []


async def test_among_very_many_it_searches_on(small_world: Cluster, open_console: Open) -> None:
    a = await (await open_console(small_world.urls[0])).begin("1001")

    async def page(route: Route) -> None:
        further = "cursor" in route.request.url
        await route.fulfill(
            json={"runs": [entry()] if further else [], "next": None if further else "5"}
        )

    await a.page.route(CALL, page)
    await look(a)
    await expect(a.hook("past-list").get_by_role("listitem")).to_have_count(1)
    await expect(a.hook("past-more")).to_be_hidden()


async def test_what_fails_is_said(small_world: Cluster, open_console: Open) -> None:
    a = await (await open_console(small_world.urls[0])).begin("1001")
    await a.offline()
    await look(a)
    await expect(a.hook("past-note")).to_contain_text("the server cannot be reached")
    await expect(a.hook("past-empty")).to_be_hidden()
    await a.offline(False)
    await a.hook("past-refresh").click()
    await expect(a.hook("past-empty")).to_have_text("No run has ended yet.")
