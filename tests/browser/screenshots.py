"""Takes the pictures of docs/images anew: ``python -m tests.browser.screenshots``."""

import asyncio
import base64
import re
import tempfile
from pathlib import Path

import aiohttp
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.console import FLAGS, INSTALL, Console, chromium_path
from tests.harness import PATIENCE, Cluster, Valkey, cluster

expect.set_options(timeout=PATIENCE * 1000)

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SCALE = 1.5
DESKTOP = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 720}
CHAT = (
    "Good morning from Lagos! I just came back from the market and thought of you. How is your day?"
)
MAIL = (
    "Dear friend,\n\nthe rains have come at last and the whole street smells of wet earth. This "
    "morning I walked to the lagoon before the heat, and the fishermen were singing. I took a "
    "picture for you.\n\nTell me about your week!\n\nAmara"
)
SIDE_BY_SIDE = """<!doctype html><style>
body {{ display: flex; gap: 28px; width: max-content; margin: 0; padding: 28px;
  background: #dfe3ee; }}
img {{ display: block; border-radius: 14px; box-shadow: 0 8px 30px #1a1d2640; }}
</style>{pictures}"""


async def set_latency(world: Cluster, seconds: float) -> None:
    """How long a message takes: with a long time the run stands still for its picture."""
    async with (
        aiohttp.ClientSession() as http,
        http.patch(f"{world.sandbox.url}/faults", json={"latency": seconds}) as answer,
    ):
        answer.raise_for_status()


async def shoot(console: Console) -> bytes:
    """The page as it is, without a caret and with nothing hovered."""
    await console.page.mouse.move(0, 0)
    return await console.page.screenshot(animations="disabled")


async def join(browser: Browser, *pictures: bytes) -> bytes:
    page = await browser.new_page(
        viewport={"width": 1800, "height": 900}, device_scale_factor=SCALE
    )
    sources = (f"data:image/png;base64,{base64.b64encode(one).decode()}" for one in pictures)
    images = "".join(f'<img src="{source}" style="zoom:{1 / SCALE}">' for source in sources)
    await page.set_content(SIDE_BY_SIDE.format(pictures=images))
    await page.wait_for_function("[...document.images].every((one) => one.complete)")
    picture = await page.locator("body").screenshot()
    await page.close()
    return picture


async def stage(browser: Browser, world: Cluster) -> tuple[Console, Console]:
    """A desktop in the middle of a run, and a phone that watches."""
    options = {"device_scale_factor": SCALE, "color_scheme": "light"}
    desktop = await Console.open(browser, world.urls[0], viewport=DESKTOP, **options)
    phone = await Console.open(
        browser, world.urls[1], viewport=PHONE, is_mobile=True, has_touch=True, **options
    )
    for console in (desktop, phone):
        await console.sign_in()
        await expect(console.hook("connection")).to_have_text("Connected")
    await desktop.choose("1001")
    await desktop.hook("chat-text").fill(CHAT)
    await desktop.start()
    await expect(desktop.hook("chat-status")).to_have_text("✅ Completed (10/10)")
    await desktop.choose("1004")
    await desktop.hook("mail-text").fill(MAIL)
    await desktop.hook("attach").click()
    await desktop.hook("attachment-1").click()
    await desktop.hook("attachment-done").click()
    await desktop.hook("chat-text").fill(CHAT)
    await desktop.start()
    await expect(desktop.hook("chat-status")).to_have_text(re.compile(r"\(6\d/200\)"))
    await phone.choose("1003")
    await phone.hook("chat-text").fill(CHAT)
    await phone.start()
    await expect(phone.hook("chat-status")).to_have_text(re.compile(r"\(2\d/60\)"))
    await set_latency(world, 60)
    await phone.page.goto(f"{phone.url}/#profile=1004")
    await expect(phone.hook("chat-status")).to_contain_text("📱 Processing on another device...")
    for console in (desktop, phone):
        await console.page.evaluate("document.activeElement.blur()")
        await console.hook("mail-text").evaluate("(area) => { area.scrollTop = 0; }")
    # Both have been told of the last message before the run stood still.
    status = await desktop.hook("chat-progress").get_attribute("aria-valuetext") or ""
    await expect(phone.hook("chat-progress")).to_have_attribute("aria-valuetext", status)
    return desktop, phone


async def take(folder: Path) -> None:
    valkey = Valkey(folder)
    await valkey.start()
    try:
        async with (
            cluster(valkey.url, servers=2, send_interval=0.06) as world,
            async_playwright() as playwright,
        ):
            path = chromium_path()
            if path is None:
                raise SystemExit(INSTALL)
            browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            desktop, phone = await stage(browser, world)
            both = await join(browser, await shoot(desktop), await shoot(phone))
            (IMAGES / "console.png").write_bytes(both)
            await desktop.page.emulate_media(color_scheme="dark")
            await desktop.page.set_viewport_size({"width": 1280, "height": 1000})
            await desktop.menu("events-toggle")
            (IMAGES / "console-dark.png").write_bytes(await shoot(desktop))
            await phone.page.locator("#back").click()
            overview = await shoot(phone)
            await phone.choose("1003")
            await expect(phone.hook("profile-name")).to_have_text("Hanna Lindqvist")
            card = await shoot(phone)
            (IMAGES / "console-phone.png").write_bytes(await join(browser, overview, card))
            await set_latency(world, 0)
            await browser.close()
    finally:
        valkey.stop()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="as-pictures-") as folder:
        asyncio.run(take(Path(folder)))


if __name__ == "__main__":
    main()
