"""From a socket event to its handler and back: the one mapper from error to what a client sees."""

import time
from typing import Any

import msgspec
import structlog

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
from alphasync.protocol.parsing import key_in, parse
from alphasync.protocol.run_commands import (
    PauseProcessing,
    ResumeProcessing,
    StartProcessing,
    StopProcessing,
    TakeOverProcessing,
)
from alphasync.realtime.allowance import EventAllowance
from alphasync.realtime.early import Space
from alphasync.realtime.followups import FollowUps
from alphasync.realtime.handlers import REGISTRY, Handlers, Result
from alphasync.realtime.manager import Manager
from alphasync.realtime.sessions import Phase, Session, Sessions
from alphasync.services.refusals import Refusals

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
    """``early_max``: commands of a connection that may wait until its device is registered;
    ``early_bytes``: memory that those of an account may take."""

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
    ) -> None:
        self._followups = followups
        self._allowance = allowance
        self._refusals = refusals
        self._early_max = early_max
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
        if not session.early.through:
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
            return await handler(self._handlers, session, parse(model, arguments))
        except UnknownOutcome as error:
            if model.only_asks:
                raise StoreUnavailable from error
            raise

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
        return {
            "ok": False,
            "code": error.code,
            "message": error.message,
            "retryable": error.retryable,
            **error.details,
        }


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
