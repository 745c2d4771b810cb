"""Sessions that follow their WebSocket from one server to another, unseen by their clients."""

import asyncio
from typing import Any

from alphasync import telemetry
from alphasync.realtime import handover
from alphasync.realtime.allowance import EventAllowance
from alphasync.realtime.catch_up import Beginning, CatchUp
from alphasync.realtime.farewell import Farewell, persist
from alphasync.realtime.handover import Arriving, Handover
from alphasync.realtime.limits import Limits
from alphasync.realtime.manager import NAMESPACE, Manager
from alphasync.realtime.order import parse
from alphasync.realtime.presence import Presence
from alphasync.realtime.sessions import Session, Sessions
from alphasync.realtime.state import state_anew
from alphasync.realtime.subscriber import Subscriber
from alphasync.services.account_state import AccountState, LogLost
from alphasync.services.devices import Devices
from alphasync.tasks import Tasks
from alphasync.transport import EngineSocket, SocketServer

QUIET_TIMEOUT = 5.0
"""Seconds for a join or a command that is under way; the client waits meanwhile."""
LOOK_INTERVAL = 0.005
"""Seconds between two looks whether it has ended."""
SEE_OFF_GRACE = 3.0
"""Seconds after which a session that has left is on record elsewhere, or lost on its way."""


class TooManyConnections(Exception):
    """The account has as many sessions on this server as it may: this one cannot come, too."""


class Moves:
    """The transport's ``Mover``."""

    def __init__(
        self,
        sessions: Sessions,
        manager: Manager,
        subscriber: Subscriber,
        presence: Presence,
        catch_up: CatchUp,
        farewell: Farewell,
        devices: Devices,
        account_state: AccountState,
        limits: Limits,
        allowance: EventAllowance,
    ) -> None:
        self._sessions = sessions
        self._manager = manager
        self._subscriber = subscriber
        self._presence = presence
        self._catch_up = catch_up
        self._farewell = farewell
        self._devices = devices
        self._account_state = account_state
        self._limits = limits
        self._allowance = allowance
        self._seeing_off = Tasks()

    @property
    def _server(self) -> SocketServer:
        server: SocketServer = self._manager.server
        return server

    async def close(self) -> None:
        """Whoever was lost on the way is found by the server that takes over from this one."""
        await self._seeing_off.close()

    # Away from here

    async def give_up(self, socket: EngineSocket) -> bytes | None:
        try:
            async with asyncio.timeout(QUIET_TIMEOUT):
                # Three things in two layers: asking again is plainer than an event for each.
                while not self._quiet(socket):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_INTERVAL)
        except TimeoutError:
            return None
        # From here on nothing is awaited.
        if socket.state.over:
            return None
        session = self._session(socket)
        sids = self._server.give_up(socket.sid)
        if sids is None:
            return None
        arriving = None if session is None else self._let_go(session)
        return handover.encode(Handover(sids, arriving))

    def _quiet(self, socket: EngineSocket) -> bool:
        session = self._session(socket)
        unready = session is not None and (
            not session.is_in_step() or session.following is not None
        )
        return socket.state.over or not (unready or socket.busy or socket.posting)

    def _session(self, socket: EngineSocket) -> Session | None:
        sid = self._manager.sid_from_eio_sid(socket.sid, NAMESPACE)
        return self._sessions.get(sid) if sid is not None else None

    def _let_go(self, session: Session) -> Arriving:
        self._presence.let_go(session)
        work = self._see_off(session, session.registration.server, SEE_OFF_GRACE)
        self._seeing_off.spawn(work, f"see off {session.sid}")
        position = session.relay.position
        rest = self._allowance.rest(session)
        return Arriving(session.registration, rest, position.epoch, position.revision)

    async def _see_off(self, session: Session, server: str, grace: float = 0.0) -> None:
        """Look after the device if nobody else does: the other server may have died meanwhile.

        ``server``: the one that has it on record.
        """
        await self._subscriber.release(session.who.account)
        await asyncio.sleep(grace)
        await self._say_goodbye(session, server)

    async def _say_goodbye(self, session: Session, server: str) -> None:
        await persist(lambda: self._farewell.say_goodbye(session, server), session)

    # Here

    async def take_on(self, socket: EngineSocket, state: bytes, environ: dict[str, Any]) -> None:
        told = handover.decode(state)
        self._server.take_on(socket.sid, told.sids, environ)
        arriving = told.arriving
        if arriving is None:
            return
        before, account = arriving.registration.server, arriving.registration.who.account
        session = Session(socket, arriving.registration, self._subscriber.hold(account))
        session.catching_up = asyncio.current_task()
        self._allowance.lower(session, arriving.rest)
        if self._sessions.count(account) >= self._limits.account:
            telemetry.limits.labels("connections_per_account").inc()
            self._seeing_off.spawn(self._see_off(session, before), f"see off {session.sid}")
            raise TooManyConnections
        self._sessions.add(session)
        try:
            await self._presence.put_on_record(session)
            if await self._catch_up.bring(
                session,
                lambda: self._begin(session, arriving, before),
                "taking a session on takes another try",
            ):
                self._presence.settle(session)
        except Exception:
            self._seeing_off.spawn(self._say_goodbye(session, before), f"goodbye {session.sid}")
            raise

    async def _begin(self, session: Session, arriving: Arriving, before: str) -> Beginning:
        """``before``: the server that has had the session until now."""
        account, epoch = session.who.account, arriving.epoch
        await self._devices.relieve(account, session.device_id, session.sid, before)
        found = await self._account_state.events_after(account, epoch, arriving.revision)
        if isinstance(found, LogLost):
            telemetry.resyncs.inc()
            snapshot = await self._account_state.snapshot(account)
            packets = state_anew(session, snapshot)
            return Beginning(snapshot.epoch, snapshot.revision, packets, [])
        missed = [parse(raw) for raw in found]
        reached = missed[-1].revision if missed else arriving.revision
        return Beginning(epoch, reached, [], missed)
