"""Logins that were ended: their devices here are disconnected, and are not let in again.

A server hears of it as one of the account's events, in order and also after it was cut off from
Redis, and directly by the server that has ended them, in case it is cut off at this moment. Who
comes to a server that has not heard is refused by the script that registers the device.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.errors import SignedOut, StoreUnavailable
from alphasync.protocol import packets
from alphasync.realtime.manager import Manager
from alphasync.realtime.order import Envelope
from alphasync.realtime.sessions import Sessions
from alphasync.services.endings import Ended
from alphasync.tasks import Tasks

TELL_TIMEOUT = 2.0
"""Seconds for another server to hear of it directly. It may be gone, or read it from the log."""
REMEMBERED_MAX = 4096
"""Logins that are refused before anything is asked of Redis: clients that do not understand why
come again at once."""
OPENING = packets.opening(events.SessionsEnded)

Others = Callable[[], Awaitable[set[str]]]
"""The names of the other servers. Raises StoreUnavailable."""
Tell = Callable[[str, bytes], Awaitable[bool]]
"""Tells one of them; whether it has heard."""

log = structlog.get_logger(__name__)


class SignOffs:
    def __init__(self, sessions: Sessions, manager: Manager, others: Others) -> None:
        self._sessions = sessions
        self._manager = manager
        self._others = others
        self._tasks = Tasks()
        self._ended: OrderedDict[str, None] = OrderedDict()

    async def close(self) -> None:
        await self._tasks.close()

    def knows(self, who: Identity) -> bool:
        """Whether the login of a token is known here to have been ended."""
        return who.sign_in in self._ended

    def hear(self, account: str, envelope: Envelope) -> None:
        """One of the account's events."""
        if not envelope.packet.startswith(OPENING):
            return
        event = packets.decode(envelope.packet)
        if isinstance(event, events.SessionsEnded):
            self.carry_out(
                Ended(
                    account,
                    event.operator_id,
                    events.filled(event.sessions),
                    event.others,
                    events.filled(event.timestamp),
                )
            )

    def told(self, raw: bytes) -> None:
        """What another server says directly."""
        try:
            self.carry_out(msgspec.msgpack.decode(raw, type=Ended))
        except msgspec.MsgspecError:
            log.warning("another server tells something that is not known here")

    def announce(self, ended: Ended) -> None:
        """Logins were ended by this server."""
        self.carry_out(ended)
        self._tasks.spawn(self._tell_others(ended), f"tell of ended logins {ended.account}")

    def carry_out(self, ended: Ended) -> None:
        for sid in ended.sessions:
            self.remember(sid)
        for session in self._sessions.of(ended.account):
            if ended.concerns(session.who):
                self._tasks.spawn(
                    self._manager.end_here(session, SignedOut), f"sign off {session.sid}"
                )

    def remember(self, sid: str) -> None:
        """``sid``: '' for a token that no login made, of which nothing is remembered."""
        if sid:
            self._ended[sid] = None
        if len(self._ended) > REMEMBERED_MAX:
            self._ended.popitem(last=False)

    async def _tell_others(self, ended: Ended) -> None:
        raw = msgspec.msgpack.encode(ended)
        try:
            names = await self._others()
        except StoreUnavailable:
            return  # then they cannot have read it either, and do so when Redis is back
        await asyncio.gather(*(self._tell_one(name, raw) for name in names))

    async def _tell_one(self, name: str, raw: bytes) -> None:
        try:
            async with asyncio.timeout(TELL_TIMEOUT):
                await self._manager.tell_server(name, raw)
        except TimeoutError:
            log.info("another server not told directly", server=name)
