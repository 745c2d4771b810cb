"""What a console tells of while nobody looks at it."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.harness import Cluster, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PERMITS = """
let said = 'default';
globalThis.told = [];
Object.defineProperty(Notification, 'permission', {get: () => said});
Notification.requestPermission = async () => (said = 'granted');
ServiceWorkerRegistration.prototype.showNotification = async (title, {body, tag, data}) =>
  void told.push({title, body, tag, place: data.place});
"""
"""A browser without windows has nobody to ask, says no, and shows nothing."""
TOLD = "told"
ACTIVE = "async () => (await navigator.serviceWorker.getRegistration())?.active !== undefined"


async def opened(world: Cluster, open_console: Open) -> Console:
    console = await open_console("about:blank", service_workers="allow")
    await console.context.add_init_script(PERMITS)
    await console.page.goto(world.urls[0])
    return await console.begin("1001")


async def told(console: Console) -> list[dict[str, Any]]:
    """The notices that stand there, once there is one."""
    found: list[dict[str, Any]] = []

    async def some() -> bool:
        found[:] = await console.page.evaluate(TOLD)
        return bool(found)

    await wait_until(some, what="a notice")
    return found


async def test_who_looks_elsewhere_is_told_that_their_run_has_ended(
    small_world: Cluster, open_console: Open
) -> None:
    console = await opened(small_world, open_console)
    await console.hook("chat-text").fill("Hello there!")
    await wait_until(lambda: console.page.evaluate(ACTIVE), what="its worker")
    # In context: as the first run begins, and by a press.
    await console.start()
    await expect(console.hook("banner")).to_contain_text("Be told when a run ends")
    await console.hook("notify-me").click()
    await console.hide()
    [notice] = await told(console)
    assert notice["body"] == "Chat completed · 10 sent"
    assert notice["place"] == "#profile=1001"
    assert await console.page.title() == f"(1) {notice['title']} · alphasync"
    await console.hide(False)
    await expect(console.page).to_have_title(f"{notice['title']} · alphasync")
    await console.hook("account").click()
    for name, on in (("on", "true"), ("sound", "false"), ("title", "true")):
        await expect(console.hook(f"notices-{name}")).to_have_attribute("aria-checked", on)


async def test_who_looks_or_wants_none_is_not_told(
    small_world: Cluster, open_console: Open
) -> None:
    console = await opened(small_world, open_console)
    await console.menu("notices-title")
    await console.hook("chat-text").fill("Hello there!")
    await console.start()
    await console.hide()
    await expect(console.page.locator("#announcer")).to_have_text(re.compile("ompleted"))
    assert await console.page.evaluate(TOLD) == []
    assert not (await console.page.title()).startswith("(")
