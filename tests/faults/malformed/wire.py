"""What brings a case to the server and looks at what comes back."""

import asyncio
import contextlib
import itertools
import json
import re
from dataclasses import dataclass, field
from typing import Any

from alphasync.services.tokens import Tokens
from alphasync.transport.messagepack import pack, unpack
from tests.conformance.frames import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    RawWebSocket,
    frame,
    raw_websocket,
)
from tests.faults.malformed.pulse import Pulse
from tests.faults.malformed.values import to_bytes
from tests.harness import SECRET

ANSWER_WITHIN = 40.0
"""Seconds for an answer, on a busy machine."""
SILENCE = 3
"""Beats of the server's pulse after which what may wait for more counts as waiting."""
UNANSWERED = 20
"""Beats after which a call counts as not answered."""
STATUS = re.compile(rb"HTTP/1\.[01] (\d\d\d) ")
UNFORESEEN = re.compile(r'"code": ?"internal_error"')
"""As clients are told it; the metrics name the code whether or not it has ever been said."""
_tokens = Tokens((SECRET,), 6 * 3600.0)


class Fault(AssertionError):
    """The server has not dealt with a case as it should."""


class Silent(Fault):
    """It has said nothing."""


@dataclass(frozen=True)
class Answer:
    """Of an HTTP request; status 0: closed without one."""

    status: int
    body: bytes = b""

    @property
    def outcome(self) -> str:
        return str(self.status)

    def json(self) -> Any:
        return json.loads(self.body)


def token_of(account: str) -> str:
    return _tokens.mint(account).token


@dataclass
class Hand:
    """One of those that bring cases, one after the other. It has an account of its own in each
    round: what cases leave on record, as runs that have ended, each device of it gets again."""

    round: int
    number: int
    url: str
    pulse: Pulse
    gateway: Any = None
    """The one that is told of the cases, where there is one."""
    _stack: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _ws: RawWebSocket | None = None
    _packed: bool = False
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def account(self) -> str:
        return f"odd {self.round}-{self.number}"

    async def exchange(self, sent: bytes) -> bytes:
        """See ``exchange``, until the server is quiet."""
        return await exchange(self.url, sent, self.pulse)

    async def ask(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """See ``ask``."""
        return await ask(self.url, method, target, headers, body)

    # Its device

    async def device(self, *, packed: bool = False) -> RawWebSocket:
        """A connection with a registered device on it; the same one while it stands. ``packed``:
        one that speaks MessagePack, as all of this hand then do."""
        if self._ws is not None:
            return self._ws
        self._packed = packed
        ws: RawWebSocket = await self._stack.enter_async_context(stranger(self.url))
        self._ws = ws
        self.say(ws, f"40{json.dumps({'token': token_of(self.account)})}")
        if await told(ws, '42["deviceRegistered"') is None:
            raise Fault("a device is not let in")
        return ws

    async def part(self) -> None:
        """Take leave, if it has a device."""
        if self._ws is not None:
            self.say(self._ws, "41")
            self._ws.write(frame(CLOSE, b"\x03\xe8"))
        await self.lose()

    async def lose(self) -> None:
        """The connection has ended, or is of no more use."""
        self._ws = None
        await self._stack.aclose()
        self._stack = contextlib.AsyncExitStack()

    def say(self, ws: RawWebSocket, *messages: str | bytes) -> None:
        for message in messages:
            if isinstance(message, bytes):
                ws.write(frame(BINARY, message))
            elif self._packed and message.startswith("4"):
                ws.write(frame(BINARY, pack(message[1:])))
            else:
                ws.write(frame(TEXT, to_bytes(message)))

    async def call(self, event: str, arguments: list[str]) -> str:
        """Emit an event with these arguments, which need be no JSON: ``ok``, the code of a refusal,
        or ``closed``."""
        ws = await self.device(packed=self._packed)
        number = next(self._ids)
        self.say(ws, f"42{number}[{','.join([json.dumps(event), *arguments])}]")
        said = await told(ws, f"43{number}[")
        if said is None:
            await self.lose()
            return "closed"
        answer = json.loads(said.partition("[")[2][:-1])
        return "ok" if answer["ok"] else str(answer["code"])


async def exchange(url: str, sent: bytes, pulse: Pulse | None = None) -> bytes:
    """Send this on a connection of its own and read until the server closes it; with a pulse, also
    until it has been quiet for a while."""
    reader, writer = await asyncio.open_connection(*address(url))
    found = b""
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(sent)
            while got := await _more(reader, pulse):
                found += got
    except TimeoutError:
        if pulse is None:
            raise Silent("the connection stays open") from None
    finally:
        writer.transport.abort()
    return found


async def _more(reader: asyncio.StreamReader, pulse: Pulse | None) -> bytes:
    if pulse is not None:
        return await pulse.first(reader.read(65_536), SILENCE)
    async with asyncio.timeout(ANSWER_WITHIN):
        return await reader.read(65_536)


async def ask(
    url: str,
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """A whole request, whatever is in it. Raises Fault for a 500."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    got = await exchange(url, to_bytes("\r\n".join(lines) + "\r\n\r\n") + body)
    head, _, rest = got.partition(b"\r\n\r\n")
    statuses = statuses_in(head)
    return Answer(statuses[0] if statuses else 0, rest)


def address(url: str) -> tuple[str, int]:
    """Host and port."""
    host, _, port = url.rpartition("/")[2].partition(":")
    return host, int(port)


def statuses_in(got: bytes) -> list[int]:
    """Of all answers. Raises Fault for one that nobody has thought of."""
    found = [int(status) for status in STATUS.findall(got)]
    if any(status == 500 for status in found) or UNFORESEEN.search(got.decode("latin-1")):
        raise Fault(f"answered {got[:300]!r}")
    return found


@contextlib.asynccontextmanager
async def stranger(url: str) -> Any:
    """A WebSocket that has been opened, and on which nothing was said."""
    async with raw_websocket(f"{url}/socket.io/") as ws:
        try:
            yield ws
        finally:
            ws.writer.transport.abort()


async def told(ws: RawWebSocket, *starts: str) -> str | None:
    """The next message that begins so, or is a pong; None at the end of the connection. Raises
    Silent where there is none in time."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            while True:
                opcode, payload = await ws.read()
                if opcode == CLOSE:
                    return None
                if opcode == PONG:
                    return "pong"
                text = f"4{unpack(payload)}" if opcode == BINARY else payload.decode()
                if text == "2":
                    ws.write(frame(TEXT, b"3"))
                elif UNFORESEEN.search(text):
                    raise Fault(f"told {text[:300]!r}")
                elif text.startswith(starts):
                    return text
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except TimeoutError:
        raise Silent(f"no answer: {starts}") from None


async def closes_or_answers(ws: RawWebSocket, pulse: Pulse) -> str:
    """What becomes of a connection on which something odd was sent: ``goes on`` where a ping is
    answered, ``closed``, or ``waits`` for the rest of a frame."""
    ws.write(frame(PING, b"there?"))
    try:
        said = await pulse.first(told(ws, "no such packet"), SILENCE)
    except TimeoutError:
        return "waits"
    return "closed" if said is None else "goes on"


async def goes_on(hand: Hand) -> str:
    """What has become of the hand's device."""
    try:
        if await hand.pulse.first(hand.call("heartbeat", []), UNANSWERED) != "closed":
            return "goes on"
        outcome = "closed"
    except TimeoutError:
        outcome = "silent"
    await hand.lose()
    return outcome
