"""The scripts about service tokens.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.key_groups import NewTokenKeys, RevokedKeys, SignInKeys
from alphasync.store.scripts.declaring import script


@script
def token_make(
    keys: NewTokenKeys,
    /,
    *,
    begun_at: int,
    id: str,
    secret: str,
    operator: str,
    role: str,
    name: str,
    limited: Literal["", "1"],
    profiles: str,
    origin: bytes,
    lifetime: int | Literal[""],
    linger: int,
    most: int,
    by: bytes,
) -> None: ...


@script
def token_use(keys: SignInKeys, /, *, secret: str, noted_every: int) -> None: ...


@script
def token_revoke(
    keys: RevokedKeys,
    /,
    *,
    id: str,
    lasts: int,
    reason: str,
    interrupted_head: str,
    by: bytes,
) -> None: ...
