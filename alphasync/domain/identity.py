"""Who is acting: the identity that a token proves."""

from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from alphasync.domain.roles import LEAST, Right, Role, may
from alphasync.errors import NotAllowed, UnknownProfile


def account_of(operator_id: str, team: str | None) -> str:
    """The tenant's name as it stands in keys and channels.

    Percent-encoded, so that it can hold no brace (the hash tag's end), slash (the room's
    separator) or control character; the prefix keeps team ``7`` apart from operator ``7``.
    """
    kind, name = ("t", team) if team else ("o", operator_id)
    return f"{kind}:{quote(name, safe='')}"


def takes(right: Right) -> NotAllowed:
    return NotAllowed(f"This takes the role {LEAST[right]}")


class Identity(msgspec.Struct, frozen=True):
    """What a valid token says. ``profiles`` None: all profiles of the account."""

    operator_id: str
    account: str
    email: str | None
    expires_at: int
    """Seconds since the Unix epoch."""
    token_hash: str
    """Names the token without being it."""
    profiles: frozenset[str] | None = None
    role: Role = Role.OPERATOR
    team: str | None = None
    sign_in: str = ""
    """The login that the token was made by; '' for a token that was signed elsewhere."""
    begun_at: int = 0
    """ms: when that login was opened, by Redis' clock; of a token that was signed elsewhere when it
    was made, as far as it says. 0 where it does not."""
    profiles_kept: bool = False
    """The token could not carry the profiles: they are on record with the login."""

    @property
    def teammate(self) -> str | UnsetType:
        """Who acts, for events: unset where one operator is the account."""
        return self.operator_id if self.team else UNSET

    def may(self, right: Right) -> bool:
        return may(self.role, right)

    def check(self, right: Right) -> None:
        """Raise NotAllowed where the role has not this right."""
        if not self.may(right):
            raise takes(right)

    @property
    def only_of(self) -> str:
        """Whose runs and plans alone are theirs to stop and change; '' for anybody's."""
        return "" if self.may(Right.OTHERS) else self.operator_id

    def may_see(self, profile_id: str) -> bool:
        return self.profiles is None or profile_id in self.profiles

    def check_profile(self, profile_id: str) -> None:
        """Raise UnknownProfile for a profile outside the token's: as for one that is not there."""
        if not self.may_see(profile_id):
            raise UnknownProfile
