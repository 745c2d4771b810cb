"""The life of a session on this server: it joins or arrives, is kept on record, and leaves."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from alphasync import telemetry
from alphasync.domain.identity import Identity
from alphasync.domain.snapshot import Snapshot
from alphasync.errors import SignedOut, StoreUnavailable
from alphasync.log_subject import about
from alphasync.membership.name import ServerName
from alphasync.realtime.catch_up import Beginning, CatchUp
from alphasync.realtime.expiry import Expiry
from alphasync.realtime.farewell import Farewell, persist
from alphasync.realtime.joins import Joins
from alphasync.realtime.manager import Manager
from alphasync.realtime.sessions import Phase, Session, Sessions
from alphasync.realtime.state import state_anew
from alphasync.services.account_state import AccountState
from alphasync.services.devices import Devices
from alphasync.tasks import Tasks

CLOSE_TIMEOUT = 3.0
"""Seconds for joins and leaves that are under way when the server shuts down."""
CUT_TIMEOUT = 4.0
"""Seconds over which a server that shuts down closes its sockets: below a device's grace."""
CUT_INTERVAL = 0.05
"""Seconds between two of them, at most."""
GOODBYE_TIMEOUT = 0.5
"""Seconds that Redis has to hear that a device is away, before its socket is closed."""

Registered = Callable[[Identity], None]
"""Is told who has a device here from now on."""

Check = Callable[[Identity], Awaitable[None]]
"""Raises SignedOut where what a token stands for was ended."""

log = structlog.get_logger(__name__)


class Presence:
    """``heartbeat``: seconds between two notes that the devices here live."""

    def __init__(
        self,
        sessions: Sessions,
        manager: Manager,
        joins: Joins,
        catch_up: CatchUp,
        farewell: Farewell,
        devices: Devices,
        account_state: AccountState,
        server_name: ServerName,
        heartbeat: float,
        registered: Registered,
        check: Check,
    ) -> None:
        self._sessions = sessions
        self._manager = manager
        self._joins = joins
        self._catch_up = catch_up
        self._farewell = farewell
        self._devices = devices
        self._account_state = account_state
        self._server_name = server_name
        self._heartbeat = heartbeat
        self._registered = registered
        self._check = check
        self._expiry = Expiry(manager)
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
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._passing.wait()
        await self._passing.close()

    def connected(self, session: Session) -> None:
        """The socket's CONNECT packet is on the way: register its device."""
        # From here on, and not only once it has joined, the socket ends with its token.
        self._expiry.cut(session)
        session.catching_up = self._passing.spawn(self._join(session), f"join {session.sid}")

    def disconnected(self, session: Session, *, on_purpose: bool) -> None:
        """The socket is gone. Who left on purpose ends their runs, others may come back."""
        self.let_go(session)
        self._passing.spawn(
            self._farewell.leave(session, on_purpose=on_purpose or session.signed_off),
            f"leave {session.sid}",
        )

    def let_go(self, session: Session) -> None:
        """The session gets no more events here."""
        if session.phase is Phase.REGISTERED:
            telemetry.sessions.dec()
        session.become(Phase.CLOSED)
        self._sessions.remove(session)
        if session.expiry is not None:
            session.expiry.cancel()

    def restore(self) -> None:
        """This server was taken for dead: put its sessions on record again."""
        for session in self._sessions:
            if session.phase is Phase.REGISTERED:
                self._passing.spawn(self.put_on_record(session), f"restore {session.sid}")

    def note_again(self) -> None:
        """Note all devices here as this server's, as at their join."""
        for session in self._sessions:
            if session.phase is Phase.REGISTERED:
                self._devices.hold(session.who.account, session.device_id, session.sid)

    async def cut_all(self) -> None:
        """Close all sockets, spread over time, so that the clients do not come back all at once."""
        while sessions := list(self._sessions):  # some may come while others are cut
            pause = min(CUT_INTERVAL, CUT_TIMEOUT / len(sessions))
            cutting = Tasks()
            for session in sessions:
                cutting.spawn(self._send_away(session), f"send away {session.sid}")
                await asyncio.sleep(pause)
            await cutting.wait()

    async def _send_away(self, session: Session) -> None:
        """Redis is told first: who comes back at once, with nothing but its token, is known by
        being away."""
        about(session.registration)
        try:
            if session.phase is Phase.REGISTERED and not session.signed_off:
                self._sessions.leave_rooms(session)  # it is not to hear that it is away
                async with asyncio.timeout(GOODBYE_TIMEOUT):
                    await self._farewell.say_goodbye(session, self._server_name.current)
        except (StoreUnavailable, TimeoutError):
            pass  # it is said once more when the socket is gone
        finally:
            self._manager.cut(session)

    def resync(self, account: str, snapshot: Snapshot) -> None:
        """Have every device of the account on this server go on from a fresh snapshot."""
        for session in self._sessions.in_step(account):
            telemetry.resyncs.inc()
            self._sessions.leave_rooms(session)  # what comes before its state is not for it
            session.catching_up = self._passing.spawn(
                self._begin_anew(session, snapshot), f"resync {session.sid}"
            )

    def settle(self, session: Session) -> None:
        """The session is in step: its device is registered here from now on."""
        session.become(Phase.REGISTERED)
        telemetry.sessions.inc()
        self._registered(session.who)
        self._expiry.warn_and_cut(session)
        if self._server_name.current != session.registration.server:
            # Taken for dead meanwhile: ``restore`` did not know of this session yet.
            self._passing.spawn(self.put_on_record(session), f"restore {session.sid}")

    async def put_on_record(self, session: Session) -> None:
        """Have it on record that the session is here. It is cut where that cannot be done, and
        disconnected where another session has its device by now, or where its login was ended."""
        about(session.registration)
        registration = session.registration

        async def step() -> bool:
            if session.phase is Phase.CLOSED:
                return True
            registration.server = self._server_name.current
            try:
                return await self._devices.restore(
                    session.who,
                    session.sid,
                    registration.name,
                    session.device_id,
                    registration.resume_token,
                )
            except SignedOut:
                await self._manager.end_here(session, SignedOut)
                return True

        restored = await persist(step, session)
        if restored is None:
            self._manager.cut(session)  # nobody knows that it is here: it is to come back
        elif not restored:
            await self._manager.supersede(session.sid)

    async def _join(self, session: Session) -> None:
        about(session.registration)
        if await self._joins.join(session):
            self.settle(session)
            if session.superseded:
                await self._manager.supersede(session.superseded)

    async def _begin_anew(self, session: Session, snapshot: Snapshot) -> None:
        about(session.registration)
        known: Snapshot | None = snapshot

        async def begin() -> Beginning:
            nonlocal known
            # That its login was ended may have been among the events that nobody has any more.
            await self._check(session.who)
            state = known or await self._account_state.snapshot(session.who.account)
            known = None  # what was read for one try is too old for the next
            return Beginning(state.epoch, state.revision, state_anew(session, state), [])

        try:
            await self._catch_up.bring(session, begin, "resync takes another try")
        except SignedOut:
            await self._manager.end_here(session, SignedOut)
        except Exception:
            log.exception("resync failed", session=session.sid)
            self._manager.cut(session)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            for session in self._sessions:
                if session.phase is Phase.REGISTERED:
                    about(session.registration)
                    try:
                        if not await self._devices.touch(
                            session.who, session.sid, session.device_id
                        ):
                            await self.put_on_record(session)
                    except StoreUnavailable:
                        # That Redis is away is said elsewhere, once and not for each device.
                        log.debug("heartbeat not written")
                    except Exception:  # that of one device must not end those of all
                        log.exception("heartbeat failed")
