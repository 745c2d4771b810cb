"""Several hands that type into one box, each in a browser of its own."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

from playwright.async_api import expect

from tests.browser.console import Console, Open
from tests.faults.network import network
from tests.harness import PATIENCE, Cluster, Device, wait_until

HOOK = "chat-text"
WHERE = {"profileId": "1001", "type": "chat"}
ALPHABETS = ["abcdefg", "ABCDEFG", "1234567", "hijklmn", "HIJKLMN"]
"""Each hand has letters of its own, so that it is seen whose are missing."""

PLACES = ["Roma <>", "Oslo <>", "Bonn <>", "Lyon <>", "Cork <>"]
"""What stands in the box where each hand types at a place of its own, within the brackets."""


def sentence(hand: int, keys: int) -> str:
    """Words of a hand, so many keys long, with a blank at the end."""
    pick = random.Random(hand)
    letters = pick.choices(ALPHABETS[hand], k=keys)
    blanks = range(pick.randint(2, 6), keys - 2, pick.randint(4, 8))
    words = "".join(" " if at in blanks else letter for at, letter in enumerate(letters))
    return words[:-1] + " "


def lost(text: str, hand: int, typed: str) -> int:
    """How many of the letters that a hand has typed are not in the text."""
    letters = ALPHABETS[hand]
    return sum(letter in letters for letter in typed) - sum(letter in letters for letter in text)


def is_whole(text: str, hand: int, typed: str) -> bool:
    """Whether all that a hand has typed is in the text, in its order; more of it may be there."""
    there = iter(text)
    return all(letter in there for letter in typed if letter in ALPHABETS[hand])


def at_own_places(texts: list[str]) -> str:
    """What is in the box when all have typed at their places."""
    return " ".join(place[:-1] + text + ">" for place, text in zip(PLACES, texts, strict=False))


class Hands:
    """Consoles on all servers in turn, which look at one profile."""

    def __init__(self) -> None:
        self.consoles: list[Console] = []

    async def join(self, url: str, open_console: Open) -> Console:
        console = await (await open_console(url)).begin(WHERE["profileId"])
        self.consoles.append(console)
        return console

    async def put(self, text: str) -> None:
        """Write a text into the box, for all to see."""
        await self.consoles[0].hook(HOOK).fill(text)
        for console in self.consoles:
            await expect(console.hook(HOOK)).to_have_value(text)

    async def put_places(self) -> None:
        """Give each hand a place of its own."""
        places = PLACES[: len(self.consoles)]
        await self.put(" ".join(places))
        await self.carets(*(7 + 8 * hand - 1 for hand in range(len(places))))

    async def carets(self, *places: int) -> None:
        for console, place in zip(self.consoles, places, strict=True):
            await console.hook(HOOK).focus()
            await console.hook(HOOK).evaluate("(box, at) => box.setSelectionRange(at, at)", place)

    async def type(self, texts: list[str], interval: float) -> None:
        """All type at once, a key each ``interval`` seconds."""
        async with asyncio.TaskGroup() as typing:
            for console, text in zip(self.consoles, texts, strict=True):
                typing.create_task(console.page.keyboard.type(text, delay=interval * 1000))

    async def agreed(self) -> str:
        """The text in the boxes, once it is saved and the same in all."""
        texts: set[str] = set()

        async def same() -> bool:
            nonlocal texts
            texts = {await console.hook(HOOK).input_value() for console in self.consoles}
            origins = [console.hook("chat-origin") for console in self.consoles]
            said = {await origin.inner_text() for origin in origins}
            saving = {await origin.get_attribute("data-saving") for origin in origins}
            return len(texts) == 1 and "Not saved yet" not in said and saving == {"false"}

        await wait_until(same, within=PATIENCE, what="the same text in all boxes")
        return texts.pop()


@contextlib.asynccontextmanager
async def hands(
    world: Cluster, open_console: Open, number: int, latency: float = 0.0
) -> AsyncIterator[Hands]:
    """So many consoles; ``latency``: seconds to the server and back."""
    together = Hands()
    async with contextlib.AsyncExitStack() as stack:
        for hand in range(number):
            url = world.urls[hand % len(world.urls)]
            if latency:
                port = int(url.rsplit(":", 1)[1])
                between = await stack.enter_async_context(network(port, latency=latency / 2))
                url = between.url
            await together.join(url, open_console)
        try:
            yield together
        finally:
            # Before what is between them and their server: they would complain of its end.
            for console in together.consoles:
                await console.page.goto("about:blank")


class OldBox:
    """The box of the existing client: it sends each key without waiting, and shows whatever comes
    in place of what it has; the caret is at the end."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.text = ""
        self._read = 0

    def show(self) -> str:
        """The text, after all that has come."""
        for name, data in self.device.events[self._read :]:
            if name in ("messageUpdated", "messageSync") and data["type"] == WHERE["type"]:
                self.text = data["message"]
            elif name == "messageCleared":
                self.text = ""
        self._read = len(self.device.events)
        return self.text

    async def type(self, text: str, interval: float) -> None:
        for letter in text:
            self.text = self.show() + letter
            await self.device.emit("updateMessage", {**WHERE, "message": self.text})
            await asyncio.sleep(interval)
