"""The scripts about runs: their start, their steps, their ends.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.key_groups import AdoptedRunKeys, StartKeys
from alphasync.store.keys import AccountKeys, ProfileKeys
from alphasync.store.scripts.declaring import script


@script
def run_start(
    keys: StartKeys,
    /,
    *,
    device: str,
    operator: str,
    detached: Literal["", "1"],
    only: Literal["", "failed"],
    run_id: str,
    server: str,
    stub: str,
    identity: str,
    text: str,
    attachments: bytes,
    options: bytes,
    runs_most: int,
    running_most: int,
    head: str,
    lost_head: str,
    lost_reason: str,
    by: bytes,
    begun_at: int,
) -> None: ...


@script
def run_import(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    device: str,
    operator: str,
    stub: str,
    identity: str,
    started_at: int,
    total: int,
    messaged: int,
    runs_most: int,
    reason: str,
    head: str,
) -> None: ...


@script
def run_plan(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    fence: int,
    cycle: int | str,
    total: int,
    skipped: int | str,
    failed: int | str,
    unnamed: int,
    honours: str,
    message: str,
    head: str,
) -> None: ...


@script
def run_step(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    fence: int,
    step: int,
    settled: str,
    outcome: str,
    claimed_at: str,
    why: str,
    failed_most: int,
    next: str,
    name: str,
    cursor: str,
    message: str,
    head: str,
) -> None: ...


@script
def run_note(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    fence: int,
    message: str,
    waiting_for: str,
    wait: int | str,
    head: str,
) -> None: ...


@script
def run_touch(keys: ProfileKeys, /, *, run_id: str, fence: int) -> None: ...


@script
def run_read(keys: ProfileKeys, /) -> None: ...


@script
def run_settle(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    fence: int,
    settled: str,
    outcome: str,
    claimed_at: str,
    why: str,
    failed_most: int,
    message: str,
    head: str,
    resolved_head: str,
) -> None: ...


@script
def run_complete(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    fence: int,
    settled: str,
    outcome: str,
    claimed_at: str,
    why: str,
    failed_most: int,
    message: str,
    progress_head: str,
    head: str,
) -> None: ...


@script
def run_rest(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    fence: int,
    pause: int,
    missed: int,
    message: str,
    head: str,
) -> None: ...


@script
def run_interrupt(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    fence: int,
    settled: str,
    outcome: str,
    claimed_at: str,
    why: str,
    failed_most: int,
    reason: str,
    head: str,
) -> None: ...


@script
def run_stop(
    keys: ProfileKeys, /, *, only_of: str, device: str, message: str, head: str, by: bytes
) -> None: ...


@script
def run_pause(
    keys: ProfileKeys, /, *, only_of: str, paused: Literal["", "1"], head: str, by: bytes
) -> None: ...


@script
def run_take(
    keys: StartKeys,
    /,
    *,
    only_of: str,
    device: str,
    operator: str,
    identity: str,
    message: str,
    head: str,
    progress_head: str,
    by: bytes,
    begun_at: int,
) -> None: ...


@script
def run_stop_all(
    keys: AccountKeys,
    /,
    *,
    only_of: str,
    may_see: Literal["all", "only"],
    profiles: str,
    device: str,
    message: str,
    stopped_before: str,
    head: str,
    all_head: str,
    by: bytes,
) -> None: ...


@script
def run_adopt(
    keys: AdoptedRunKeys,
    /,
    *,
    run_id: str,
    owner: str,
    server: str,
    message: str,
    head: str,
    reason: str,
    interrupted_head: str,
    doubt_message: str,
    doubted: str,
    settled_head: str,
) -> None: ...


@script
def failed_list(keys: ProfileKeys, /, *, before: int | str, tried_by: str) -> None: ...


@script
def run_lost(
    keys: ProfileKeys,
    /,
    *,
    run_id: str,
    device: str,
    operator: str,
    fence: int,
    stub: str,
    identity: str,
    text: str,
    attachments: bytes,
    step: int,
    started_at: int,
    total: int,
    messaged: int,
    passed: int,
    refused: int,
    doubtful: int,
    settled: str,
    outcome: str,
    claimed_at: str,
    why: str,
    failed_most: int,
    reason: str,
    head: str,
    all_reason: str,
    all_head: str,
) -> None: ...
