"""How fast the requests of one client are carried out, so that others get their turn."""

import asyncio
from collections import OrderedDict, deque
from typing import Protocol

from aiohttp import web

WAIT_MAX = 10.0
"""Seconds that a request waits for its turn: a server that says nothing for longer looks broken."""
BEGUN_AT_ONCE_MAX = 8
"""Requests that are begun in one turn of the loop: it is busy with them for 2 or 3 ms."""


class Pace(Protocol):
    """What a client may ask for."""

    def client_of(self, request: web.BaseRequest) -> str | None:
        """Whose request it is; None where its pace is kept elsewhere."""

    def reserve(self, client: str, most: float) -> float | None:
        """Seconds until the client's next request may be carried out; None when they would be
        more than ``most``."""


class Turnstile:
    """Lets a few requests pass in each turn of the loop, of one client after the other.

    Who comes when nobody waits passes at once.
    """

    def __init__(self) -> None:
        self._room = BEGUN_AT_ONCE_MAX
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """By client; the one whose turn it is first."""

    async def enter(self, client: str) -> None:
        """Return when it is this request's turn."""
        loop = asyncio.get_running_loop()
        if self._room == BEGUN_AT_ONCE_MAX:
            loop.call_soon(self._turn)
        if self._room:
            self._room -= 1
            return
        passed = loop.create_future()
        self._waiting.setdefault(client, deque()).append(passed)
        await passed

    def _turn(self) -> None:
        """The next turn of the loop has begun."""
        self._room = BEGUN_AT_ONCE_MAX
        while self._room and self._waiting:
            client, theirs = self._waiting.popitem(last=False)
            passed = theirs.popleft()
            if theirs:
                self._waiting[client] = theirs
            if not passed.done():  # of one that was cancelled
                passed.set_result(None)
                self._room -= 1
        if self._room < BEGUN_AT_ONCE_MAX:
            asyncio.get_running_loop().call_soon(self._turn)
