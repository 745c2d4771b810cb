"""What servers ask of each other and answer, signed: all of it, for one moment, and for once.

The moment is told by the clock of the server that is asked, which says with each answer how late it
is there: clocks need not agree. Who has never asked it asks for the time first.
"""

import asyncio
import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy

from alphasync.transport.peers import Peers

CLIENT, PROOF = "X-Alphasync-Client", "X-Alphasync-Proof"
"""Headers of a forwarded request: the client's address, and that one of us says all this. Of an
answer: that it is one, and how late it is."""
ASKED_WITH = (
    CLIENT,
    hdrs.UPGRADE,
    hdrs.SEC_WEBSOCKET_VERSION,
    hdrs.SEC_WEBSOCKET_KEY,
    hdrs.SEC_WEBSOCKET_EXTENSIONS,
)
ANSWERED_WITH = (hdrs.CONTENT_TYPE, hdrs.CACHE_CONTROL)
"""The other headers that mean something there; they are signed."""
AGE_MAX = 10.0
"""Seconds by which a request may be older, or newer, than the receiver's clock."""
SEEN_MAX = 200_000
"""Requests that are remembered, as none may come twice: ten thousand a second. It refuses more."""
CLOCKS_MAX = 1024
"""Servers whose time is known."""
CLOCK_TTL = 60.0
"""Seconds after which it is asked for again: clocks drift, and stand still while a machine sleeps.
"""
_TIME, _NONCE, _DIGEST, _MAC = r"-?[0-9]{1,12}\.[0-9]{3}", r"[\w-]{16}", r"[\w-]{43}", r"[\w-]{16}"
_ASKING = re.compile(f"({_TIME}) ({_NONCE}) ({_DIGEST}) ({_MAC})", re.ASCII)
_ANSWERING = re.compile(f"({_TIME}) ({_MAC})", re.ASCII)

Headers = CIMultiDict[str] | CIMultiDictProxy[str]


class Asked(NamedTuple):
    """What a request says that one of us has signed."""

    time: float
    nonce: str
    digest: str
    client: str
    """The client's address."""


class Asking:
    """One request to another server, and what its answer must show."""

    def __init__(self, peers: Peers, owner: str) -> None:
        self._peers = peers
        self._owner = owner
        self.nonce = urlsafe_b64encode(secrets.token_bytes(12)).decode()

    def proof(self, time: float, method: str, target: str, headers: Headers, body: bytes) -> str:
        """``time``: by the owner's clock. ``headers``: all that are sent."""
        when, digest = f"{time:.3f}", _digest(body)
        said = (method, target, when, self.nonce, digest, *_values(headers, ASKED_WITH))
        return f"{when} {self.nonce} {digest} {self._peers.sign(self._owner, *said)}"

    def time_of(self, status: int, headers: Headers, body: bytes) -> float | None:
        """What the owner's clock said as it answered so; None for what it did not answer."""
        found = _ANSWERING.fullmatch(headers.get(PROOF, ""))
        if found is None:
            return None
        when, mac = found.groups()
        said = (self.nonce, str(status), when, _digest(body), *_values(headers, ANSWERED_WITH))
        return float(when) if self._peers.answered(self._owner, mac, *said) else None


class Door:
    """At the server that is asked: what comes in. ``now``: its clock, in seconds."""

    def __init__(self, peers: Peers, now: Callable[[], float] | None = None) -> None:
        self._peers = peers
        self.now = now or _now
        self._seen: dict[str, float] = {}
        """When each can be forgotten, by nonce, in this order."""

    def read(self, request: web.Request) -> Asked | None:
        """What is signed of it, the body not looked at; None where it is not by one of us."""
        found = _ASKING.fullmatch(",".join(request.headers.getall(PROOF, ())))
        if found is None:
            return None
        when, nonce, digest, mac = found.groups()
        said = (request.method, request.raw_path, when, nonce, digest)
        if not self._peers.signed(mac, *said, *_values(request.headers, ASKED_WITH)):
            return None
        return Asked(float(when), nonce, digest, request.headers.get(CLIENT, ""))

    def is_now(self, asked: Asked) -> bool:
        return abs(asked.time - self.now()) <= AGE_MAX

    def is_whole(self, asked: Asked, body: bytes) -> bool:
        return asked.digest == _digest(body)

    def admit(self, asked: Asked) -> bool:
        """Whether it is of this moment, and comes for the first time. Once its body was read."""
        now = self.now()
        while self._seen:
            first, until = next(iter(self._seen.items()))
            if until >= now:
                break
            del self._seen[first]
        if not self.is_now(asked) or asked.nonce in self._seen or len(self._seen) >= SEEN_MAX:
            return False
        self._seen[asked.nonce] = now + 2 * AGE_MAX  # it may have come early, and come again late
        return True

    def sign(self, asked: Asked, response: web.Response) -> None:
        """Show that this is the answer."""
        body = response.body if isinstance(response.body, bytes) else b""
        response.headers.setdefault(hdrs.CONTENT_TYPE, "application/octet-stream")
        when = f"{self.now():.3f}"
        values = _values(response.headers, ANSWERED_WITH)
        said = (asked.nonce, str(response.status), when, _digest(body), *values)
        response.headers[PROOF] = f"{when} {self._peers.sign_answer(*said)}"


class Clocks:
    """How late it is at other servers, by their own clocks."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By how much theirs is ahead, and when that was heard."""

    def set(self, name: str, time: float) -> None:
        now = _now()
        self._known[name] = (time - now, now)
        self._known.move_to_end(name)
        if len(self._known) > CLOCKS_MAX:
            self._known.popitem(last=False)

    def at(self, name: str) -> float | None:
        """None where it has to be asked for."""
        ahead, heard = self._known.get(name, (0.0, -CLOCK_TTL))
        now = _now()
        return now + ahead if now - heard < CLOCK_TTL and name in self._known else None

    def forget(self, name: str) -> None:
        self._known.pop(name, None)


def _values(headers: Headers, names: tuple[str, ...]) -> list[str]:
    """Each of them, and every time that it is there."""
    return [",".join(headers.getall(name, ())) for name in names]


def _digest(body: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("=")


def _now() -> float:
    return asyncio.get_running_loop().time()
