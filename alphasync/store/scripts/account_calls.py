"""The scripts about what devices show and write: snapshot, log, drafts, the list of those messaged.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.key_groups import DraftKeys, RefusalKeys
from alphasync.store.keys import AccountKeys, ProfileKeys
from alphasync.store.scripts.declaring import script


@script
def snapshot_read(keys: AccountKeys, /) -> None: ...


@script
def log_read(keys: AccountKeys, /, *, known_epoch: str, after: int, last: bytes) -> None: ...


@script
def draft_set(
    keys: ProfileKeys,
    /,
    *,
    device: str,
    operator: str,
    message: str,
    ends: Literal["yes", "no"],
    versions_most: int,
    versions_room: int,
    most: int,
    head: str,
    base: int | Literal[""],
    only_at: int | Literal["own", "any"],
    skip: str,
    sent: str,
    made_from: int | Literal[""],
    caret: int | Literal[""],
) -> None: ...


@script
def versions_list(keys: DraftKeys, /) -> None: ...


@script
def version_read(keys: DraftKeys, /, *, version: int) -> None: ...


@script
def draft_attach(
    keys: ProfileKeys,
    /,
    *,
    device: str,
    wanted: bytes,
    base: bytes,
    places: int,
    most: int,
    head: str,
) -> None: ...


@script
def blocklist_clear(keys: ProfileKeys, /, *, head: str, by: bytes) -> None: ...


@script
def blocklist_prune(keys: ProfileKeys, /) -> None: ...


@script
def blocklist_import(keys: ProfileKeys, /, *, entries: bytes) -> None: ...


@script
def blocklist_list(keys: ProfileKeys, /, *, score: str, id: str, part: str, most: int) -> None: ...


@script
def blocklist_remove(keys: ProfileKeys, /, *, recipient: str, head: str, by: bytes) -> None: ...


@script
def uncertain_list(keys: ProfileKeys, /, *, start: str) -> None: ...


@script
def uncertain_resolve(
    keys: ProfileKeys,
    /,
    *,
    action: Literal["resend", "leave"],
    recipient: str,
    cursor: str,
    before: int,
    head: str,
    by: bytes,
) -> None: ...


@script
def audit_list(
    keys: AccountKeys,
    /,
    *,
    before: str,
    since: int | Literal[""],
    until_: int | Literal[""],
    action: str,
    operator: str,
    profile: str,
    outcome: str,
    most: int,
) -> None: ...


@script
def history_find(
    keys: AccountKeys,
    /,
    *,
    before: str,
    since: int | Literal[""],
    until_: int | Literal[""],
    only_of: str,
    may_see: Literal["all", "only"],
    profiles: str,
    operator: str,
    profile: str,
    type: str,
    outcome: str,
    most: int,
) -> None: ...


@script
def analytics_read(keys: AccountKeys, /, *, number: int, before: int) -> None: ...


@script
def audit_add(
    keys: RefusalKeys,
    /,
    *,
    action: str,
    target: str,
    detail: str,
    code: str,
    origin: bytes,
    most: int,
    by: bytes,
) -> None: ...


@script
def never_add(
    keys: AccountKeys, /, *, most: int, before: int, entries: bytes, last: str, head: str, by: bytes
) -> None: ...


@script
def never_remove(keys: AccountKeys, /, *, recipient: str, head: str, by: bytes) -> None: ...


@script
def never_list(keys: AccountKeys, /, *, score: str, id: str, part: str, most: int) -> None: ...


@script
def answer_begin(keys: AccountKeys, /, *, key: str, fingerprint: str, most: int) -> None: ...


@script
def answer_keep(keys: AccountKeys, /, *, key: str, fingerprint: str, answer: bytes) -> None: ...
