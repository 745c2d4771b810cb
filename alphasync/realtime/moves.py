"""Sessions that follow their WebSocket from one replica to another, unseen by their clients."""

import asyncio
import itertools
from typing import Any

import msgspec
import structlog

from alphasync import telemetry
from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.errors import StoreUnavailable
from alphasync.protocol import packets
from alphasync.realtime.allowance import EventAllowance, Rest
from alphasync.realtime.auth import Handshake
from alphasync.realtime.farewell import persist
from alphasync.realtime.limits import Limits
from alphasync.realtime.manager import NAMESPACE, Manager
from alphasync.realtime.order import parse
from alphasync.realtime.presence import FOLLOW_WITHIN, Presence
from alphasync.realtime.relay import Relay
from alphasync.realtime.sessions import Phase, Session, Sessions
from alphasync.realtime.state import made_ready, state_of
from alphasync.realtime.subscriber import Subscriber
from alphasync.services.account_state import AccountState, LogLost
from alphasync.services.devices import Devices
from alphasync.services.leases import ReplicaName
from alphasync.store.redis.attempts import backoff
from alphasync.tasks import Tasks
from alphasync.transport import EngineSocket, SocketServer

QUIET_WITHIN = 5.0
"""Seconds for a join or a command that is under way; the client waits meanwhile."""
LOOK_EVERY = 0.005
SEE_OFF = 3.0
"""Seconds after which a session that has left is on record elsewhere, or lost on its way."""

log = structlog.get_logger(__name__)


class TooManyConnections(Exception):
    """The account has as many sessions on this replica as it may: this one cannot come, too."""


class Device(msgspec.Struct, frozen=True, array_like=True):
    """A registered session, as another replica is to have it."""

    sid: str
    who: Identity
    offer: Handshake
    device_id: str
    name: str
    resume_token: str
    resumed: bool
    rest: Rest
    warned: bool
    replica: str
    """On record as the one that has the device."""
    epoch: str
    revision: int
    """The last event that was sent to it, or waits in its packets."""


class Luggage(msgspec.Struct, frozen=True, array_like=True):
    sids: dict[str, str]
    device: Device | None = None


class Moves:
    """The transport's ``Mover``."""

    def __init__(
        self,
        sessions: Sessions,
        manager: Manager,
        presence: Presence,
        subscriber: Subscriber,
        devices: Devices,
        account_state: AccountState,
        replica: ReplicaName,
        limits: Limits,
        allowance: EventAllowance,
    ) -> None:
        self._sessions = sessions
        self._manager = manager
        self._presence = presence
        self._subscriber = subscriber
        self._devices = devices
        self._account_state = account_state
        self._replica = replica
        self._limits = limits
        self._allowance = allowance
        self._seeing_off = Tasks()

    @property
    def _server(self) -> SocketServer:
        server: SocketServer = self._manager.server
        return server

    async def close(self) -> None:
        """Whoever was lost on the way is found by the replica that takes over from this one."""
        await self._seeing_off.close()

    # Away from here

    async def give_up(self, socket: EngineSocket) -> bytes | None:
        try:
            async with asyncio.timeout(QUIET_WITHIN):
                # Three things in two layers: asking again is plainer than an event for each.
                while not self._quiet(socket):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            return None
        # From here on nothing is awaited.
        if socket.state.over:
            return None
        session = self._session(socket)
        sids = self._server.give_up(socket.sid)
        if sids is None:
            return None
        device = None if session is None else self._let_go(session)
        return msgspec.msgpack.encode(Luggage(sids, device))

    def _quiet(self, socket: EngineSocket) -> bool:
        session = self._session(socket)
        unready = session is not None and (
            session.phase is Phase.JOINING or session.following is not None
        )
        return socket.state.over or not (unready or socket.busy or socket.posting)

    def _session(self, socket: EngineSocket) -> Session | None:
        sid = self._manager.sid_from_eio_sid(socket.sid, NAMESPACE)
        return self._sessions.get(sid) if sid is not None else None

    def _let_go(self, session: Session) -> Device:
        account, replica = session.who.account, self._replica.value
        position = self._subscriber.hold(account).position
        self._presence.let_go(session)
        self._seeing_off.spawn(self._see_off(session, replica), f"see off {session.sid}")
        return Device(
            sid=session.sid,
            who=session.who,
            offer=session.offer,
            device_id=session.device_id,
            name=session.name,
            resume_token=session.resume_token,
            resumed=session.resumed,
            rest=self._allowance.rest(session),
            warned=session.warned,
            replica=replica,
            epoch=position.epoch,
            revision=position.revision,
        )

    async def _see_off(self, session: Session, replica: str) -> None:
        """Look after the device if nobody else does: the other replica may have died meanwhile."""
        account = session.who.account
        await self._subscriber.release(account)  # its own
        await self._subscriber.release(account)  # the one that was taken to ask for the position
        await asyncio.sleep(SEE_OFF)
        await self._say_goodbye(session, replica)

    async def _say_goodbye(self, session: Session, replica: str) -> None:
        await persist(lambda: self._presence.farewell.say_goodbye(session, replica), session)

    # Here

    async def take_on(self, socket: EngineSocket, state: bytes, environ: dict[str, Any]) -> None:
        luggage = msgspec.msgpack.decode(state, type=Luggage)
        self._server.take_on(socket.sid, luggage.sids, environ)
        device = luggage.device
        if device is None:
            return
        session = Session(device.sid, socket, device.who, device.offer)
        session.device_id = device.device_id
        session.name = device.name
        session.resume_token = device.resume_token
        session.resumed = device.resumed
        session.warned = device.warned
        self._allowance.bring(session, device.rest)
        session.joining = asyncio.current_task()
        try:
            await self._register(session, device)
        except Exception:
            work = self._say_goodbye(session, device.replica)
            self._seeing_off.spawn(work, f"goodbye {session.sid}")
            raise

    async def _register(self, session: Session, device: Device) -> None:
        if self._sessions.count(device.who.account) >= self._limits.account:
            telemetry.limits.labels("connections_per_account").inc()
            raise TooManyConnections
        self._sessions.add(session)
        relay = self._subscriber.hold(device.who.account)
        for attempt in itertools.count(1):
            try:
                await self._go_on(session, relay, device)
            except (StoreUnavailable, TimeoutError):
                log.info("taking a session on takes another try", session=device.sid)
            if session.phase is not Phase.JOINING or session.socket.state.over:
                return
            await asyncio.sleep(backoff(attempt))

    async def _go_on(self, session: Session, relay: Relay, device: Device) -> None:
        registered_as, account = self._replica.value, session.who.account
        if not await self._devices.restore(
            session.who, session.sid, session.name, session.device_id, session.resume_token
        ):
            await self._manager.supersede(session.sid)
            return
        await self._devices.relieve(account, session.device_id, session.sid, device.replica)
        async with asyncio.timeout(FOLLOW_WITHIN):
            await self._subscriber.follow(relay)
        since = await self._account_state.events_after(account, device.epoch, device.revision)
        epoch, revision, envelopes, state = device.epoch, device.revision, [], []
        if isinstance(since, LogLost):
            snapshot = await self._account_state.snapshot(account)
            epoch, revision = snapshot.epoch, snapshot.revision
            resync = packets.encode(events.Resync(epoch=epoch, revision=revision))
            state = await made_ready(itertools.chain([resync], state_of(session, snapshot)))
        elif since:
            envelopes = [parse(raw) for raw in since]
            revision = envelopes[-1].revision
        async with asyncio.timeout(FOLLOW_WITHIN):
            await relay.reached(epoch, revision)
        missed = relay.position.since(epoch, revision)
        if missed is None or session.phase is not Phase.JOINING:
            return
        # From here to the rooms nothing is awaited: no event can fall between.
        if state:
            telemetry.resyncs.inc()
            self._manager.put_state(session, state)
        for envelope in (*envelopes, *missed):
            self._manager.deliver_to(session, envelope)
        self._presence.settle(session, registered_as)
