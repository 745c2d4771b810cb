"""The scripts about devices: how they come, are missed, and go.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.key_groups import DeviceKeys, JoinKeys
from alphasync.store.keys import AccountKeys
from alphasync.store.scripts.declaring import script

JoinMode = Literal["new", "resume", "restore"]


@script
def device_join(
    keys: JoinKeys,
    /,
    *,
    mode: JoinMode,
    proof: str,
    name: str,
    usual_name: str,
    operator: str,
    who: str,
    session: str,
    server: str,
    token: str,
    begun_at: int,
    most: int,
    listed_most: int,
    back_head: str,
    joined_head: str,
    updated_head: str,
    all_head: str,
) -> None: ...


@script
def device_lose(
    keys: DeviceKeys,
    /,
    *,
    session: str,
    owner: str,
    grace: int,
    signed_out: str,
    server: str,
    silent_for: int,
    silent_since: int,
    absent_since: int,
    listed_most: int,
    head: str,
    back_head: str,
    updated_head: str,
    left_head: str,
    all_head: str,
) -> None: ...


@script
def device_leave(
    keys: DeviceKeys,
    /,
    *,
    session: str,
    reason: str,
    head: str,
    signed_out_reason: str,
    signed_out_head: str,
    back_head: str,
    left_head: str,
    all_head: str,
) -> None: ...


@script
def device_rename(
    keys: AccountKeys,
    /,
    *,
    device_id: str,
    only_of: str,
    name: str,
    listed_most: int,
    joined_head: str,
    updated_head: str,
    all_head: str,
    by: bytes,
) -> None: ...


@script
def device_sign_out(
    keys: AccountKeys,
    /,
    *,
    device_id: str,
    only_of: str,
    reason: str,
    head: str,
    left_head: str,
    all_head: str,
    by: bytes,
) -> None: ...


@script
def devices_announce(keys: AccountKeys, /, *, all_head: str) -> None: ...


@script
def devices_tell(keys: AccountKeys, /, *, all_head: str) -> None: ...


@script
def push_set(
    keys: AccountKeys, /, *, device_id: str, subscription: bytes, most: int, lasts: int
) -> None: ...


@script
def device_touch(keys: DeviceKeys, /, *, session: str) -> None: ...
