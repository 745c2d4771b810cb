"""The scripts about logins: the tries, and what the gateway gave.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.keys import LoginKeys, OperatorKeys, SignInKeys
from alphasync.store.scripts.declaring import script


@script
def login_attempt(
    keys: LoginKeys,
    /,
    *,
    pair_max: int,
    account_max: int,
    address_max: int,
    overall_max: int,
    window: int,
) -> None: ...


@script
def login_settle(
    keys: LoginKeys, /, *, outcome: Literal["right", "unknown"], known_for: int
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
    lifetime: int,
    lasts: int,
    linger: int,
    most: int,
) -> None: ...


@script
def signin_newest(keys: OperatorKeys, /, *, profile: str, tried: str, most: int) -> None: ...


@script
def signin_read(keys: SignInKeys, /, *, for_run: str) -> None: ...


@script
def signin_prolong(keys: SignInKeys, /, *, lifetime: int, linger: int) -> None: ...
