"""What a role may do: the one table."""

from enum import Enum, StrEnum


class Role(StrEnum):
    """Each may do what those before it may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"


class Right(Enum):
    SEE = "see"
    """What the account is doing: drafts, runs, plans, lists, who is here."""
    WORK = "work"
    """Write drafts, start runs, and do with one's own runs and plans what one wants."""
    CLEAR = "clear"
    """Let those who were messaged be messaged again, and take somebody off the do-not-contact
    list."""
    OTHERS = "others"
    """Do with the runs and plans of others what one may do with one's own."""
    OVERSEE = "oversee"
    """See the history and the analytics of all."""
    ADMINISTER = "administer"
    """Sessions and devices of others, the record, service tokens."""


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


def role_of(claim: str | None, team: str | None) -> Role:
    """The role that a token is for. Without a claim that of an operator of a team; who is not of a
    team is an account of their own, and may do everything with it. Raises ValueError for one that
    there is not."""
    if claim is None:
        return Role.OPERATOR if team is not None else Role.ADMIN
    return Role(claim)
