"""The figures of the account: seen as charts and tables, for a range of days, and as files."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.browser.console import Console, Open
from tests.browser.test_roles import member
from tests.harness import Cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CALL = "**/api/analytics?*"
ZONE = "America/New_York"


async def look(console: Console) -> dict[str, Any]:
    """Open them, and what the server has answered."""
    async with console.page.expect_response(CALL) as response:
        await console.menu("analytics-open")
    answer = await (await response.value).json()
    await expect(console.hook("analytics-note")).not_to_have_text("Loading…")
    assert isinstance(answer, dict)
    return answer


async def cells(table: Locator) -> list[list[str]]:
    rows = await table.locator("tbody tr").all()
    return [await row.locator("th, td").all_inner_texts() for row in rows]


async def test_a_run_is_seen_in_them_in_tables_and_in_a_file(
    small_world: Cluster, open_console: Open
) -> None:
    a: Console = await open_console(small_world.urls[0], timezone_id=ZONE)
    await a.begin("1001")
    answer = await look(a)
    assert (answer["zone"], len(answer["days"])) == (ZONE, 30)
    await a.hook("analytics-close").click()

    await a.hook("chat-text").fill("Hello")
    await a.start("chat")
    await expect(a.hook("chat-status")).to_contain_text("Completed")
    answer = await look(a)
    today = answer["days"][-1]
    assert (today["sent"] > 0, today["completed"]) == (True, 1)
    messages = a.hook("figure-messages")
    await messages.get_by_text("Numbers").click()
    parts = ("sent", "skipped", "failed", "uncertain")
    shown = await cells(messages.get_by_role("table"))
    assert [row[1:] for row in shown] == [[str(day[of]) for of in parts] for day in answer["days"]]
    assert shown[-1][0].endswith(", so far")
    [profile] = await cells(a.hook("figure-profiles").get_by_role("table"))
    assert profile[1] == "1"
    await expect(a.hook("figure-reasons")).to_contain_text("Nobody.")
    async with a.page.expect_download() as download:
        await messages.get_by_role("button", name="Messages as CSV").click()
    file = await download.value
    assert file.suggested_filename == "messages-30-days.csv"
    lines = Path(await file.path()).read_text("utf-8-sig").splitlines()
    assert len(lines) == 31
    assert lines[-1] == ",".join([today["day"], *(str(today[of]) for of in parts)])

    async with a.page.expect_response(CALL) as response:
        await a.hook("analytics-7").check()
    assert len((await (await response.value).json())["days"]) == 7
    rows = messages.get_by_role("table").locator("tbody tr")
    await expect(rows).to_have_count(7)  # it is still open
    for theme in ("light", "dark"):
        await a.page.emulate_media(color_scheme=theme)
        assert await a.audit() == [], theme
    await a.page.set_viewport_size({"width": 390, "height": 844})
    assert (await a.audit(), await a.overflow()) == ([], 0)


async def test_who_does_not_oversee_has_none(small_world: Cluster, open_console: Open) -> None:
    operator = await member(small_world, open_console, "operator")
    await operator.hook("account").click()
    await expect(operator.hook("past-open")).to_be_visible()
    await expect(operator.hook("analytics-open")).to_be_hidden()
    await operator.page.keyboard.press("Escape")
    await operator.page.keyboard.press("Control+k")
    await operator.page.keyboard.type("analytics")
    await expect(operator.hook("palette").get_by_role("option")).to_have_count(0)


async def test_without_a_network_it_says_so_and_is_asked_again(
    small_world: Cluster, open_console: Open
) -> None:
    a: Console = await open_console(small_world.urls[0])
    await a.begin("1001")
    await a.offline()
    await a.menu("analytics-open")
    await expect(a.hook("analytics-note")).to_contain_text("the server cannot be reached")
    await a.offline(False)
    await a.hook("analytics-refresh").click()
    await expect(a.hook("analytics-note")).to_contain_text("Today is counted so far.")
    await a.page.keyboard.press("Escape")
    await expect(a.hook("analytics-dialog")).to_be_hidden()
