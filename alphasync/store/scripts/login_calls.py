"""The scripts about logins: the tries, and what the gateway gave.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.key_groups import (
    EndingKeys,
    ListedSignInKeys,
    LoginKeys,
    OperatorKeys,
    SignInKeys,
    TokenKeys,
)
from alphasync.store.scripts.declaring import script


@script
def login_attempt(
    keys: LoginKeys,
    /,
    *,
    proven: str,
    pair_max: int,
    account_max: int,
    address_max: int,
    overall_max: int,
    window: int,
) -> None: ...


@script
def login_settle(
    keys: LoginKeys,
    /,
    *,
    outcome: Literal["right", "unknown"],
    known_for: int,
    tenant: str,
    operator: str,
) -> None: ...


@script
def signin_open(
    keys: OperatorKeys,
    /,
    *,
    operator: str,
    token: bytes,
    limited: str,
    profiles: str,
    origin: bytes,
    lifetime: int,
    lasts: int,
    linger: int,
    most: int,
    by: bytes,
) -> None: ...


@script
def signin_newest(keys: OperatorKeys, /, *, profile: str, tried: str, most: int) -> None: ...


@script
def signin_read(keys: SignInKeys, /, *, used_by: Literal["operator", "plan", "run"]) -> None: ...


@script
def signin_prolong(keys: SignInKeys, /, *, lifetime: int, linger: int) -> None: ...


@script
def signin_check(keys: TokenKeys, /, *, begun_at: int) -> None: ...


@script
def signins_list(keys: ListedSignInKeys, /, *, before: str, most: int) -> None: ...


@script
def signins_end(
    keys: EndingKeys,
    /,
    *,
    operator: str,
    chosen: str,
    spared: str,
    others: str,
    mode: Literal["revoked", "left"],
    again: str,
    lasts: int,
    reason: str,
    interrupted_head: str,
    head: str,
    by: bytes,
) -> None: ...


@script
def signin_reseal(keys: SignInKeys, /, *, was: bytes, token: bytes, origin: bytes) -> None: ...
