"""The scripts about the servers themselves: leases, what they must agree on, what they may do.

What each one does, returns and names is said in the header of its file in ``lua/``.
"""

from typing import Literal

from alphasync.store.key_groups import (
    AdoptedLeaseKeys,
    LeaseKeys,
    RenewedLeaseKeys,
    TermKeys,
    TrialKeys,
)
from alphasync.store.scripts.declaring import script


@script
def lease_renew(
    keys: RenewedLeaseKeys,
    /,
    *,
    mode: Literal["register", "renew"],
    server: str,
    ttl: int,
    keep: int,
    echo: str,
    rises: Literal["yes", "no"],
) -> None: ...


@script
def lease_adopt(keys: AdoptedLeaseKeys, /, *, dead: str, ttl: int, keep: int) -> None: ...


@script
def lease_resign(keys: LeaseKeys, /, *, server: str, closed_for: int) -> None: ...


@script
def terms_tell(keys: TermKeys, /, *, server: str, own: bytes, keep: int) -> None: ...


@script
def rights_try(keys: TrialKeys, /, *, channel: str, keep: int) -> None: ...
