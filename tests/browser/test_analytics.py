"""The figures of the account: seen as charts and tables, for a range of days, and as files."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Request, Route, expect

from tests.browser.console import Console, Open
from tests.browser.test_roles import member
from tests.harness import Cluster, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CALL = "**/api/analytics?*"
ZONE = "America/New_York"
LIBRARY = re.compile(r"/vendor/uPlot\.esm\.js$")
PAINTED = """(section) => {
  const colour = getComputedStyle(section.querySelector('.sample')).color;
  const chart = section.querySelector('.chart canvas');
  if (chart === null) return false;
  const { width, height } = chart;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context.drawImage(chart, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const wanted = colour.match(/\\d+/g).slice(0, 3).map(Number);
  const is = (at) => wanted.every((part, index) => Math.abs(data[at + index] - part) < 3);
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 0 && is(at)) return true;
  return false;
}"""
"""Whether there is something on a chart in the colour of its first series."""
FITS = """(node) => {
  const text = node.querySelector('span').getBoundingClientRect();
  return text.width + 4 <= node.getBoundingClientRect().width;
}"""


async def look(console: Console) -> dict[str, Any]:
    """Open them, and what the server has answered."""
    async with console.page.expect_response(CALL) as response:
        await console.menu("analytics-open")
    answer = await (await response.value).json()
    await expect(console.hook("analytics-note")).not_to_have_text("Loading…")
    assert isinstance(answer, dict)
    return answer


async def painted(figure: Locator) -> None:
    await wait_until(lambda: figure.evaluate(PAINTED), what="its bars")


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
    rows = messages.get_by_role("table").locator("tbody tr")
    await expect(rows).to_have_count(30)
    shown = await cells(messages.get_by_role("table"))
    assert [row[1:] for row in shown] == [[str(day[of]) for of in parts] for day in answer["days"]]
    assert shown[-1][0].endswith(", so far")
    [profile] = await cells(a.hook("figure-profiles").get_by_role("table"))
    assert profile[1] == "1"
    for name in ("failures", "reasons"):
        await expect(a.hook(f"figure-{name}")).to_contain_text("Nobody failed.")
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
    await expect(rows).to_have_count(7)  # it is still open
    for theme in ("light", "dark"):
        await a.page.emulate_media(color_scheme=theme)
        assert await a.audit() == [], theme
    await a.page.set_viewport_size({"width": 390, "height": 844})
    assert (await a.audit(), await a.overflow()) == ([], 0)
    await a.page.evaluate("document.documentElement.style.fontSize = '200%'")
    for range_ in await a.hook("analytics-dialog").locator(".range").all():
        assert await range_.evaluate(FITS)


def made(days: int) -> dict[str, Any]:
    """An answer with a message more on each day."""
    parts = ("skipped", "failed", "uncertain", "running", "completed", "stopped", "interrupted")
    zero = dict.fromkeys((*parts, "devices"), 0)
    each = [{"day": f"2026-03-{at + 1:02}", **zero, "sent": at + 1} for at in range(days)]
    hours = [[0] * 24] * 7
    names = ("profiles", "operators", "devices", "failures", "reasons")
    lists: dict[str, list[Any]] = {name: [] for name in names}
    return {"status": True, "zone": "UTC", "days": each, "hours": hours, **lists}


async def test_bars_are_drawn_in_each_theme_and_say_what_is_pointed_at(
    small_world: Cluster, open_console: Open
) -> None:
    a: Console = await open_console(small_world.urls[0], color_scheme="light")
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.extend(LIBRARY.findall(request.url))

    a.page.on("request", note)
    await a.page.route(CALL, lambda route: route.fulfill(json=made(30)))
    await a.begin("1001")
    assert asked == [], "before anybody wants to see them"
    await a.menu("analytics-open")
    messages = a.hook("figure-messages")
    chart = messages.get_by_role("img")
    await expect(chart).to_have_attribute("aria-label", re.compile("^Messages · .*Messaged 465 ·"))
    await expect(chart.locator("canvas")).to_have_count(1)
    await painted(messages)
    assert len(asked) == 1
    await a.page.emulate_media(color_scheme="dark")
    await painted(messages)
    await a.page.emulate_media(forced_colors="active")
    await painted(messages)

    over = chart.locator(".u-over")
    box = await over.bounding_box()
    assert box is not None
    await over.hover(position={"x": box["width"] - 4, "y": 20})
    await expect(messages).to_contain_text("30 Mar 2026, so far")
    await expect(messages.locator(".legend li").first).to_have_text("Messaged30")
    await a.hook("analytics-close").hover()
    await expect(messages.locator(".legend li").first).to_have_text("Messaged465")


async def test_without_the_charts_there_are_the_tables(
    small_world: Cluster, open_console: Open
) -> None:
    a: Console = await open_console(small_world.urls[0])
    await a.offline(False)  # the browser may complain of what is not there
    await a.page.route(CALL, lambda route: route.fulfill(json=made(7)))

    async def lost(route: Route) -> None:
        await route.abort("internetdisconnected")

    await a.page.route(LIBRARY, lost)
    await a.begin("1001")
    await a.menu("analytics-open")
    await expect(a.hook("analytics-note")).to_contain_text("The charts could not be loaded")
    messages = a.hook("figure-messages")
    await messages.get_by_text("Numbers").click()
    await expect(messages.get_by_role("table").locator("tbody tr")).to_have_count(7)
    await a.page.unroute(LIBRARY, lost)
    await a.hook("analytics-refresh").click()
    await painted(messages)


async def test_what_stands_there_stays_where_other_days_cannot_be_had(
    small_world: Cluster, open_console: Open
) -> None:
    a: Console = await open_console(small_world.urls[0])
    await a.offline(False)  # the browser may complain of what is not there

    async def answer(route: Route) -> None:
        if "days=30" in route.request.url:
            await route.fulfill(json=made(30))
        else:
            await route.abort("internetdisconnected")

    await a.page.route(CALL, answer)
    await a.begin("1001")
    await a.menu("analytics-open")
    messages = a.hook("figure-messages")
    await expect(messages).to_contain_text("Messaged465")
    await a.hook("analytics-365").click()
    await expect(a.hook("analytics-note")).to_contain_text("the server cannot be reached")
    await expect(a.hook("analytics-30")).to_be_checked()
    await expect(messages).to_contain_text("Messaged465")
    await expect(a.hook("analytics-figures")).not_to_have_attribute("aria-busy", "true")


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
