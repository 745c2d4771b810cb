"""A run: one processing of a profile and type. Its states and the legal moves between them."""

import enum
from typing import Literal

import msgspec

ProcessingType = Literal["chat", "mail"]
Key = tuple[str, ProcessingType]
"""Profile id and type: at most one run and one draft each."""


class RunStatus(enum.StrEnum):
    RUNNING = "running"
    """A device holds the lock and a worker sends."""
    COMPLETED = "completed"
    """Every recipient was dealt with."""
    STOPPED = "stopped"
    """A person stopped it; the recipient in flight may still be settled."""
    INTERRUPTED = "interrupted"
    """It ended against everybody's will: the device went, or the gateway refused."""


LEGAL_MOVES: dict[RunStatus | None, frozenset[RunStatus]] = {
    None: frozenset({RunStatus.RUNNING}),
    RunStatus.RUNNING: frozenset(
        {RunStatus.COMPLETED, RunStatus.STOPPED, RunStatus.INTERRUPTED},
    ),
    RunStatus.COMPLETED: frozenset({RunStatus.RUNNING}),
    RunStatus.STOPPED: frozenset({RunStatus.RUNNING}),
    RunStatus.INTERRUPTED: frozenset({RunStatus.RUNNING}),
}
"""From each state (None: no run on record) to the states that may follow. A new run of the same
profile and type replaces the ended one; nothing leads from one ended state to another."""


class Continuous(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run that begins anew when it is through, until somebody stops it."""

    pause: float
    """Seconds from the end of a cycle to the beginning of the next."""


class RunOptions(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """How a run goes about it: what only its runner needs to know, and devices to show."""

    message_interval: float | None = None
    """Seconds between two messages; None: as short as its server has them."""
    continuous: Continuous | None = None


class Counters(msgspec.Struct, frozen=True):
    """How far a run is, in recipients. Their sum is ``current``."""

    total: int = 0
    sent: int = 0
    skipped: int = 0
    failed: int = 0
    uncertain: int = 0

    @property
    def current(self) -> int:
        return self.sent + self.skipped + self.failed + self.uncertain


class Totals(msgspec.Struct, frozen=True):
    """What became of people in all cycles of a continuous run. Who failed in several counts in each
    of them."""

    sent: int
    failed: int
    uncertain: int


class Run(msgspec.Struct, frozen=True):
    """A run as every device sees it. Times in ms since the Unix epoch, from Redis' clock."""

    profile_id: str
    type: ProcessingType
    status: RunStatus
    device_id: str
    operator_id: str
    started_at: int
    counters: Counters
    message: str
    revision: int
    stopped_by: str = ""
    """The device that stopped it."""
    reason: str = ""
    """Why it was interrupted."""
    duration: int = 0
    """ms from start to completion."""
    waiting_for: Literal["", "sign_in"] = ""
    """What it waits for to go on."""
    away: bool = False
    """Its device lost its connection and may still come back."""
    paused: bool = False
    """While it runs: it sends nothing until somebody resumes it."""
    detached: bool = False
    """While it runs: it goes on when its device, or every device, is gone."""
    options: RunOptions = RunOptions()
    """While it runs."""
    cycle: int = 0
    """Of a continuous run: which cycle ``counters`` are of, from 1 on; else 0."""
    next_cycle_at: int = 0
    """When the next cycle begins, while it waits for that; else 0."""
    totals: Totals | None = None
    """Of a continuous run."""
    device_name: str = ""
    """What the service token is called that stands in the place of its device; else ''."""
    only: Literal["", "failed"] = ""
    """`failed`: it is over those whom the run before could not message."""

    @property
    def key(self) -> Key:
        return (self.profile_id, self.type)
