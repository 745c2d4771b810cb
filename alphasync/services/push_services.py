"""Asking push services: at addresses that clients have named, and so never within our network."""

import asyncio
from enum import StrEnum

import aiohttp
import structlog

from alphasync.services.outside import objection, open_session

SEND_TIMEOUT = 10.0
"""Seconds for one try."""
RETRY_WAITS = (1.0, 5.0)
"""Seconds before each further try."""
RETRY_AFTER_MAX = 60.0
"""Seconds that a push service may have us wait; for longer it is left alone."""
NEWS_TTL = 4 * 3600
"""Seconds that a push service keeps what it cannot deliver: after that it is no news."""
SENDING_MAX = 50
"""Messages on their way at once."""

log = structlog.get_logger(__name__)


class Gone(Exception):
    """The push service does not know the subscription any more."""


class Outcome(StrEnum):
    SENT = "sent"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    GONE = "gone"


class PushServices:
    """``private``: whether they may be at private addresses, and without TLS."""

    def __init__(self, *, private: bool) -> None:
        self._private = private
        self._session: aiohttp.ClientSession | None = None
        self._turns = asyncio.Semaphore(SENDING_MAX)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def objection(self, endpoint: str) -> str | None:
        """Why nothing is sent there, as far as the address says."""
        return objection(endpoint, private=self._private, ports=(443,))

    async def send(
        self, endpoint: str, proof: str, topic: str, body: bytes, gate: asyncio.Semaphore
    ) -> Outcome:
        """``gate``: held for each try. Raises Gone."""
        if self.objection(endpoint):
            return Outcome.REFUSED
        headers = {
            "Authorization": proof,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(NEWS_TTL),
            "Urgency": "high",
            "Topic": topic,
        }
        for wait in RETRY_WAITS:
            outcome, asked = await self._turn(gate, endpoint, headers, body)
            if outcome is not Outcome.UNREACHABLE or asked > RETRY_AFTER_MAX:
                return outcome
            await asyncio.sleep(max(wait, asked))
        return (await self._turn(gate, endpoint, headers, body))[0]

    async def _turn(
        self, gate: asyncio.Semaphore, endpoint: str, headers: dict[str, str], body: bytes
    ) -> tuple[Outcome, float]:
        async with gate, self._turns:
            return await self._try(endpoint, headers, body)

    async def _try(
        self, endpoint: str, headers: dict[str, str], body: bytes
    ) -> tuple[Outcome, float]:
        """What came of it, and the seconds that the push service asks to wait. Its body is not
        read, and a redirect not followed: it would lead elsewhere."""
        try:
            async with self._opened().post(
                endpoint, headers=headers, data=body, allow_redirects=False
            ) as answer:
                status, wait = answer.status, answer.headers.get("Retry-After", "")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.debug("push service not reached", reason=type(error).__name__)
            return Outcome.UNREACHABLE, 0.0
        if status in (404, 410):
            raise Gone
        if status == 429 or status >= 500:
            return Outcome.UNREACHABLE, float(wait) if wait.isdecimal() else 0.0
        return (Outcome.SENT if status < 300 else Outcome.REFUSED), 0.0

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = open_session(
                private=self._private, most=SENDING_MAX, timeout=SEND_TIMEOUT
            )
        return self._session
