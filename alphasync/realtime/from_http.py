"""Commands and the state for callers over HTTP: by the table, the models and the handlers that
serve devices."""

import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from typing import Any

import msgspec
import structlog

from alphasync import telemetry
from alphasync.errors import (
    AlphasyncError,
    NotAllowed,
    StoreUnavailable,
    UnknownEvent,
    UnknownOutcome,
)
from alphasync.protocol.commands import Command
from alphasync.protocol.parsing import parse
from alphasync.protocol.run_commands import StartProcessing
from alphasync.realtime import state
from alphasync.realtime.allowance import EventAllowance
from alphasync.realtime.handlers import REGISTRY, Handler, Handlers, Result
from alphasync.services.account_state import AccountState
from alphasync.services.acting import Caller
from alphasync.services.listing import ListTurns
from alphasync.services.refusals import Refusals

LARGE = 16 * 1024
"""Bytes: a command counts as one for each so many, as an event of a device does."""
STATE_COUNTS = 20
"""Commands that reading the whole state counts as: it takes as long."""

log = structlog.get_logger(__name__)


class FromHttp:
    def __init__(
        self,
        handlers: Handlers,
        account_state: AccountState,
        allowance: EventAllowance,
        refusals: Refusals,
    ) -> None:
        self._handlers = handlers
        self._account_state = account_state
        self._allowance = allowance
        self._refusals = refusals
        self._turns = ListTurns()

    def admit(
        self, caller: Caller, network: str, event: str, payload: object, size: int
    ) -> Callable[[], Awaitable[Result]]:
        """What carries a command out, and gives its acknowledgement without ``ok``: of one that is
        neither one too many, nor more than its caller may do, nor unfit.

        ``network``: what counts as one client; ``size``: bytes of the payload. Raises what the
        command is refused with, UnknownEvent for one that there is not over HTTP.
        """
        self._allowance.spend_call(caller.who, network, 1 + size // LARGE)
        model, handler = REGISTRY.get(event, (Command, None))
        if handler is None or model.needs_device:
            raise UnknownEvent(f"There is no command of this name over HTTP: {event[:64]}")
        with self._accounted(caller, event, model):
            caller.who.check(model.right)
            command = parse(model, (payload,))
        if isinstance(command, StartProcessing):
            # There is no device that it could end with.
            command = msgspec.structs.replace(command, detached=True)
        return partial(self._carry_out, caller, command, handler)

    async def _carry_out(
        self, caller: Caller, command: Command, handler: Handler[Any, Any]
    ) -> Result:
        began = time.perf_counter()
        event = command.event_name
        with self._accounted(caller, event, type(command)):
            result: Result = await handler(self._handlers, caller, command)
        telemetry.commands.labels(event, "ok").inc()
        telemetry.command_seconds.observe(time.perf_counter() - began)
        return result

    @contextlib.contextmanager
    def _accounted(self, caller: Caller, event: str, model: type[Command]) -> Iterator[None]:
        """Counts what a command is refused with, and has the record note what a role may not do."""
        try:
            yield
        except AlphasyncError as error:
            telemetry.commands.labels(event, error.code).inc()
            if isinstance(error, NotAllowed):
                self._refusals.note(caller.who, event, error.code, caller.device_id)
            if isinstance(error, UnknownOutcome) and model.only_asks:
                raise StoreUnavailable from error
            raise
        except Exception:
            telemetry.commands.labels(event, AlphasyncError.code).inc()
            log.exception("command failed", command=event)
            raise AlphasyncError from None

    async def state(self, caller: Caller, network: str) -> Mapping[str, object]:
        """The state as devices get it. Raises TooManyRequests and StoreUnavailable."""
        self._allowance.spend_call(caller.who, network, STATE_COUNTS)
        async with self._turns.of(caller.who.account):
            snapshot = await self._account_state.snapshot(caller.who.account)
        may_see = caller.who.may_see
        revision = snapshot.revision
        return {
            "epoch": snapshot.epoch,
            "revision": revision,
            "devices": state.devices_state(caller, snapshot).devices,
            "runs": [
                state.run_state(caller, run)
                for run in snapshot.runs.values()
                if may_see(run.profile_id)
            ],
            "drafts": [
                state.draft_state(caller, draft)
                for draft in snapshot.drafts.values()
                if may_see(draft.profile_id)
            ],
            "plans": [
                state.plan_state(caller, plan, revision)
                for plan in snapshot.plans.values()
                if may_see(plan.profile_id)
            ],
        }

    def changes(self, event: str) -> bool:
        """Whether doing a command twice makes a difference."""
        return event in REGISTRY and not REGISTRY[event][0].only_asks
