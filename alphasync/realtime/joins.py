"""Joins: a session's device is registered, and gets the state or the events that it missed."""

import itertools
from collections.abc import Awaitable, Callable

import structlog

from alphasync.domain import events
from alphasync.domain.identity import Identity
from alphasync.errors import AlphasyncError, SignedOut, SignInAgain, TooManyJoins
from alphasync.membership.name import ServerName
from alphasync.protocol import packets
from alphasync.realtime.catch_up import Beginning, CatchUp, LogBegunAnew
from alphasync.realtime.manager import Manager
from alphasync.realtime.order import parse
from alphasync.realtime.sessions import Phase, Session
from alphasync.realtime.state import registered, state_of
from alphasync.realtime.turns import Turns
from alphasync.services.account_state import AccountState, LogLost
from alphasync.services.devices import Devices, Joined

Complete = Callable[[Identity], Awaitable[Identity]]
"""Fills in what a token could not carry. Raises SignInAgain."""

log = structlog.get_logger(__name__)


class Joins:
    """``heartbeat``: seconds between two signs of life that clients are told to give; ``refused``
    is told whose login was ended."""

    def __init__(
        self,
        manager: Manager,
        turns: Turns,
        catch_up: CatchUp,
        devices: Devices,
        account_state: AccountState,
        complete: Complete,
        server_name: ServerName,
        heartbeat: float,
        refused: Callable[[Identity], None],
    ) -> None:
        self._manager = manager
        self._turns = turns
        self._catch_up = catch_up
        self._devices = devices
        self._account_state = account_state
        self._complete = complete
        self._server_name = server_name
        self._heartbeat = heartbeat
        self._refused = refused

    async def join(self, session: Session) -> bool:
        """Return when the session is in step; False when it has gone, or its connection is ended
        because it cannot join."""
        try:
            await self._turns.wait(session)
        except TooManyJoins as error:
            self._give_up(session, error)
            return False
        try:
            return await self._catch_up.bring(
                session, lambda: self._begin(session), "join takes another try"
            )
        except SignedOut:
            self._refused(session.who)
            await self._manager.end_here(session, SignedOut)
        except SignInAgain:
            await self._manager.end_here(session, SignInAgain)
        except AlphasyncError as error:
            log.info("join refused", session=session.sid, code=error.code)
            self._give_up(session, error)
        except Exception:
            log.exception("join failed", session=session.sid)
            self._give_up(session, AlphasyncError())
        return False

    def _give_up(self, session: Session, error: AlphasyncError) -> None:
        """End a connection that cannot join, with a reason: silence would last for ever."""
        if session.phase is Phase.JOINING:
            event = events.ErrorEvent(
                message=error.message, code=error.code, retryable=error.retryable or None
            )
            self._manager.send(session, packets.encode(event))
        self._manager.cut(session)

    async def _begin(self, session: Session) -> Beginning | None:
        session.registration.who = await self._complete(session.who)
        if session.phase is not Phase.JOINING:
            return None  # gone before its turn: it is not put on record
        return await self._after(session, await self._register(session))

    async def _register(self, session: Session) -> Joined:
        """Register the device; from the second try on as the one it was at the first."""
        registration = session.registration
        offer, again = registration.offer, bool(registration.device_id)
        session.asked = True
        registration.server = self._server_name.current
        joined = await self._devices.join(
            session.who,
            session.sid,
            offer.device_name,
            registration.device_id or offer.device_id,
            registration.resume_token or offer.resume_token,
            session.fresh,
            offer.usual_name,
        )
        registration.device_id = joined.device_id
        registration.resumed = registration.resumed if again else joined.resumed
        registration.name = joined.name
        registration.resume_token = joined.resume_token
        if joined.superseded != session.sid:
            session.superseded = joined.superseded or session.superseded
        return joined

    async def _after(self, session: Session, joined: Joined) -> Beginning:
        """What follows the last event that the device knows, or else the snapshot, of which no
        more than the first page is read before. Raises LogBegunAnew: all is to be read anew."""
        account, offer, begun = session.who.account, session.registration.offer, joined.begun
        if session.registration.resumed and offer.epoch == begun.epoch:
            found = await self._account_state.events_after(account, begun.epoch, offer.revision)
            if not isinstance(found, LogLost):
                missed = [parse(raw) for raw in found]
                reached = missed[-1].revision if missed else offer.revision
                first = registered(
                    session, begun.epoch, offer.revision, self._heartbeat, recovered=True
                )
                return Beginning(begun.epoch, reached, [first], missed)
            if found.epoch != begun.epoch:
                raise LogBegunAnew
        snapshot = await self._account_state.complete(account, begun)
        first = registered(
            session, snapshot.epoch, snapshot.revision, self._heartbeat, recovered=False
        )
        state = state_of(session, snapshot)
        return Beginning(snapshot.epoch, snapshot.revision, itertools.chain([first], state), [])
