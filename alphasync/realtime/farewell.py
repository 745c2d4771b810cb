"""What is said of a device whose session has ended: to Redis, until it is on record there."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from alphasync.log_subject import about
from alphasync.membership.name import ServerName
from alphasync.realtime.sessions import Session
from alphasync.realtime.subscriber import Subscriber
from alphasync.services.devices import Devices
from alphasync.services.grace import Graces
from alphasync.store.retries import until_redis_answers

PERSIST_TIMEOUT = 600.0
"""Seconds of trying to say something while Redis is away."""

GOING_AWAY = 1001
"""WebSocket close code of a page that is closed, left or loaded again (RFC 6455, 7.4.1)."""

TOKEN_END_GRACE = 0.5
"""Seconds by which a timer, or the clock of another server, may be ahead of the token's end."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


async def persist(step: Callable[[], Awaitable[T]], session: Session) -> T | None:
    """Carry a step out for a session, while Redis is away again and again.

    None when it failed: whatever else goes wrong must not keep what is still to be done for the
    session from being done. It is in the log then, with its trace.
    """
    about(session.registration)
    try:
        async with asyncio.timeout(PERSIST_TIMEOUT):
            return await until_redis_answers(step)
    except TimeoutError:
        log.error("session not looked after: Redis is away", session=session.sid)
    except Exception:
        log.exception("session not looked after", session=session.sid)
    return None


class Farewell:
    def __init__(
        self, subscriber: Subscriber, devices: Devices, graces: Graces, server_name: ServerName
    ) -> None:
        self._subscriber = subscriber
        self._devices = devices
        self._graces = graces
        self._server_name = server_name

    async def leave(self, session: Session, *, on_purpose: bool) -> None:
        """Who left on purpose ends their runs, others may come back."""
        if session.catching_up is not None:
            # A join that is cut short could leave a record that says that the device is here.
            await asyncio.wait([session.catching_up])
        if session.asked or session.device_id:
            await persist(lambda: self._say(session, on_purpose=on_purpose), session)
        await self._subscriber.release(session.who.account)

    async def _say(self, session: Session, *, on_purpose: bool) -> None:
        if not session.device_id:
            found = await self._devices.find(
                session.who, session.sid, session.registration.offer.device_id, session.fresh
            )
            session.registration.device_id = found or session.fresh.device_id
        if on_purpose:
            account, device_id = session.who.account, session.device_id
            await self._devices.leave(
                account,
                device_id,
                session.sid,
                away=False,
                reason="signed_out" if session.signed_off else "left",
            )
        else:
            await self.say_goodbye(session, self._server_name.current)

    async def say_goodbye(self, session: Session, server: str) -> None:
        """The device has a grace to come back, if it was this session's until now.

        ``server``: the name of this one on the device's record. Raises StoreUnavailable.
        """
        account, device_id = session.who.account, session.device_id
        page_closed = session.socket.closed_with == GOING_AWAY
        grace = await self._devices.lose(
            account,
            device_id,
            session.sid,
            server,
            silent_for=asyncio.get_running_loop().time() - session.socket.heard_at,
            page_closed=page_closed,
            signed_out=session.who.expires_at <= time.time() + TOKEN_END_GRACE,
        )
        if grace is None:
            await self._devices.forget(account, device_id, session.sid, server)
        else:
            self._graces.start(account, device_id, session.sid, grace)
