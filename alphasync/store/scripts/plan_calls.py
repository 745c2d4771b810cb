"""The scripts about planned runs: what is planned, and its start.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.key_groups import DueKeys, DuePlanKeys, NewPlanKeys, PlanKeys
from alphasync.store.scripts.declaring import script


@script
def plan_set(
    keys: NewPlanKeys,
    /,
    *,
    device: str,
    operator: str,
    identity: str,
    start_at: int,
    latest: int,
    text: str,
    attachments: bytes,
    options: bytes,
    most: int,
    head: str,
    by: bytes,
    begun_at: int,
) -> None: ...


@script
def plan_change(
    keys: PlanKeys,
    /,
    *,
    only_of: str,
    start_at: int | Literal[""],
    latest: int | Literal[""],
    text: str,
    attachments: bytes,
    head: str,
    by: bytes,
) -> None: ...


@script
def plan_end(keys: PlanKeys, /, *, only_of: str, code: str, head: str, by: bytes) -> None: ...


@script
def plan_start(
    keys: DuePlanKeys,
    /,
    *,
    device: str,
    operator: str,
    run_id: str,
    server: str,
    stub: str,
    identity: str,
    runs_most: int,
    running_most: int,
    head: str,
    lost_head: str,
    lost_reason: str,
    waits_head: str,
    ends: bytes,
    by: bytes,
) -> None: ...


@script
def plans_due(keys: DueKeys, /, *, most: int, retry: int) -> None: ...
