"""The console as it is on a phone: it opens without a network, and takes a new version whole."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.console import Console, Open
from tests.builds import other_console
from tests.faults.network import network
from tests.harness import Cluster, cluster, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]
KEPT = """async (build) =>
  (await caches.match('/', {cacheName: `alphasync-shell-${build}`})) !== undefined"""
ASKED = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const {url} of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
  return found;
}"""


async def kept(console: Console, build: str) -> None:
    """Wait until the page of a build is kept whole, and its worker answers."""

    async def is_kept() -> bool:
        controlled = "navigator.serviceWorker.controller?.scriptURL ?? ''"
        worker = await console.page.evaluate(controlled)
        return build in worker and await console.page.evaluate(KEPT, build)

    await wait_until(is_kept, what="the page of this build is kept")


async def builds_of(page: Page) -> set[str]:
    """The builds of all files that the page has loaded, and of those that it names."""
    loaded = await page.evaluate("performance.getEntriesByType('resource').map(({name}) => name)")
    return set(re.findall(r"/static/([0-9a-f]{16})/", " ".join(loaded) + await page.content()))


async def test_it_opens_without_a_network_and_says_so(
    small_world: Cluster, open_console: Open
) -> None:
    build = small_world.servers[0].console.build
    console = await open_console(small_world.urls[0], service_workers="allow")
    await kept(console, build.name)
    await console.begin("1001")
    other = await small_world.device()
    where = {"profileId": "1001", "type": "chat"}
    await other.call("updateMessage", {**where, "message": "Old by then"})
    await expect(console.hook("chat-text")).to_have_value("Old by then")
    await console.offline()
    await console.page.reload()
    await expect(console.hook("connection")).to_have_text("Offline")
    await expect(console.page.locator("#side-note")).not_to_have_text("")
    assert await console.page.get_by_test_id(re.compile("^profile-item")).count() == 0
    assert "Old by then" not in await console.page.content()
    fresh = await console.context.new_page()
    await fresh.goto(small_world.urls[0])
    await expect(fresh.get_by_test_id("sign-in-network")).to_contain_text("You are offline")
    await console.offline(False)
    await expect(fresh.get_by_test_id("sign-in-network")).to_have_text("")
    await expect(console.hook("connection")).to_have_text("Connected")
    # Nothing is kept of what the server answers but the profiles' names, which notices are made
    # with: the page has put them there, and takes them away with the sign-in.
    asked = set(await console.page.evaluate(ASKED))
    assert {path for path in asked if not path.startswith("/static/")} == {"/", "/names"}


async def test_a_new_version_is_taken_at_once_and_whole(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_console: Open
) -> None:
    other_console(tmp_path, "all your devices in step", "as it was before")
    async with cluster(redis_url, servers=0) as running:
        monkeypatch.setattr("alphasync.app.console_folder", lambda: tmp_path)
        old = await running.add_server()
        monkeypatch.undo()
        new = await running.add_server()
        old_build, new_build = (server.console.build.name for server in running.servers)
        port_of = {url: int(url.rsplit(":", 1)[1]) for url in (old, new)}
        async with network(port_of[old]) as between:
            console = await open_console(between.url, service_workers="allow")
            await kept(console, old_build)
            await expect(console.page.get_by_text("as it was before")).to_be_visible()
            between.ports = []  # the old one has gone
            between.cut()
            await console.page.reload()
            await expect(console.page.get_by_text("as it was before")).to_be_visible()
            assert await builds_of(console.page) == {old_build}
            between.ports = [port_of[new]]
            await console.page.reload()
            await expect(console.page.get_by_text("all your devices in step")).to_be_visible()
            assert await builds_of(console.page) == {new_build}
            await kept(console, new_build)
            between.ports = []
            between.cut()
            await console.page.reload()
            await expect(console.page.get_by_text("all your devices in step")).to_be_visible()
            assert await builds_of(console.page) == {new_build}
            assert not await console.page.evaluate(KEPT, old_build), "of two builds one is kept"
            await console.context.close()
            console.complaints.clear()


async def test_an_open_page_says_that_there_is_a_new_version(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_console: Open
) -> None:
    other_console(tmp_path)
    async with cluster(redis_url, servers=0) as running:
        monkeypatch.setattr("alphasync.app.console_folder", lambda: tmp_path)
        old = await running.add_server()
        monkeypatch.undo()
        new = await running.add_server()
        port_of = {url: int(url.rsplit(":", 1)[1]) for url in (old, new)}
        async with network(port_of[old]) as between:
            console = await (await open_console(between.url)).begin("1001")
            await console.hook("chat-text").fill("Half a sentence")
            between.ports = [port_of[new]]
            between.cut()
            await expect(console.hook("banner")).to_contain_text("new version")
            await console.hook("renew").click()
            await expect(console.hook("connection")).to_have_text("Connected")
            await expect(console.hook("chat-text")).to_have_value("Half a sentence")
            assert await builds_of(console.page) == {running.servers[1].console.build.name}
            await console.context.close()
            console.complaints.clear()
