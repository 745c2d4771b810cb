"""A planned run: what is to be sent, and from when on."""

from typing import Literal

import msgspec

from alphasync.domain.drafts import Attachment
from alphasync.domain.runs import ProcessingType, RunOptions

PLAN_LEAD_MIN = 1_000
"""ms that a plan's time is ahead when it is made: its note is there before anybody looks for it."""
PLAN_AHEAD_MAX = 30 * 86_400_000
"""ms that it is ahead at most: as long as a blocklist lasts."""
LATEST_DEFAULT = 3_600_000
"""ms after its time until which a start is still wanted, where nobody has said."""
LATEST_MIN = 10_000
"""ms: a server that looks, or one that takes over, is never too late by that alone."""
LATEST_MAX = 86_400_000
"""ms: what is later than a day is another day's work."""

PlanWait = Literal["", "locked", "too_many_runs"]
"""What keeps a plan waiting at its time: a run of its profile and type, or a full account."""


class Plan(msgspec.Struct, frozen=True):
    """A planned run as every device sees it. Times in ms, from Redis' clock."""

    plan_id: str
    profile_id: str
    type: ProcessingType
    device_id: str
    """The device that planned it: the run will be its."""
    operator_id: str
    """Whose sign-in it will be sent with."""
    planned_at: int
    """Since the Unix epoch."""
    start_at: int
    """Since the Unix epoch."""
    latest: int
    """After ``start_at``: later than that it is not started any more."""
    message: str
    attachments: tuple[Attachment, ...] = ()
    options: RunOptions = RunOptions()
    """Of the run that it will be."""
    waiting_for: PlanWait = ""
