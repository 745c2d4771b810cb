"""People at their boxes: a client that says what its texts were made from, and the existing one."""

import abc
import asyncio
from collections.abc import Coroutine
from typing import Any

from alphasync.domain.drafts import from_browser, in_browser
from tests.hands import Hand
from tests.harness import Cluster, Device

ABOUT = {"profileId": "1001", "type": "mail"}


def place_of(caret: int | None, text: str) -> int | None:
    return None if caret is None else from_browser(text, caret)


class Typist(abc.ABC):
    """Shows what its device is told, and types at a caret. ``latency``: seconds to the server and
    back, half of them each way."""

    def __init__(self, device: Device, latency: float = 0.0) -> None:
        self.device = device
        self.box = ""
        self.revision = 0
        self.caret = 0
        self.letters = ""
        self.mark = ""
        self.tasks = asyncio.TaskGroup()
        self._latency = latency
        self._way: asyncio.Queue[tuple[float, str, dict[str, Any]]] = asyncio.Queue()
        device.client.on("messageUpdated", self._on_the_way("messageUpdated"))
        device.client.on("messageCleared", self._on_the_way("messageCleared"))

    def _on_the_way(self, name: str) -> Any:
        async def come(data: dict[str, Any]) -> None:
            self.device.events.append((name, data))
            if data["type"] == ABOUT["type"]:
                text = data.get("message", "")
                told = (text, data["revision"], place_of(data.get("caret"), text))
                self._later(lambda: self.hear(*told))

        return come

    def _later(self, call: Any) -> None:
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency / 2, call)
        else:
            call()

    def show(self, text: str, revision: int, caret: int) -> None:
        self.box, self.revision, self.caret = text, revision, caret

    @abc.abstractmethod
    def hear(self, text: str, revision: int, caret: int | None = None) -> None:
        """Another text has come; ``caret``: where in it the change ends."""

    def key(self, letter: str) -> None:
        """Put a letter in at the caret."""
        self.box = self.box[: self.caret] + letter + self.box[self.caret :]
        self.caret += len(letter)
        self.typed()

    @abc.abstractmethod
    def typed(self) -> None:
        """The box was changed at the caret."""

    @property
    def idle(self) -> bool:
        return True


class Existing(Typist):
    """Sends the whole text at every key without waiting, and shows whatever it hears. The person
    puts the caret back behind what they wrote last, where that is still there."""

    sent = 0
    answered = 0

    def hear(self, text: str, revision: int, caret: int | None = None) -> None:
        self.box, self.revision = text, revision
        own = [place for place, letter in enumerate(text) if letter in self.letters]
        self.caret = own[-1] + 1 if own else text.index(self.mark) + len(self.mark)

    def typed(self) -> None:
        text = self.box

        async def call() -> None:
            # The answer is for the test alone: it says when all is done.
            assert (await self.device.call("updateMessage", {**ABOUT, "message": text}))["ok"]
            self.answered += 1

        self.sent += 1
        self._later(lambda: keep(call()))

    @property
    def idle(self) -> bool:
        return self.answered == self.sent


pending: set[asyncio.Future[Any]] = set()
"""What is being sent: a task that nobody holds may be gone before it is done."""


def keep(call: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(call)
    pending.add(task)
    task.add_done_callback(pending.discard)


class Merging(Hand, Typist):
    """Has one text on its way at a time, which says what it was made from."""

    def __init__(self, device: Device, latency: float = 0.0) -> None:
        Hand.__init__(self)
        Typist.__init__(self, device, latency)

    def typed(self) -> None:
        sending = self.send()
        if sending is None:
            return
        text, base, caret = sending

        async def call() -> None:
            await asyncio.sleep(self._latency / 2)
            typed = {"message": text, "base": base, "caret": in_browser(text, caret)}
            ack = await self.device.call("updateMessage", {**ABOUT, **typed})
            await asyncio.sleep(self._latency / 2)
            assert ack["ok"], ack
            assert "replaced" not in ack
            stored = ack.get("message", text)
            self.answered(stored, ack["revision"], place_of(ack.get("caret"), stored))
            self.typed()

        keep(call())


async def seated(
    cluster: Cluster, kinds: list[type[Typist]], text: str, latency: float
) -> list[Typist]:
    """A typist of each kind, on the servers in turn, all with this text before them."""
    typists = [kind(await cluster.device(place), latency) for place, kind in enumerate(kinds)]
    ack = await typists[0].device.call("updateMessage", {**ABOUT, "message": text})
    await asyncio.sleep(latency + 0.1)
    for typist in typists:
        typist.show(text, ack["revision"], 0)
    return typists
