"""Starting and stopping runs."""

import secrets
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import UNSET

from alphasync.domain import events
from alphasync.domain.drafts import Attachment
from alphasync.domain.identity import Identity, takes
from alphasync.domain.roles import Right
from alphasync.domain.runs import ProcessingType, RunOptions
from alphasync.errors import (
    AlreadyRunning,
    BlocklistLost,
    DoNotContactLost,
    Locked,
    NothingFailed,
    NotRunning,
    ShuttingDown,
    SignedOut,
    StoreUnavailable,
    TooManyRuns,
    UnknownOutcome,
)
from alphasync.membership.holdings import Holding, Holdings
from alphasync.protocol import packets
from alphasync.protocol.commands import ProfileCommand
from alphasync.protocol.run_commands import (
    PauseProcessing,
    ResumeProcessing,
    StartProcessing,
    StopProcessing,
    TakeOverProcessing,
)
from alphasync.services.account_state import encode_options
from alphasync.services.audit import acting
from alphasync.services.bounds import USUAL, USUAL_PACE, AccountBounds, PaceBounds
from alphasync.services.launching import Launching
from alphasync.store import key_groups, keys
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.run_calls import (
    run_pause,
    run_start,
    run_stop,
    run_stop_all,
    run_take,
)

ANOTHER_DEVICE = "Another device goes on with it"
LOST = "The runner was lost"
"""Why a run ended whose lock had run out when the next one began."""


class Ticket(msgspec.Struct, frozen=True):
    """What a runner needs to know of its run, and to prove that it is still the runner."""

    account: str
    profile: str
    type: ProcessingType
    run_id: str
    fence: int
    """Fencing token: the revision at which the lock was taken."""
    started_at: int
    """ms since the Unix epoch."""
    device_id: str
    operator_id: str
    text: str
    attachments: tuple[Attachment, ...]
    sign_in: str = ""
    """The login that started it; '' where its token was signed elsewhere."""
    only: Literal["", "failed"] = ""
    """`failed`: it is over those whom the run before could not message."""
    honours_keys: bool = False
    """Of such a run: whether the gateway said with the listing from which they came that it honours
    idempotency keys."""
    options: RunOptions = RunOptions()


class Runs:
    """``launch`` hands the ticket of a started run to the worker of this server, and ``adopt`` a
    run of which it is not known whether it was started."""

    def __init__(
        self,
        scripts: Scripts,
        holdings: Holdings,
        launch: Callable[[Ticket], None],
        adopt: Callable[[Holding], None],
        bounds: AccountBounds = USUAL,
        pace: PaceBounds = USUAL_PACE,
    ) -> None:
        self._bounds = bounds
        self._pace = pace
        self._scripts = scripts
        self._launching = Launching(scripts, holdings, launch, adopt)
        self.accepting = True
        """False while this server shuts down."""

    async def start(self, who: Identity, device_id: str, command: StartProcessing) -> Ticket:
        """Take the lock and start the run.

        Raises UnknownProfile, MessageTooShort, MessageTooLong, MessageBlank, PaceOutOfRange,
        ShuttingDown, SignedOut, TooManyRuns, BlocklistLost, DoNotContactLost, NothingFailed, Locked
        or AlreadyRunning (the last two with ``lockOwner``), StoreUnavailable, and UnknownOutcome:
        the run may start all the same.
        """
        who.check_profile(command.profile)
        command.check_content()
        options = command.options
        self._pace.check(options)
        if not self.accepting:
            raise ShuttingDown
        profile, type_ = command.profile, command.type
        run_id = secrets.token_hex(8)
        holding = self._launching.holding(who.account, profile, type_, run_id)
        identity = events.ProcessingStarted(
            profile_id=profile, type=type_, device_id=device_id, operator_id=who.operator_id
        )
        started = msgspec.structs.replace(
            identity,
            detached=command.detached or UNSET,
            only=command.only,
            message_interval=options.message_interval or UNSET,
            continuous=options.continuous or UNSET,
        )
        lost = events.ProcessingInterrupted(reason=LOST, code="runner_lost")
        attachments = tuple(command.attachments or ())
        stub = packets.members(events.StoppedProfile(profile_id=profile, type=type_))
        answer = await self._launching.call(
            holding,
            run_start(
                key_groups.StartKeys(who.account, type_, profile, who.operator_id, who.sign_in),
                device=device_id,
                operator=who.operator_id,
                run_id=run_id,
                detached="1" if command.detached else "",
                only=command.only or "",
                server=holding.owner,
                stub=stub,
                identity=packets.members(identity),
                text=command.message,
                attachments=msgspec.json.encode(attachments),
                options=encode_options(options),
                runs_most=self._bounds.runs,
                running_most=self._bounds.running,
                head=packets.head(started),
                lost_head=packets.head(lost),
                lost_reason=LOST,
                by=acting(who, device_id),
                begun_at=who.begun_at,
            ),
        )
        if answer.outcome != "OK":
            if answer.outcome == "SIGNED_OUT":
                raise SignedOut
            if answer.outcome == "FULL":
                raise TooManyRuns
            if answer.outcome == "BUSY":
                raise TooManyRuns("This account has as many runs at once as it may have")
            if answer.outcome == "NOTHING_FAILED":
                raise NothingFailed
            if answer.outcome == "LIST_LOST":
                raise BlocklistLost
            if answer.outcome == "NEVER_LOST":
                raise DoNotContactLost
            lock_owner = answer.text(1)
            held = AlreadyRunning if lock_owner == device_id else Locked
            raise held(lockOwner=lock_owner)
        ticket = Ticket(
            account=who.account,
            profile=profile,
            type=type_,
            run_id=run_id,
            fence=answer.number(1),
            started_at=answer.number(2),
            device_id=device_id,
            operator_id=who.operator_id,
            text=command.message,
            attachments=attachments,
            sign_in=who.sign_in,
            only=command.only or "",
            honours_keys=answer.text(3) != "",
            options=options,
        )
        self._launching.launch(holding, ticket)
        return ticket

    async def stop(self, who: Identity, device_id: str, command: StopProcessing) -> None:
        """Stop a run, whichever device started it.

        Raises UnknownProfile, NotRunning and NotAllowed.
        """
        who.check_profile(command.profile)
        stopped = events.ProcessingStopped(
            stopped_by=device_id, stopped_by_operator_id=who.teammate, message="Stopped"
        )
        answer = await self._scripts.call(
            run_stop(
                keys.of_profile(who.account, command.type, command.profile),
                only_of=who.only_of,
                device=device_id,
                message=stopped.message,
                head=packets.head(stopped),
                by=acting(who, device_id),
            )
        )
        _check_changed(answer)

    async def pause(self, who: Identity, device_id: str, command: PauseProcessing) -> None:
        """Let a run claim nobody until it is resumed.

        Raises UnknownProfile, NotRunning and NotAllowed.
        """
        paused = events.ProcessingPaused(
            paused_by=device_id, paused_by_operator_id=who.teammate, message="Paused"
        )
        await self._pause(who, device_id, command, "1", paused)

    async def resume(self, who: Identity, device_id: str, command: ResumeProcessing) -> None:
        """Let a paused run go on. Raises as ``pause``."""
        resumed = events.ProcessingResumed(
            resumed_by=device_id, resumed_by_operator_id=who.teammate, message="Going on"
        )
        await self._pause(who, device_id, command, "", resumed)

    async def _pause(
        self,
        who: Identity,
        device_id: str,
        command: ProfileCommand,
        paused: Literal["", "1"],
        event: events.ProcessingPaused | events.ProcessingResumed,
    ) -> None:
        who.check_profile(command.profile)
        names = keys.of_profile(who.account, command.type, command.profile)
        answer = await self._scripts.call(
            run_pause(
                names,
                only_of=who.only_of,
                paused=paused,
                head=packets.head(event),
                by=acting(who, device_id),
            )
        )
        _check_changed(answer)

    async def take_over(self, who: Identity, device_id: str, command: TakeOverProcessing) -> None:
        """Make a run this device's, and its operator's.

        Raises UnknownProfile, NotRunning, NotAllowed and SignedOut.
        """
        who.check_profile(command.profile)
        identity = events.ProcessingStarted(
            profile_id=command.profile,
            type=command.type,
            device_id=device_id,
            operator_id=who.operator_id,
        )
        names = key_groups.StartKeys(
            who.account, command.type, command.profile, who.operator_id, who.sign_in
        )
        taken = events.ProcessingTakenOver(message=ANOTHER_DEVICE)
        progress = events.ProcessingProgress(progress=events.Progress(message=ANOTHER_DEVICE))
        answer = await self._scripts.call(
            run_take(
                names,
                only_of=who.only_of,
                device=device_id,
                operator=who.operator_id,
                identity=packets.members(identity),
                message=ANOTHER_DEVICE,
                head=packets.head(taken),
                progress_head=packets.progress_head(progress),
                by=acting(who, device_id),
                begun_at=who.begun_at,
            )
        )
        if answer.outcome == "SIGNED_OUT":
            raise SignedOut
        _check_changed(answer)

    async def stop_all(self, who: Identity, device_id: str) -> int:
        """Stop every run that the token may see and stop; returns how many there were.

        Raises UnknownOutcome also where it is known that some were stopped and others not.
        """
        names = keys.of_account(who.account)
        stopped = events.ProcessingStopped(
            stopped_by=device_id, stopped_by_operator_id=who.teammate, message="Stopped"
        )
        all_stopped = events.AllProcessingStopped(
            device_id=device_id,
            operator_id=who.teammate,
            stopped_by=device_id,
            message="All processing stopped",
        )
        count, before = 0, list[str]()
        while True:
            try:
                answer = await self._scripts.call(
                    run_stop_all(
                        names,
                        only_of=who.only_of,
                        may_see="all" if who.profiles is None else "only",
                        profiles="\n".join(sorted(who.profiles or ())),
                        device=device_id,
                        message=stopped.message,
                        stopped_before=",".join(before),
                        head=packets.head(stopped),
                        all_head=packets.head(all_stopped),
                        by=acting(who, device_id),
                    )
                )
            except StoreUnavailable as error:
                if before:
                    raise UnknownOutcome from error
                raise
            count += answer.number(1)
            if answer.outcome == "OK":
                return count
            before.append(answer.text(2))


def _check_changed(answer: Answer) -> None:
    """Raise what a script says that changes a run. Raises NotRunning and NotAllowed."""
    if answer.outcome == "NOT_RUNNING":
        raise NotRunning
    if answer.outcome == "OTHERS":
        raise takes(Right.OTHERS)
