"""What a role may do: the one table."""

from enum import Enum, StrEnum


class Role(StrEnum):
    """Each may do what those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"


class Right(Enum):
    """With what it is, for people."""

    SEE = "see what the account is doing: drafts, runs, plans, lists, devices; name its own devices"
    WORK = (
        "write drafts, preview, start and plan runs, stop and change its own, decide about "
        "uncertain recipients, add to the do-not-contact list"
    )
    CLEAR = "let those who were messaged be messaged again, take off the do-not-contact list"
    OTHERS = "stop, pause, take over and change the runs and plans of others"
    OVERSEE = "see the history of the runs of all, not only of its own, and the account's figures"
    ADMINISTER = (
        "see and end the sessions of others, name and sign out their devices, the record, make and "
        "revoke service tokens, make, try, switch and remove webhooks"
    )


LEAST: dict[Right, Role] = {
    Right.SEE: Role.VIEWER,
    Right.WORK: Role.OPERATOR,
    Right.CLEAR: Role.MANAGER,
    Right.OTHERS: Role.MANAGER,
    Right.OVERSEE: Role.MANAGER,
    Right.ADMINISTER: Role.ADMIN,
}
"""The least role that has a right."""
_ORDER = tuple(Role)


def may(role: Role, right: Right) -> bool:
    return _ORDER.index(role) >= _ORDER.index(LEAST[right])


def is_above(role: Role, other: Role) -> bool:
    return _ORDER.index(role) > _ORDER.index(other)


def role_of(claim: str | None, team: str | None) -> Role:
    """The role that a token is for. Without a claim that of an operator of a team; who is not of a
    team is an account of their own, and may do everything with it. Raises ValueError for one that
    there is not."""
    if claim is None:
        return Role.OPERATOR if team is not None else Role.ADMIN
    return Role(claim)
