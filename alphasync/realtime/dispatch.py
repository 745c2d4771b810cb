"""From a socket event to its handler and back."""

from collections.abc import Coroutine
from functools import partial
from typing import Any, cast

from msgspec import UNSET

from alphasync.errors import AlphasyncError, StoreUnavailable, UnknownEvent, UnknownOutcome
from alphasync.log_subject import about
from alphasync.protocol.commands import Command
from alphasync.protocol.draft_commands import UpdateMessage, check_draft_length
from alphasync.protocol.parsing import parse
from alphasync.realtime.allowance import EventAllowance
from alphasync.realtime.answering import Ack, Answering, Event, shared, shown
from alphasync.realtime.early import TEXT_BYTES, Space
from alphasync.realtime.followups import FollowUps
from alphasync.realtime.handlers import REGISTRY, Handlers, Result
from alphasync.realtime.overtaking import Outcome, Store, Waiting
from alphasync.realtime.sessions import Phase, Session, Sessions
from alphasync.transport import Answer, Take

ANSWER_BYTES = 512
"""Bytes that an event takes in whose place another one waits: how to acknowledge it."""


class Dispatcher:
    """``early_max``: commands of a connection that may wait; ``early_bytes``: memory that those of
    an account may take; ``typed_wait``: seconds that a text may take before others wait behind it.
    """

    def __init__(
        self,
        sessions: Sessions,
        answering: Answering,
        handlers: Handlers,
        followups: FollowUps,
        allowance: EventAllowance,
        early_max: int,
        early_bytes: int,
        typed_wait: float,
    ) -> None:
        self._followups = followups
        self._allowance = allowance
        self._answering = answering
        self._early_max = early_max
        self._typed_wait = typed_wait
        self._early_space = Space(early_bytes)
        self._sessions = sessions
        self._handlers = handlers

    async def carry_out(self, name: str, sid: str, *arguments: Any) -> Ack | None:
        """Carry out a command; the result is its acknowledgement.

        Nothing is awaited before the command has entered the pipeline to Redis, so that the
        commands of a device take effect in the order in which it sent them.
        """
        session = self._sessions.get(sid)
        if session is None:
            return None  # it left while the event was on its way
        about(session.registration)
        event = Event(session, name, arguments, 1 + session.socket.reckon())
        return await self._answering.answer(event, self._handle(event))

    async def _handle(self, event: Event) -> Result:
        session, unknown = event.session, not event.session.device_id
        self._allowance.spend(session, event.count)
        waited = await self._wait(event)
        if waited and unknown:
            self._allowance.spend_late(session, event.count)
        known = REGISTRY.get(event.name)
        if known is None:
            raise UnknownEvent(f"Unknown event: {shown(event.name)}")
        model, handler = known
        session.who.check(model.right)
        command: Command = parse(model, event.arguments)
        try:
            return await handler(self._handlers, session, command)
        except UnknownOutcome as error:
            if model.only_asks:
                raise StoreUnavailable from error
            raise

    async def _wait(self, event: Event) -> bool:
        """Wait until it is the event's turn; whether it had to."""
        session = event.session
        if session.early.through:
            return False
        if session.phase is Phase.JOINING:
            self._followups.watch(session)
        with self._early_space.kept(session.who.account, event.arguments):
            await session.early.wait(self._early_max)
        return True

    def take(self, sid: str, arguments: list[Any]) -> Take | None:
        """A text of a device that is registered, as it comes: it takes the place of one that waits,
        or is to be stored. None for all else, which ``carry_out`` is for.

        What is decided here costs no task: where there is more than a server can carry it is how
        most texts end.
        """
        session = self._sessions.get(sid)
        if session is None:
            return None
        name = arguments[0]
        if (
            name != UpdateMessage.event_name
            or session.phase is not Phase.REGISTERED
            or not session.early.caught_up
        ):
            session.typing.something_else()
            return None
        event = Event(session, name, tuple(arguments[1:]), 1 + session.socket.reckon())
        try:
            self._allowance.spend(session, event.count)
            session.who.check(UpdateMessage.right)
            typed = parse(UpdateMessage, event.arguments)
            return self._take(event, typed)
        except AlphasyncError as error:
            return partial(self._answer, event, _refused(error))

    def _take(self, event: Event, typed: UpdateMessage) -> Take:
        """Raises MessageTooLong and TooManyRequests."""
        session = event.session
        typing = session.typing
        if typed.base is not UNSET:
            typing.something_else()
            return partial(self._answer, event, self._merge(event, typed))
        last = typing.last
        if last is None and typing.is_free(typed, self._typed_wait, session.socket.lag):
            typing.begin(typed)
            return partial(self._answer, event, self._store(session, typed))
        check_draft_length(typed.message)  # what would be refused takes nobody's place
        account = session.who.account
        if last is not None and last.may_be(typed):
            self._early_space.take(account, ANSWER_BYTES)
            return partial(last.become, typed)
        size = self._early_space.keep(account, event.arguments, more=TEXT_BYTES)
        waiting = typing.line_up(typed)
        return partial(self._answer, event, self._store_in_turn(session, waiting, size))

    async def _answer(
        self, event: Event, work: Coroutine[Any, Any, Result], answer: Answer
    ) -> None:
        about(event.session.registration)
        acknowledgement = await self._answering.answer(event, work)
        if acknowledgement is not None:
            answer(acknowledgement)

    async def _merge(self, event: Event, typed: UpdateMessage) -> Result:
        """Store a text of a client that sends one at a time, and says what it was made from."""
        await self._wait(event)
        return await self._handlers.update_message(event.session, typed)

    async def _store(self, session: Session, typed: UpdateMessage) -> Result:
        """Store a text that need not wait; whatever waits by now has come behind it."""
        return await session.typing.send(typed, self._typed_wait, self._by(session))

    async def _store_in_turn(self, session: Session, waiting: Waiting, size: int) -> Result:
        """Store a text that waits, or the newest that has taken its place. ``size``: bytes that are
        kept for it."""
        typing = session.typing
        outcome: Outcome = AlphasyncError()
        try:
            await typing.turn(waiting, self._early_max)
            outcome = await typing.send(waiting.newest, self._typed_wait, self._by(session))
        except AlphasyncError as error:
            outcome = error
            raise
        finally:
            waiting.tell(outcome, partial(shared, UpdateMessage.event_name))
            size += ANSWER_BYTES * len(waiting.overtaken)
            self._early_space.give_back(session.who.account, size)
        return {"revision": outcome["revision"]} if waiting.overtaken else outcome

    def _by(self, session: Session) -> Store:
        return cast(Store, partial(self._handlers.update_message, session))


async def _refused(error: AlphasyncError) -> Result:
    raise error
