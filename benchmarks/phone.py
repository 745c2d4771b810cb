"""What the console costs a slow phone: ``python -m benchmarks.phone``.

A real Chromium shows 500 profiles on a phone's screen: at the start, while the list is searched,
while a text is typed; and, to compare with, a text box alone on an empty page. What counts is the
CPU of the page's main thread, from the browser's own trace: other processes of a busy machine
lengthen it less than the time by the clock. A phone four times slower takes four times as much.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People
from alphasync.gateway.sandbox.people import Account, person
from tests.browser.console import EMAIL, FLAGS, INSTALL, PASSWORD, Console, chromium_path
from tests.harness import PATIENCE, Cluster, Valkey, cluster, wait_until

SLOWER = 4
"""How many times slower the phone is."""
PROFILES = 500
SCREEN = {"width": 390, "height": 844}
KEY_INTERVAL = 0.25
"""Seconds between two keys: what a key causes, its answer included, is over by then."""
SETTLE = 2.0
"""Seconds after the start until nothing happens any more."""
CATEGORIES = ["toplevel", "devtools.timeline", "blink.user_timing"]
FIRST = ["Anna", "Bérénice", "Chloë", "Daria", "Elif", "Fatou", "Grace", "Hanna", "Inès", "Jana"]
LAST = ["Adebayo", "Brandt", "Costa", "Dumont", "Eriksen", "Fischer", "García", "Horvat"]
COUNTRIES = ["Ukraine", "Nigeria", "France", "Norway", "Türkiye"]
SEARCHED = ["hanna", "7", "ukr", "anna g", "zzz"]
TYPED = "Good morning! I thought of you today. "
TEXTS = {
    "chat": "Good morning from Lagos! " * 3,
    "mail": "The rains have come at last and the whole street smells of wet earth. " * 20,
}
BARE = '<textarea data-testid="bare-text" style="width: 360px; height: 500px"></textarea>'
PLACES = ("bare", "start", "filter", "chat", "mail")
WATCH = """
addEventListener('DOMContentLoaded', () => {
  const seen = new Set();
  const note = (name, is) => {
    if (!is || seen.has(name)) return;
    seen.add(name);
    requestAnimationFrame(() => setTimeout(() => performance.mark(`phone-${name}`)));
    if (seen.size === 2) watcher.disconnect();
  };
  const watcher = new MutationObserver(() => {
    note('rows', document.querySelector('#people .person-row'));
    note('connected', document.getElementById('connection').textContent === 'Connected');
  });
  const what = { subtree: true, childList: true, characterData: true };
  for (const node of document.querySelectorAll('#people, #connection')) watcher.observe(node, what);
});
"""
"""Marks in the trace when rows are drawn for the first time, and when the page is connected."""

Event = dict[str, Any]


def crowd() -> People:
    found = [
        person(
            str(n),
            f"{FIRST[n % len(FIRST)]} {LAST[n // 10 % len(LAST)]}",
            [Recipient(f"r{n}-{k}", "") for k in range(3)],
            age=20 + n % 40,
            country_name=COUNTRIES[n % len(COUNTRIES)],
        )
        for n in range(1, PROFILES + 1)
    ]
    return People.of(
        [Account(EMAIL, PASSWORD, "demo", {one.profile.external_id: one for one in found})]
    )


async def busy_morning(world: Cluster) -> None:
    """Some runs are over, and some drafts wait."""
    device = await world.device()
    for n in range(1, 40):
        text = {"profileId": str(n * 11), "type": "chat", "message": f"Hello from {n}"}
        assert (await device.call("updateMessage", text))["ok"]
    for n in range(1, 15):
        assert (await device.start(str(n * 17)))["ok"]
    await wait_until(lambda: len(device.named("processingComplete")) == 14, what="all runs over")
    await device.close()


class Tracer:
    """Traces of one page, with how long its main thread was at work in each task."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self._browser = browser
        self._page = page

    async def watch(self, work: Callable[[], Awaitable[None]]) -> list[Event]:
        """Events of the page's main thread in order; times in microseconds, `tdur` is its CPU."""
        await self._browser.start_tracing(page=self._page, categories=CATEGORIES)
        try:
            await work()
        finally:
            raw = await self._browser.stop_tracing()
        events: list[Event] = json.loads(raw)["traceEvents"]
        return main_thread(events)


def main_thread(events: list[Event]) -> list[Event]:
    """What the thread did that ran the page's own script."""
    places = [
        (event["pid"], event["tid"])
        for event in events
        if event["name"] in ("EventDispatch", "FunctionCall", "EvaluateScript")
    ]
    place = statistics.mode(places)
    own = [
        event for event in events if (event["pid"], event["tid"]) == place and event["ph"] == "X"
    ]
    marks = [event for event in events if event["name"].startswith("phone-")]
    return sorted(own + marks, key=lambda event: event["ts"])


def until_mark(events: list[Event], name: str) -> list[Event]:
    """Tasks until the page had something for the first time."""
    mark = next(event["ts"] for event in events if event["name"] == f"phone-{name}")
    return [task for task in tasks(events) if task["ts"] <= mark]


def tasks(events: list[Event]) -> list[Event]:
    """The outermost ones: the others are parts of them."""
    return [event for event in events if event["name"].endswith("RunTask")]


def cpu(found: list[Event]) -> float:
    """Milliseconds on this machine."""
    micros: int = sum(event.get("tdur", 0) for event in found)
    return micros / 1000


def dispatched(events: list[Event], name: str) -> list[Event]:
    return [
        event
        for event in events
        if event["name"] == "EventDispatch" and event["args"]["data"]["type"] == name
    ]


def by_key(events: list[Event]) -> list[tuple[float, float]]:
    """Of each key: CPU until it is drawn, and until the next key."""
    starts = [event["ts"] for event in dispatched(events, "keydown")]
    ends = [*starts[1:], float("inf")]
    drawn = [event for event in events if event["name"] == "Layerize"]
    work = tasks(events)
    found = []
    for start, end in zip(starts, ends, strict=True):
        own = [
            task
            for task in work
            if start - task["dur"] <= task["ts"] < end and task["ts"] + task["dur"] > start
        ]
        shown = next((frame for frame in drawn if start < frame["ts"] < end), None)
        if shown is None:
            continue
        until = shown["ts"] + shown["dur"]
        first = [task for task in own if task["ts"] < until]
        found.append((cpu(first), cpu(own)))
    return found


async def sign_in(console: Console) -> None:
    """Without a mouse, which no phone has: what is under one is looked for after each layout."""
    await console.hook("email").fill(EMAIL)
    await console.hook("password").fill(PASSWORD)
    await console.hook("password").press("Enter")


async def ready(console: Console) -> None:
    await expect(console.hook("connection")).to_have_text("Connected")
    await expect(console.hook("show-draft").locator("b")).not_to_have_text("0")


async def start(console: Console, tracer: Tracer) -> list[Event]:
    """A page that is opened again, signed in, as in the morning."""

    async def reload() -> None:
        await console.page.goto(f"{console.url}/")
        await asyncio.sleep(SETTLE)  # asking the page would cost it more than what it does

    await console.page.goto("about:blank")
    events = await tracer.watch(reload)
    await ready(console)
    return events


async def press_each(console: Console, keys: Iterable[str]) -> None:
    for key in keys:
        await asyncio.sleep(KEY_INTERVAL)
        await console.page.keyboard.press("Space" if key == " " else key)


async def type_keys(console: Console, hook: str) -> None:
    await console.hook(hook).focus()
    await console.page.keyboard.press("End")
    await press_each(console, TYPED)
    await asyncio.sleep(KEY_INTERVAL * 2)


async def search(console: Console) -> None:
    await console.hook("filter").focus()
    for word in SEARCHED:
        await press_each(console, word)
        await press_each(console, ["Backspace"] * len(word))
    await asyncio.sleep(KEY_INTERVAL * 2)


@dataclass
class Figures:
    """CPU of each start or key, in ms on this machine."""

    found: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, *values: float) -> None:
        self.found.setdefault(name, []).extend(values)

    def note_keys(self, name: str, events: list[Event]) -> None:
        for drawn, all_of_it in by_key(events):
            self.note(f"{name}, until drawn", drawn)
            self.note(f"{name}, all of it", all_of_it)

    def told(self) -> str:
        """A table in Markdown, in ms of the slow phone."""
        lines = [
            "| CPU on the slow phone, ms | median | 9 of 10 | worst | of |",
            "|---|---:|---:|---:|---:|",
        ]
        for name, values in self.found.items():
            scaled = sorted(value * SLOWER for value in values)
            most = scaled[min(len(scaled) - 1, len(scaled) * 9 // 10)]
            cells = (statistics.median(scaled), most, scaled[-1])
            lines.append(
                f"| {name} | {' | '.join(f'{cell:.1f}' for cell in cells)} | {len(scaled)} |"
            )
        return "\n".join(lines)


async def measure_starts(console: Console, tracer: Tracer, figures: Figures) -> None:
    events = await start(console, tracer)
    figures.note("start, until rows are drawn", cpu(until_mark(events, "rows")))
    figures.note("start, all of it", cpu(tasks(events)))


async def measure_filter(console: Console, tracer: Tracer, figures: Figures) -> None:
    await start(console, tracer)
    figures.note_keys("filter key", await tracer.watch(lambda: search(console)))


async def measure_typing(console: Console, tracer: Tracer, figures: Figures, kind: str) -> None:
    await start(console, tracer)
    await console.page.evaluate("location.hash = 'profile=30'")
    await console.page.locator(f"#tab-{kind}").tap()
    await console.hook(f"{kind}-text").fill(TEXTS[kind])
    await expect(console.hook(f"{kind}-origin")).to_contain_text("Saved")
    events = await tracer.watch(lambda: type_keys(console, f"{kind}-text"))
    figures.note_keys(f"typed key, {kind}", events)


async def measure_bare(console: Console, tracer: Tracer, figures: Figures) -> None:
    await console.page.goto("about:blank")
    await console.page.set_content(BARE)
    await console.hook("bare-text").fill(TEXTS["mail"])
    events = await tracer.watch(lambda: type_keys(console, "bare-text"))
    figures.note_keys("typed key, no console", events)


async def measure(browser: Browser, world: Cluster, rounds: int, places: Sequence[str]) -> Figures:
    console = await Console.open(
        browser, world.urls[0], viewport=SCREEN, is_mobile=True, has_touch=True
    )
    await sign_in(console)
    await ready(console)
    await console.page.add_init_script(WATCH)
    tracer, figures = Tracer(browser, console.page), Figures()
    for _ in range(rounds):
        if "bare" in places:
            await measure_bare(console, tracer, figures)
        if "start" in places:
            await measure_starts(console, tracer, figures)
        if "filter" in places:
            await measure_filter(console, tracer, figures)
        for kind in TEXTS:
            if kind in places:
                await measure_typing(console, tracer, figures, kind)
    return figures


async def measured(rounds: int, places: Sequence[str]) -> Figures:
    path = chromium_path()
    if path is None:
        raise SystemExit(INSTALL)
    with tempfile.TemporaryDirectory(prefix="as-phone-") as folder:
        valkey = Valkey(Path(folder))
        await valkey.start()
        try:
            async with (
                cluster(valkey.url, people=crowd()) as world,
                async_playwright() as playwright,
            ):
                await busy_morning(world)
                browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
                figures = await measure(browser, world, rounds, places)
                await browser.close()
                return figures
        finally:
            valkey.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.phone", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=PLACES, help="this, not all")
    given = parser.parse_args()
    expect.set_options(timeout=PATIENCE * 1000)
    print(asyncio.run(measured(given.rounds, given.only or PLACES)).told())


if __name__ == "__main__":
    main()
