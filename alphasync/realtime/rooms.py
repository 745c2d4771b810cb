"""Which rooms an event goes to and which a session is in.

One room per profile, and one for the devices that may see all profiles of the account. A session
is in one or the other kind, an event about a profile goes to both.
"""

from functools import lru_cache
from urllib.parse import quote

from alphasync.domain.identity import Identity


@lru_cache(maxsize=4096)
def profile_room(account: str, profile_id: str) -> str:
    """Percent-encoded, so that no profile id can name the account's room or another account's.
    Those of the busy profiles are kept: each event asks for one."""
    return f"{account}/{quote(profile_id, safe='')}"


def account_room(account: str) -> str:
    return f"{account}/*"


def rooms_of(who: Identity) -> list[str]:
    if who.profiles is None:
        return [account_room(who.account)]
    return [profile_room(who.account, profile_id) for profile_id in sorted(who.profiles)]
