"""The console in a real Chromium, as an operator sees and uses it."""

import re
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    expect,
)

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""All are the same engine. The first has no windows around its pages and shows them for less than
half of the work; it is what Playwright's own headless Chromium is."""
INSTALL = "no Chromium on PATH: apt-get install chromium-headless-shell"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""What a browser needs to run as root and without asking the outside for anything."""

REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy ${event.violatedDirective} violated by ${event.blockedURI}`));
"""
AUDIT = (Path(__file__).parent / "audit.js").read_text()
HIDE = """(hidden) => {
  Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
}"""
SEND_INTERVAL = 0.2
"""Seconds between two messages: a run of ten is long enough to be looked at."""
BROWSERS_OWN = (
    "Service Worker registration blocked by Playwright",
    "Chrome currently does not support the Push API in incognito mode",
)
"""How warnings begin that are about the browser of a test."""
WITHOUT_NETWORK = (
    "WebSocket connection to ",
    "Failed to load resource: net::ERR_INTERNET_DISCONNECTED",
)
"""How the browser's own notes begin of what a page asked for while there was no network."""
EMAIL, PASSWORD = "demo@example.com", "demo"
LOCKED = "Another device is already processing this profile"


def chromium_path() -> str | None:
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


class Console:
    """One device: a browser context of its own with one page in it."""

    def __init__(self, url: str, context: BrowserContext, page: Page) -> None:
        self.url = url
        self.context = context
        self.page = page
        self.complaints: list[str] = []
        """Errors and warnings that the page wrote to the browser's console, and its crashes."""
        self._expected: tuple[str, ...] = BROWSERS_OWN
        page.on("console", self._note)
        page.on("pageerror", self._crashed)

    @classmethod
    async def open(cls, browser: Browser, url: str, **options: Any) -> "Console":
        """A fresh device that looks at the server's page. Options as of ``Browser.new_context``;
        its page is kept for when there is no network where ``service_workers`` is ``allow``."""
        usual = {"viewport": {"width": 1280, "height": 860}, "service_workers": "block"}
        context = await browser.new_context(**{**usual, **options})
        await context.add_init_script(REPORT_VIOLATIONS)
        console = cls(url, context, await context.new_page())
        await console.page.goto(url)
        return console

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(self._expected):
            self.complaints.append(message.text)

    def _crashed(self, error: Error) -> None:
        self.complaints.append(str(error))

    def hook(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        await self.hook("email").fill(email)
        await self.hook("password").fill(password)
        await self.hook("sign-in").click()

    async def choose(self, profile: str) -> None:
        """Choose a profile, and wait until it is shown: no person types sooner than that."""
        await self.hook(f"profile-item-{profile}").click()
        await expect(self.hook("profile-about")).to_contain_text(profile)

    async def begin(self, profile: str) -> "Console":
        """Sign in and choose a profile, and wait until it is connected."""
        await self.sign_in()
        await self.choose(profile)
        await expect(self.hook("connection")).to_have_text("Connected")
        return self

    async def device_id(self) -> str:
        """Wait until it is registered."""
        shown = self.hook("device-id")
        await expect(shown).to_have_attribute("data-id", re.compile("."))
        return await shown.get_attribute("data-id") or ""

    async def offline(self, offline: bool = True) -> None:
        """Take the network away from the device, or give it back. What the browser notes of it is
        no complaint, however late it comes."""
        self._expected = (*BROWSERS_OWN, *WITHOUT_NETWORK)
        await self.context.set_offline(offline)

    async def hide(self, hidden: bool = True) -> None:
        """Have the page take itself for one that nobody looks at, or for one that is looked at."""
        await self.page.evaluate(HIDE, hidden)

    async def audit(self) -> list[str]:
        """What hinders people in using the page, once nothing moves any more: in the middle of a
        change its colours are of no theme."""
        return list(await self.page.evaluate(AUDIT))

    async def press(self, name: str) -> None:
        """Click a button, also one that is marked as doing nothing now: it is to say why."""
        await self.hook(name).click(force=True)

    async def start(self, kind: str = "chat") -> None:
        """Press Start, and say yes to what is asked."""
        await self.hook(f"{kind}-start").click()
        await self.confirm()

    async def confirm(self) -> None:
        """Say yes to what is asked before a start."""
        await self.hook("starting-ok").click()
        await expect(self.hook("starting-dialog")).to_be_hidden()

    async def menu(self, name: str) -> None:
        """Choose from the account menu."""
        if await self.hook("account").get_attribute("aria-expanded") != "true":
            await self.hook("account").click()
        await self.hook(name).click()

    async def from_menu(self, name: str) -> None:
        """Choose what is behind the menu of a card, e.g. ``chat-clear-blocklist``."""
        await self.hook(f"{name.partition('-')[0]}-more").click()
        await self.hook(name).click()

    async def tab_to(self, name: str) -> None:
        """Press the Tab key until the control has the focus; AssertionError if it never has."""
        for _ in range(80):
            await self.page.keyboard.press("Tab")
            if await self.page.evaluate("document.activeElement.dataset.testid") == name:
                return
        raise AssertionError(f"{name} is not reached by the Tab key")

    async def overflow(self) -> int:
        """Pixels by which the page is wider than its window."""
        root = "document.documentElement"
        wide = await self.page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        assert isinstance(wide, int)
        return wide


Open = Callable[..., Awaitable[Console]]
"""Opens a device at an address, as ``Console.open`` does."""
