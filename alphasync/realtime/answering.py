"""What a client sees of a command: its acknowledgement. The one mapper from error to that."""

import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog

from alphasync import telemetry
from alphasync.domain.drafts import well_formed
from alphasync.domain.events import ErrorEvent
from alphasync.errors import AlphasyncError, NotAllowed, TooManyRequests, UnknownOutcome
from alphasync.protocol import packets
from alphasync.protocol.parsing import key_in
from alphasync.protocol.run_commands import (
    PauseProcessing,
    ResumeProcessing,
    StartProcessing,
    StopProcessing,
    TakeOverProcessing,
)
from alphasync.realtime.allowance import EventAllowance
from alphasync.realtime.followups import FollowUps
from alphasync.realtime.handlers import REGISTRY, Result
from alphasync.realtime.manager import Manager
from alphasync.realtime.sessions import Phase, Session
from alphasync.services.refusals import Refusals

Ack = dict[str, object]

SHOWN_NAME_MAX = 64
"""Characters of an unknown event's name that are said back."""

_CARRIED_OUT = {event: telemetry.commands.labels(event, "ok") for event in REGISTRY}
_FAILED = {
    event: telemetry.commands.labels(event, "internal_error") for event in (*REGISTRY, "unknown")
}
"""From the start: Prometheus sees no increase where a figure begins with its first one."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Event:
    """One that has come. ``count``: as how many it counts."""

    session: Session
    name: str
    arguments: tuple[object, ...]
    count: int


class Answering:
    def __init__(
        self,
        manager: Manager,
        followups: FollowUps,
        allowance: EventAllowance,
        refusals: Refusals,
    ) -> None:
        self._manager = manager
        self._followups = followups
        self._allowance = allowance
        self._refusals = refusals

    async def answer(self, event: Event, work: Coroutine[Any, Any, Result]) -> Ack | None:
        """Carry the command out, which is ``work``; returns its acknowledgement. ``work`` raises
        TooManyRequests only where the event is one too many."""
        name, session = event.name, event.session
        began = time.perf_counter()
        try:
            result = await work
        except TooManyRequests as error:
            return self._slow_down(event, error)
        except AlphasyncError as error:
            telemetry.commands.labels(_label(name), error.code).inc()
            if isinstance(error, NotAllowed):
                self._refusals.note(session.who, _label(name), error.code, session.device_id)
            return self._refuse(event, error)
        except Exception:  # whatever it is, the device gets an answer and we the trace
            _FAILED[_label(name)].inc()
            log.exception("command failed", command=name)
            return self._refuse(event, AlphasyncError())
        _CARRIED_OUT[name].inc()
        telemetry.command_seconds.observe(time.perf_counter() - began)
        return {"ok": True, **result}

    def _slow_down(self, event: Event, error: TooManyRequests) -> Ack | None:
        """Refuse an event that is one too many, or cut a client that sends on regardless."""
        session, label = event.session, _label(event.name)
        if session.phase is Phase.CLOSED or session.socket.state.over:
            return None
        if not self._allowance.refuse(session, event.count):
            telemetry.limits.labels("event_rate").inc()
            self._refusals.note(session.who, label, error.code, session.device_id)
            self._manager.cut(session)
            return None
        telemetry.commands.labels(label, error.code).inc()
        return self._refuse(event, error)

    def _refuse(self, event: Event, error: AlphasyncError) -> Ack:
        session = event.session
        refusal = ErrorEvent(
            message=error.message,
            code=error.code,
            retryable=error.retryable or None,
            event=shown(event.name),
        )
        if owner := error.details.get("lockOwner"):
            refusal = msgspec.structs.replace(refusal, lock_owner=str(owner))
        if session.phase is not Phase.CLOSED:
            self._followups.say(session, packets.encode(refusal))
            run = key_in(event.arguments) if _leaves_open(event.name, error) else None
            if run is not None:
                self._followups.owe(session, run)
        return _refusal(error)


def shared(event: str, outcome: Result | AlphasyncError, number: int) -> Ack:
    """The acknowledgement of so many events, in whose place another one was carried out."""
    if isinstance(outcome, AlphasyncError):
        telemetry.commands.labels(event, outcome.code).inc(number)
        return _refusal(outcome)
    _CARRIED_OUT[event].inc(number)
    return {"ok": True, **outcome}


def _refusal(error: AlphasyncError) -> Ack:
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


def shown(event: str) -> str:
    """An event's name as it can be sent back: it may be long, and half an emoji."""
    return well_formed(event)[:SHOWN_NAME_MAX]


def _label(event: str) -> str:
    """Event names come from outside: only the known ones become labels."""
    return event if event in REGISTRY else "unknown"
