"""The life of a session: join, token expiry, heartbeat, leave."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from alphasync import telemetry
from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.domain.snapshot import Snapshot
from alphasync.errors import AlphasyncError, StoreUnavailable, TooManyJoins
from alphasync.protocol import packets
from alphasync.realtime.expiry import Expiry
from alphasync.realtime.farewell import Farewell, persist
from alphasync.realtime.manager import Manager
from alphasync.realtime.order import Envelope
from alphasync.realtime.relay import Relay
from alphasync.realtime.sessions import Phase, Session, Sessions
from alphasync.realtime.state import lost_runs, made_ready, state_of
from alphasync.realtime.subscriber import Subscriber
from alphasync.realtime.turns import Turns
from alphasync.realtime.welcome import Known, LogBegunAnew, known_by, welcome
from alphasync.services.account_state import AccountState
from alphasync.services.devices import Devices, Joined
from alphasync.services.grace import Graces
from alphasync.services.leases import ReplicaName
from alphasync.store.redis.attempts import backoff
from alphasync.tasks import Tasks
from alphasync.transport import Outgoing, message

FOLLOW_WITHIN = 5.0
"""Seconds for a relay to come up to the snapshot; then the join starts over."""

CLOSE_WITHIN = 3.0
"""Seconds for joins and leaves that are under way when the replica shuts down."""
CUT_WITHIN = 4.0
"""Seconds over which a replica that shuts down closes its sockets: below a device's grace."""
CUT_PAUSE = 0.05
"""Seconds between two of them, at most."""

Complete = Callable[[Identity], Awaitable[Identity]]
"""Fills in what a token could not carry. Raises SignInAgain."""
Registered = Callable[[Identity], None]
"""Is told who has a device here from now on."""

log = structlog.get_logger(__name__)


class Presence:
    def __init__(
        self,
        sessions: Sessions,
        manager: Manager,
        subscriber: Subscriber,
        devices: Devices,
        graces: Graces,
        replica: ReplicaName,
        account_state: AccountState,
        heartbeat: float,
        complete: Complete,
        registered: Registered,
        turns: Turns,
    ) -> None:
        self._sessions = sessions
        self._manager = manager
        self._subscriber = subscriber
        self._devices = devices
        self._replica = replica
        self._account_state = account_state
        self._heartbeat = heartbeat
        self._complete = complete
        self._registered = registered
        self._turns = turns
        self._expiry = Expiry(manager)
        self.farewell = Farewell(subscriber, devices, graces, replica)
        self._beat = Tasks()
        self._passing = Tasks()
        """Joins, leaves, restores: short, and never cut off."""

    def start(self) -> None:
        self._beat.spawn(self._keep_alive(), "heartbeat")

    async def close(self) -> None:
        """Let what is under way come to its end, but not wait for a Redis that is away: what is
        left undone is found by whoever takes over."""
        await self._beat.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN):
                await self._passing.wait()
        await self._passing.close()

    def connected(self, session: Session) -> None:
        """The socket's CONNECT packet is on the way: register its device."""
        # From here on, and not only once it has joined, the socket ends with its token.
        self._expiry.cut(session)
        session.joining = self._passing.spawn(self._join(session), f"join {session.sid}")

    def disconnected(self, session: Session, *, on_purpose: bool) -> None:
        """The socket is gone. Who left on purpose ends their runs, others may come back."""
        self.let_go(session)
        self._passing.spawn(
            self.farewell.leave(session, on_purpose=on_purpose), f"leave {session.sid}"
        )

    def let_go(self, session: Session) -> None:
        """The session gets no more events here."""
        if session.phase is Phase.REGISTERED:
            telemetry.sessions.dec()
        session.move(Phase.CLOSED)
        self._sessions.remove(session)
        if session.expiry is not None:
            session.expiry.cancel()

    def restore(self) -> None:
        """This replica was taken for dead: put its sessions on record again."""
        for session in self._sessions:
            if session.phase is Phase.REGISTERED:
                self._passing.spawn(self._restore(session), f"restore {session.sid}")

    def note_again(self) -> None:
        """Note all devices here as this replica's, as at their join."""
        for session in self._sessions:
            if session.phase is Phase.REGISTERED:
                self._devices.hold(session.who.account, session.device_id, session.sid)

    async def cut_all(self) -> None:
        """Close all sockets, spread over time, so that the clients do not come back all at once."""
        while sessions := list(self._sessions):  # some may come while others are cut
            pause = min(CUT_PAUSE, CUT_WITHIN / len(sessions))
            for session in sessions:
                self._manager.cut(session)
                await asyncio.sleep(pause)

    def resync(self, account: str, snapshot: Snapshot) -> None:
        """Send a fresh snapshot to every device of the account on this replica."""
        event = events.Resync(epoch=snapshot.epoch, revision=snapshot.revision)
        for session in self._sessions.registered(account):
            telemetry.resyncs.inc()
            state = [*state_of(session, snapshot), *lost_runs(session, snapshot)]
            self._manager.send_state(session, [packets.encode(event), *state])

    async def _join(self, session: Session) -> None:
        relay = self._subscriber.hold(session.who.account)
        try:
            await self._turns.wait(session)
        except TooManyJoins as error:
            self._give_up(session, error)
            return
        for attempt in itertools.count(1):
            try:
                await self._try_to_join(session, relay)
            except (StoreUnavailable, TimeoutError, LogBegunAnew) as error:
                log.info("join takes another try", session=session.sid, attempt=attempt)
                if relay.ready.is_set():
                    relay.recover()  # what it waits for may have been written and never published
                if isinstance(error, StoreUnavailable):
                    session.early.refuse(StoreUnavailable())  # what waits was never begun
            except AlphasyncError as error:
                log.info("join refused", session=session.sid, code=error.code)
                self._give_up(session, error)
                return
            except Exception:
                log.exception("join failed", session=session.sid)
                self._give_up(session, AlphasyncError())
                return
            if session.phase is not Phase.JOINING:
                return
            await asyncio.sleep(backoff(attempt))

    def _give_up(self, session: Session, error: AlphasyncError) -> None:
        """End a connection that cannot join, with a reason: silence would last for ever."""
        if session.phase is Phase.JOINING:
            event = events.ErrorEvent(
                message=error.message, code=error.code, retryable=error.retryable or None
            )
            self._manager.send(session, packets.encode(event))
        self._manager.cut(session)

    async def _try_to_join(self, session: Session, relay: Relay) -> None:
        async with asyncio.timeout(FOLLOW_WITHIN):
            await self._subscriber.follow(relay)
        async with self._turns.among_few(session.who.account):
            if session.settled.is_set():
                return
            session.who = await self._complete(session.who)
            if session.phase is not Phase.JOINING:
                return  # gone before its turn: it is not put on record
            session.asked = True
            registered_as = self._replica.value
            joined = await self._register(session)
            account, offer = session.who.account, session.offer
            known = await known_by(account, offer, joined, self._account_state)
            state = await self._state(session, known.snapshot)
        async with asyncio.timeout(FOLLOW_WITHIN):
            await relay.reached(joined.begun.epoch, known.revision)
        missed = relay.position.since(joined.begun.epoch, known.revision)
        if missed is not None and session.phase is Phase.JOINING:
            self._welcome(session, joined, known, state, missed, registered_as)

    async def _register(self, session: Session) -> Joined:
        """Register the device; from the second try on as the one it was at the first."""
        offer = session.offer
        joined = await self._devices.join(
            session.who,
            session.sid,
            offer.device_name,
            session.device_id or offer.device_id,
            session.resume_token or offer.resume_token,
            session.fresh,
        )
        if session.device_id:
            joined = msgspec.structs.replace(joined, resumed=session.resumed)
        session.device_id = joined.device_id
        session.resumed = joined.resumed
        session.name = joined.name
        session.resume_token = joined.resume_token
        return joined

    async def _state(self, session: Session, snapshot: Snapshot | None) -> list[Outgoing]:
        """What is to be sent of the state, once there is room for it. Raises TooManyJoins."""
        if snapshot is None:
            return []
        state = await made_ready(state_of(session, snapshot))
        size = sum(packet.size for packet in state)
        account = session.who.account
        await self._turns.bring(session, size, lambda: self._sessions.untaken(account))
        return state

    def _welcome(
        self,
        session: Session,
        joined: Joined,
        known: Known,
        state: list[Outgoing],
        missed: list[Envelope],
        registered_as: str,
    ) -> None:
        """From here to the rooms nothing is awaited: no event can fall between."""
        registered = message(welcome(session, joined, known, self._heartbeat))
        self._manager.put_state(session, [registered, *state])
        for envelope in (*known.envelopes, *missed):
            self._manager.deliver_to(session, envelope)
        self.settle(session, registered_as)
        if joined.superseded and joined.superseded != session.sid:
            cut = self._manager.supersede(joined.superseded)
            self._passing.spawn(cut, f"cut {joined.superseded}")

    def settle(self, session: Session, registered_as: str) -> None:
        """The session gets events from here on. ``registered_as``: what this replica was called
        when it put the session on record."""
        self._manager.enter(session)
        session.move(Phase.REGISTERED)
        telemetry.sessions.inc()
        self._registered(session.who)
        self._expiry.warn_and_cut(session)
        if self._replica.value != registered_as:
            # Taken for dead meanwhile: ``restore`` did not know of this session yet.
            self._passing.spawn(self._restore(session), f"restore {session.sid}")

    async def _restore(self, session: Session) -> None:
        async def step() -> bool:
            if session.phase is not Phase.REGISTERED:
                return True
            return await self._devices.restore(
                session.who, session.sid, session.name, session.device_id, session.resume_token
            )

        restored = await persist(step, session)
        if restored is None:
            self._manager.cut(session)  # nobody knows that it is here: it is to come back
        elif not restored:
            await self._manager.supersede(session.sid)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            for session in self._sessions:
                if session.phase is Phase.REGISTERED:
                    try:
                        if not await self._devices.touch(
                            session.who, session.sid, session.device_id
                        ):
                            await self._restore(session)
                    except StoreUnavailable:
                        log.warning("heartbeat not written", device=session.device_id)
                    except Exception:  # that of one device must not end those of all
                        log.exception("heartbeat failed", device=session.device_id)
