"""The page while servers are replaced by newer ones."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.browser.console import Open
from tests.builds import other_console
from tests.harness import Cluster, cluster

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FILES = re.compile(r"/static/[0-9a-f]{16}/")


@pytest.mark.parametrize("joins", [True, False], ids=["one-module", "many-modules"])
async def test_a_page_of_an_old_server_gets_its_files_from_a_new_one(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_console: Open, joins: bool
) -> None:
    other_console(tmp_path, "Not running", "Idle")
    async with cluster(redis_url, servers=0) as running:
        monkeypatch.setattr("alphasync.app.console_folder", lambda: tmp_path)
        if not joins:  # as servers did before
            monkeypatch.setattr("alphasync.web.console.joined", dict)
        old = await running.add_server()
        monkeypatch.undo()
        new = await running.add_server()
        console = await open_console("about:blank")
        asked: set[str] = set()

        async def elsewhere(route: Route) -> None:
            # As through a load balancer: the page knows one origin.
            asked.add(route.request.url.rsplit("/", 1)[1])
            answer = await route.fetch(url=route.request.url.replace(old, new))
            await route.fulfill(response=answer)

        await console.page.route(FILES, elsewhere)
        await console.page.goto(old)
        await console.sign_in()
        await expect(console.hook("chat-status")).to_have_text("Idle")
        assert asked >= ({"app.js", "console.css"} if joins else {"words.js", "header.css"})
        await console.page.unroute_all()
        await console.page.goto(new)
        await expect(console.hook("email")).to_be_visible()
        await console.context.close()


async def test_a_page_whose_files_are_nowhere_is_loaded_anew_once(
    small_world: Cluster, open_console: Open
) -> None:
    console = await open_console("about:blank")
    missing = 1

    async def missing_for_a_while(route: Route) -> None:
        nonlocal missing
        if missing > 0 and route.request.url.endswith("/app.js"):
            missing -= 1
            await route.fulfill(status=404)
        else:
            await route.continue_()

    await console.page.route(FILES, missing_for_a_while)
    await console.page.goto(small_world.urls[0])
    await expect(console.hook("email")).to_be_visible()
    assert missing == 0
    missing = 99
    pages: list[str] = []
    console.page.on("framenavigated", lambda frame: pages.append(frame.url))
    await console.page.evaluate("sessionStorage.removeItem('alphasync.reloaded')")
    await console.page.reload()
    await expect(console.page.get_by_role("alert")).to_contain_text("could not be loaded")
    assert len(pages) == 2, "as the test asked, and once anew"
    console.complaints.clear()
