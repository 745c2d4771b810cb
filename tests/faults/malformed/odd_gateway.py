"""A gateway that answers each request with what a case says, and who tells it the cases.

It is not where the cases are made: that takes seconds at a time, in a process that comes last on
the machine, and the gateway is also that of a run that is to go on meanwhile.
"""

import asyncio
import itertools
import json
import re

from tests.faults.malformed.answers import GOOD, Case, good
from tests.faults.malformed.wire import ask

STEADY = "steady"
"""The profile for which it answers as it should."""
RECIPIENTS = 100
TOLD = "/cases/"
"""Below it is told of cases, and below no path of a gateway's."""


class OddGateway:
    """Requests name their case by a number, in a profile, an address or a token."""

    def __init__(self) -> None:
        self._cases: dict[int, Case] = {}
        self._answered: dict[int, asyncio.Event] = {}
        """Set where the answer of the case was given."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request on a connection: who gets an odd answer need not know where it ends."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1]) if length else 0)
        method, target, _ = head.decode("latin-1").split(" ", 2)
        if target.startswith(TOLD):
            number, _, call = target.removeprefix(TOLD).partition("/")
            writer.write(good(await self._told(method, int(number), Case(call, body))))
        else:
            writer.write(self._answer(target.partition("?")[0], head + body))
        await writer.drain()

    async def _told(self, method: str, number: int, case: Case) -> bool:
        """PUT: a case is to come; GET: return when its answer was given; DELETE: it is over.
        Whether its answer was given."""
        if method == "PUT":
            self._cases[number] = case
            self._answered[number] = asyncio.Event()
        elif method == "GET":
            await self._answered[number].wait()
        else:
            del self._cases[number]
            return self._answered.pop(number).is_set()
        return self._answered[number].is_set()

    def _answer(self, path: str, asked: bytes) -> bytes:
        last = path.rpartition("/")[2]
        call = "send" if last == "messages" else last
        named = re.search(rb"case-(\d+)", asked)
        number = int(named[1]) if named else 0
        case = self._cases.get(number)
        if case is not None and case.call == call:
            self._answered[number].set()
            return case.answer
        if call == "login":
            return good({"operatorId": f"op {number}", "token": f"case-{number}"})
        if call == "recipients" and f"/{STEADY}/" in path:
            ids = [{"id": f"{STEADY}-{place}"} for place in range(RECIPIENTS)]
            return good({"recipients": ids, "next": None})
        if call in GOOD:
            return good(GOOD[call])
        return b"HTTP/1.1 404 None\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Told:
    """The gateway, as the one who brings the cases tells it of them. Each method raises Silent
    where there is no answer."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._numbers = itertools.count(1)

    async def add(self, case: Case) -> int:
        """A case is about to be brought; returns its number."""
        number = next(self._numbers)
        await ask(self._url, "PUT", f"{TOLD}{number}/{case.call}", body=case.answer)
        return number

    async def answered(self, number: int) -> None:
        """Return when the answer of the case was given."""
        await ask(self._url, "GET", f"{TOLD}{number}")

    async def remove(self, number: int) -> bool:
        """It is over; whether its answer was given."""
        answer = await ask(self._url, "DELETE", f"{TOLD}{number}")
        return json.loads(answer.body) is True
