"""From a socket event to its handler and back: the one mapper from error to what a client sees."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import msgspec
import structlog
from msgspec import UNSET

from alphasync import telemetry
from alphasync.domain.drafts import well_formed
from alphasync.domain.events import ErrorEvent
from alphasync.errors import (
    AlphasyncError,
    NotAllowed,
    StoreUnavailable,
    TooManyRequests,
    UnknownEvent,
    UnknownOutcome,
)
from alphasync.log_subject import about
from alphasync.protocol import packets
from alphasync.protocol.acknowledgements import DraftStored
from alphasync.protocol.commands import Command
from alphasync.protocol.draft_commands import UpdateMessage, check_draft_length
from alphasync.protocol.parsing import key_in, parse
from alphasync.protocol.run_commands import (
    PauseProcessing,
    ResumeProcessing,
    StartProcessing,
    StopProcessing,
    TakeOverProcessing,
)
from alphasync.realtime.allowance import EventAllowance
from alphasync.realtime.early import TEXT_BYTES, Space
from alphasync.realtime.followups import FollowUps
from alphasync.realtime.handlers import REGISTRY, Handlers, Result
from alphasync.realtime.manager import Manager
from alphasync.realtime.overtaking import Store, Waiting
from alphasync.realtime.sessions import Phase, Session, Sessions
from alphasync.services.refusals import Refusals
from alphasync.transport import Answer

Ack = dict[str, object]

Arguments = tuple[object, ...]

SHOWN_NAME_MAX = 64
"""Characters of an unknown event's name that are said back."""

_CARRIED_OUT = {event: telemetry.commands.labels(event, "ok") for event in REGISTRY}
_FAILED = {
    event: telemetry.commands.labels(event, "internal_error") for event in (*REGISTRY, "unknown")
}
"""From the start: Prometheus sees no increase where a figure begins with its first one."""

log = structlog.get_logger(__name__)


class Dispatcher:
    """``early_max``: commands of a connection that may wait; ``early_bytes``: memory that those of
    an account may take; ``typed_wait``: seconds that a text may take before others wait behind it.
    """

    def __init__(
        self,
        sessions: Sessions,
        manager: Manager,
        handlers: Handlers,
        followups: FollowUps,
        allowance: EventAllowance,
        refusals: Refusals,
        early_max: int,
        early_bytes: int,
        typed_wait: float,
    ) -> None:
        self._followups = followups
        self._allowance = allowance
        self._refusals = refusals
        self._early_max = early_max
        self._typed_wait = typed_wait
        self._early_space = Space(early_bytes)
        self._sessions = sessions
        self._manager = manager
        self._handlers = handlers

    async def carry_out(self, event: str, sid: str, *arguments: Any) -> Ack | None:
        """Carry out a command; the result is its acknowledgement.

        Nothing is awaited before the command has entered the pipeline to Redis, so that the
        commands of a device take effect in the order in which it sent them.
        """
        session = self._sessions.get(sid)
        if session is None:
            return None  # it left while the event was on its way
        session.typing.coming -= 1
        about(session.registration)
        began = time.perf_counter()
        count = 1 + session.socket.reckon()
        try:
            result = await self._handle(session, event, arguments, count)
        except TooManyRequests as error:
            return self._slow_down(session, event, arguments, count, error)
        except AlphasyncError as error:
            telemetry.commands.labels(_label(event), error.code).inc()
            if isinstance(error, NotAllowed):
                self._refusals.note(session.who, _label(event), error.code, session.device_id)
            return self._refuse(session, event, arguments, error)
        except Exception:  # whatever it is, the device gets an answer and we the trace
            _FAILED[_label(event)].inc()
            log.exception("command failed", command=event)
            return self._refuse(session, event, arguments, AlphasyncError())
        _CARRIED_OUT[event].inc()
        telemetry.command_seconds.observe(time.perf_counter() - began)
        return {"ok": True, **result}

    def _slow_down(
        self,
        session: Session,
        event: str,
        arguments: Arguments,
        count: int,
        error: TooManyRequests,
    ) -> Ack | None:
        """Refuse an event that is one too many, or cut a client that sends on regardless."""
        if session.phase is Phase.CLOSED or session.socket.state.over:
            return None
        if not self._allowance.refuse(session, count):
            telemetry.limits.labels("event_rate").inc()
            self._refusals.note(session.who, _label(event), error.code, session.device_id)
            self._manager.cut(session)
            return None
        telemetry.commands.labels(_label(event), error.code).inc()
        return self._refuse(session, event, arguments, error)

    async def _handle(
        self, session: Session, event: str, arguments: Arguments, count: int
    ) -> Result:
        """Raises TooManyRequests only where an event is one too many."""
        unknown = not session.device_id
        self._allowance.spend(session, count)
        command: Command | None = None
        registered = session.phase is Phase.REGISTERED and session.early.caught_up
        if event == UpdateMessage.event_name and registered:
            session.who.check(UpdateMessage.right)
            command = parse(UpdateMessage, arguments)
            if command.base is UNSET:
                return await self._type(session, command, arguments)
        session.typing.something_else()
        if not session.early.through:
            if session.phase is Phase.JOINING:
                self._followups.watch(session)
            with self._early_space.kept(session.who.account, arguments):
                await session.early.wait(self._early_max)
            if unknown:
                self._allowance.spend_late(session, count)
        known = REGISTRY.get(event)
        if known is None:
            raise UnknownEvent(f"Unknown event: {_shown(event)}")
        model, handler = known
        session.who.check(model.right)
        try:
            return await handler(self._handlers, session, command or parse(model, arguments))
        except UnknownOutcome as error:
            if model.only_asks:
                raise StoreUnavailable from error
            raise

    async def _type(
        self, session: Session, typed: UpdateMessage, arguments: Arguments
    ) -> DraftStored:
        """Store a text of a client that sends each key stroke without waiting for an answer."""

        store = cast(Store, partial(self._handlers.update_message, session))
        typing, within = session.typing, self._typed_wait
        if typing.is_free(typed, within):
            return await typing.send(typed, within, store)
        check_draft_length(typed.message)  # what would be refused takes nobody's place
        account = session.who.account
        if typing.last is not None and typing.last.may_be(typed):
            with self._early_space.kept(account, arguments):
                return await typing.last.stored_with(typed)
        waiting = Waiting(typed)
        with self._early_space.kept(account, arguments, more=TEXT_BYTES):
            try:
                await typing.turn(waiting, self._early_max)
                stored = await typing.send(waiting.newest, within, store)
            except BaseException as error:
                waiting.tell(error if isinstance(error, AlphasyncError) else AlphasyncError())
                raise
        waiting.tell(stored)
        return {"revision": stored["revision"]} if waiting.overtaken else stored

    def overtake(self, sid: str, arguments: list[Any]) -> Callable[[Answer], None] | None:
        """Where a text waits for its turn, and this event is a newer one: what is returned has that
        stored in its place, and acknowledged with it. None for all else, which ``carry_out`` is
        for. It does what that does, in a third of the time."""
        session = self._sessions.get(sid)
        if session is None:
            return None
        take = self._overtaking(session, arguments)
        session.typing.coming += take is None
        return take

    def _overtaking(
        self, session: Session, arguments: list[Any]
    ) -> Callable[[Answer], None] | None:
        waiting = session.typing.last
        if waiting is None or session.typing.coming or len(waiting.overtaken) >= self._early_max:
            return None
        event, *payload = arguments
        if event != UpdateMessage.event_name:
            return None
        try:
            session.who.check(UpdateMessage.right)
            typed = parse(UpdateMessage, tuple(payload))
            if typed.base is not UNSET or not waiting.may_be(typed):
                return None
            check_draft_length(typed.message)
        except AlphasyncError:
            return None  # it is refused as any other
        if not self._allowance.take(session, 1 + session.socket.surplus):
            return None
        session.socket.reckon()

        def take(answer: Answer) -> None:
            waiting.become(typed, partial(_acknowledge, answer))

        return take

    def _refuse(
        self, session: Session, event: str, arguments: Arguments, error: AlphasyncError
    ) -> Ack:
        refusal = ErrorEvent(
            message=error.message,
            code=error.code,
            retryable=error.retryable or None,
            event=_shown(event),
        )
        if owner := error.details.get("lockOwner"):
            refusal = msgspec.structs.replace(refusal, lock_owner=str(owner))
        if session.phase is not Phase.CLOSED:
            self._followups.say(session, packets.encode(refusal))
            run = key_in(arguments) if _leaves_open(event, error) else None
            if run is not None:
                self._followups.owe(session, run)
        return _refusal(error)


def _refusal(error: AlphasyncError) -> Ack:
    return {
        "ok": False,
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
        **error.details,
    }


def _acknowledge(answer: Answer, outcome: DraftStored | AlphasyncError) -> None:
    """Of a text in whose place another one was to be stored."""
    if isinstance(outcome, AlphasyncError):
        telemetry.commands.labels(UpdateMessage.event_name, outcome.code).inc()
        answer(_refusal(outcome))
    else:
        _CARRIED_OUT[UpdateMessage.event_name].inc()
        answer({"ok": True, **outcome})


CHANGE_A_RUN = {
    command.event_name
    for command in (StopProcessing, PauseProcessing, ResumeProcessing, TakeOverProcessing)
}


def _leaves_open(event: str, error: AlphasyncError) -> bool:
    """Whether a device does not know by this refusal how the run stands that it is about."""
    if event in CHANGE_A_RUN:
        return isinstance(error, UnknownOutcome)
    return event == StartProcessing.event_name


def _shown(event: str) -> str:
    """An event's name as it can be sent back: it may be long, and half an emoji."""
    return well_formed(event)[:SHOWN_NAME_MAX]


def _label(event: str) -> str:
    """Event names come from outside: only the known ones become labels."""
    return event if event in REGISTRY else "unknown"
