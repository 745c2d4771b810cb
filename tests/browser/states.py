"""Pictures of the profile page in each of its states and looks, to be looked at:
``python -m tests.browser.states FOLDER [STATE ...]``."""

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.console import FLAGS, INSTALL, Console, chromium_path
from tests.browser.screenshots import CHAT, MAIL
from tests.browser.test_roles import signs_in_as
from tests.harness import Cluster, Valkey, cluster

DESKTOP: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}
LARGE = "(size) => { document.documentElement.style.fontSize = size; }"
SLOW = 60.0
"""Seconds a message takes: the run stands still for its picture."""


class Stage:
    """A desktop and a phone of one operator that look at the same profile."""

    def __init__(self, world: Cluster, desktop: Console, phone: Console) -> None:
        self.world = world
        self.desktop = desktop
        self.phone = phone

    async def both(self, profile: str) -> None:
        for console in (self.desktop, self.phone):
            await console.page.evaluate("(id) => { location.hash = `profile=${id}`; }", profile)
            await expect(console.hook("profile-about")).to_contain_text(profile)

    async def faults(self, **switches: Any) -> None:
        async with (
            aiohttp.ClientSession() as http,
            http.patch(f"{self.world.sandbox.url}/faults", json=switches) as answer,
        ):
            answer.raise_for_status()

    async def run(self, starter: Console, until: str) -> None:
        """Write a chat, start it and wait for its status."""
        await starter.hook("chat-text").fill(CHAT)
        await starter.start()
        await expect(starter.hook("chat-status")).to_have_text(re.compile(until))


async def empty(stage: Stage) -> None:
    await stage.both("1001")


async def typed(stage: Stage) -> None:
    await stage.both("1002")
    await stage.phone.hook("chat-text").fill(CHAT)
    await stage.desktop.hook("mail-text").fill(MAIL)
    await expect(stage.desktop.hook("chat-text")).to_have_value(CHAT)


async def own_run(stage: Stage) -> None:
    """Own on the desktop, another device's on the phone."""
    await stage.both("1004")
    await stage.faults(refuse=0.06)
    await stage.run(stage.desktop, r"\([3-9]\d/200\)")
    await stage.faults(latency=SLOW)
    await stage.desktop.hook("chat-text").fill(f"{CHAT} And how was yours?")
    await stage.desktop.hook("mail-text").fill(MAIL)


async def other_run(stage: Stage) -> None:
    await stage.both("1003")
    await stage.run(stage.phone, r"\([2-9]\d/60\)")
    await stage.faults(latency=SLOW)


async def offline(stage: Stage) -> None:
    await own_run(stage)
    for console in (stage.desktop, stage.phone):
        await console.offline()
        await expect(console.hook("connection")).to_contain_text("Offline")
    await stage.desktop.hook("mail-text").fill(f"{MAIL}\n\nTyped without a connection.")


async def back(stage: Stage) -> None:
    await offline(stage)
    for console in (stage.desktop, stage.phone):
        await console.offline(False)
        await expect(console.hook("connection")).to_have_text("Connected")


async def stopped(stage: Stage) -> None:
    await stage.both("1005")
    await stage.run(stage.desktop, r"\([3-9]\d/500\)")
    await stage.desktop.hook("chat-stop").click()
    await expect(stage.phone.hook("chat-status")).to_contain_text("Stopped")


async def interrupted(stage: Stage) -> None:
    await stage.both("1005")
    other = await stage.world.device()
    await stage.desktop.hook("chat-text").fill(CHAT)
    assert (await other.start("1005", message=CHAT))["ok"]
    await expect(stage.desktop.hook("chat-status")).to_have_text(re.compile(r"\(\d{2,3}/500\)"))
    await other.close()
    await expect(stage.desktop.hook("chat-status")).to_contain_text("Interrupted")


async def completed(stage: Stage) -> None:
    await stage.both("1001")
    await stage.run(stage.desktop, "Completed")


async def in_vain(stage: Stage) -> None:
    await completed(stage)
    await stage.run(stage.desktop, "Completed")
    await expect(stage.desktop.hook("chat-detail")).to_contain_text("0 sent")


async def failed(stage: Stage) -> None:
    await stage.both("1001")
    await stage.faults(refuse=0.4)
    await stage.run(stage.desktop, "Completed")


async def uncertain(stage: Stage) -> None:
    await stage.both("1001")
    await stage.faults(idempotency=False, drop={"everyNth": 4, "afterRecording": True})
    await stage.run(stage.desktop, "Completed")
    for console in (stage.desktop, stage.phone):
        await console.hook("chat-uncertain").locator("summary").click()


async def decided(stage: Stage) -> None:
    """Of those whose outcome is not known, one was settled, and the next is about to be."""
    await uncertain(stage)
    await stage.desktop.hook("chat-uncertain-list").get_by_role("button").nth(1).click()


async def typed_apart(stage: Stage) -> None:
    """What both typed without knowing of each other is put together."""
    await stage.both("1002")
    await stage.desktop.offline()
    await stage.desktop.hook("chat-text").fill("Typed without a connection")
    await stage.phone.hook("chat-text").fill("Typed on the phone meanwhile")
    await stage.desktop.offline(False)
    await expect(stage.desktop.hook("connection")).to_have_text("Connected")


async def locked(stage: Stage) -> None:
    """Another device starts at the very same time."""
    await stage.both("1003")
    await stage.phone.hook("chat-text").fill(CHAT)
    await expect(stage.desktop.hook("chat-text")).to_have_value(CHAT)
    for console in (stage.desktop, stage.phone):
        await console.hook("chat-start").click()
    press = "document.getElementById('starting-ok').click()"
    await asyncio.gather(stage.desktop.page.evaluate(press), stage.phone.page.evaluate(press))
    await expect(stage.desktop.hook("chat-status")).to_have_text(re.compile(r"\(\d{2}/60\)"))
    await stage.faults(latency=SLOW)


async def too_long(stage: Stage) -> None:
    await stage.both("1002")
    await stage.desktop.hook("chat-text").fill("x" * 10_001)
    await stage.phone.hook("chat-text").fill(CHAT * 4)
    await stage.phone.press("chat-start")


async def menu(stage: Stage) -> None:
    await completed(stage)
    for console in (stage.desktop, stage.phone):
        await console.hook("chat-more").click()
        await expect(console.hook("chat-clear-blocklist")).to_contain_text("10 people")


async def cleared(stage: Stage) -> None:
    await stage.both("1002")
    for console in (stage.desktop, stage.phone):
        await console.hook("chat-text").fill(CHAT)
        await console.from_menu("chat-clear")
        await expect(console.hook("chat-take-back")).to_be_visible()


async def versions(stage: Stage) -> None:
    await stage.both("1002")
    for text in (CHAT, "שלום, how are you?", f"{MAIL}\n\n{CHAT * 3}", "On the phone, a moment ago"):
        for console in (stage.desktop, stage.phone):
            await console.hook("mail-text" if console is stage.desktop else "chat-text").fill(text)
            await console.from_menu("mail-clear" if console is stage.desktop else "chat-clear")
    await stage.desktop.from_menu("mail-show-versions")
    await stage.phone.from_menu("chat-show-versions")
    for console in (stage.desktop, stage.phone):
        await expect(console.hook("version-text")).to_contain_text("On the phone")
    await stage.desktop.hook("versions-dialog").get_by_role("radio").nth(1).check()


async def restored(stage: Stage) -> None:
    """An earlier text was put in the place of the present one."""
    await versions(stage)
    for console, kind in ((stage.desktop, "mail"), (stage.phone, "chat")):
        await console.hook("version-restore").click()
        await expect(console.hook("versions-dialog")).to_be_hidden()
        await expect(console.hook(f"{kind}-text")).to_have_value(re.compile("."))


async def with_role(stage: Stage, role: str) -> None:
    """Somebody else's run and text, as a member of the team with this role sees them."""
    ann = await stage.world.device(token=stage.world.token("ann", team="red"))
    await stage.faults(latency=SLOW)
    draft = {"profileId": "1002", "type": "chat", "message": CHAT}
    assert (await ann.call("updateMessage", draft))["ok"]
    assert (await ann.call("startProcessing", draft))["ok"]
    for console in (stage.desktop, stage.phone):
        await signs_in_as(console.page, stage.world, "bob", role=role)
        await console.page.evaluate("sessionStorage.removeItem('alphasync.session')")
        await console.page.reload()
        await console.begin("1002")
        await expect(console.hook("chat-text")).to_have_value(CHAT)


async def viewer(stage: Stage) -> None:
    await with_role(stage, "viewer")


async def operator(stage: Stage) -> None:
    await with_role(stage, "operator")


async def manager(stage: Stage) -> None:
    await with_role(stage, "manager")


async def admin(stage: Stage) -> None:
    await with_role(stage, "admin")
    for console in (stage.desktop, stage.phone):
        await console.hook("account").click()


async def signed_out(stage: Stage) -> None:
    await stage.both("1001")
    for console in (stage.desktop, stage.phone):
        await console.page.evaluate("sessionStorage.removeItem('alphasync.session')")
        await console.page.reload()
        await expect(console.hook("email")).to_be_visible()


STATES: dict[str, Callable[[Stage], Awaitable[None]]] = {
    act.__name__: act
    for act in (
        empty,
        typed,
        own_run,
        other_run,
        offline,
        back,
        stopped,
        interrupted,
        completed,
        in_vain,
        failed,
        uncertain,
        decided,
        typed_apart,
        locked,
        too_long,
        menu,
        cleared,
        versions,
        restored,
        viewer,
        operator,
        manager,
        admin,
        signed_out,
    )
}


async def looks(page: Page, stem: Path) -> None:
    """The same page in light, dark, with larger text and with the system's colours."""
    for look in ("light", "dark", "large", "forced"):
        await page.emulate_media(
            color_scheme="dark" if look == "dark" else "light",
            forced_colors="active" if look == "forced" else "none",
        )
        await page.evaluate(LARGE, "200%" if look == "large" else "")
        await page.screenshot(path=f"{stem}-{look}.png", animations="disabled")


async def take(browser: Browser, folder: Path, name: str) -> None:
    valkey = Valkey(folder)
    await valkey.start()
    try:
        async with cluster(valkey.url, servers=2, send_interval=0.05) as world:
            consoles = [
                await Console.open(browser, url, **look)
                for url, look in zip(world.urls, (DESKTOP, PHONE), strict=True)
            ]
            for console in consoles:
                await console.sign_in()
                await expect(console.hook("connection")).to_have_text("Connected")
            stage = Stage(world, *consoles)
            await STATES[name](stage)
            for console, kind in zip(consoles, ("desk", "phone"), strict=True):
                await console.page.evaluate("document.activeElement.blur()")
                await looks(console.page, pictures(name, kind))
            for console in consoles:
                await console.context.close()
            await stage.faults(latency=0)
    finally:
        valkey.stop()


def pictures(name: str, kind: str) -> Path:
    return Path(sys.argv[1]) / f"{name}-{kind}"


async def main() -> None:
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    path = chromium_path()
    if path is None:
        raise SystemExit(INSTALL)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        for name in sys.argv[2:] or STATES:
            with tempfile.TemporaryDirectory(prefix="as-states-") as folder:
                await take(browser, Path(folder), name)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
