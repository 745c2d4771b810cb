"""Whom the sandbox knows: its operators' accounts, their profiles, and whom these can message."""

from typing import Self

import msgspec

from alphasync.domain.roles import Role
from alphasync.gateway.port import Attachments, Profile, Recipient
from alphasync.gateway.sandbox.pictures import avatar

DEMO_EMAIL = "demo@example.com"
DEMO_PASSWORD = "demo"
DEMO_OPERATOR = "demo"
DEMO_TEAM = "demo-team"

NO_ATTACHMENTS = Attachments((), (), ())


class PeopleError(ValueError):
    """People cannot be used as given; the text names what is wrong and where."""


class Person(msgspec.Struct, frozen=True):
    """A profile with its media and everybody whom it can message, keyed by recipient id."""

    profile: Profile
    attachments: Attachments
    recipients: dict[str, Recipient]


class Account(msgspec.Struct, frozen=True):
    """One operator, with profiles keyed by `external_id`. `team`, `role`: what a login says of
    them; None for nothing."""

    email: str
    password: str
    operator_id: str
    profiles: dict[str, Person]
    team: str | None = None
    role: Role | None = None


class People(msgspec.Struct, frozen=True):
    """All accounts, at least one; e-mails and operators occur once, and profiles in one team."""

    accounts: tuple[Account, ...]

    @classmethod
    def of(cls, accounts: list[Account]) -> Self:
        """Check and collect. Raises PeopleError."""
        if not accounts:
            raise PeopleError("there must be at least one account")
        emails: set[str] = set()
        operators: set[str] = set()
        profiles: set[str] = set()
        of_teams: dict[str, str] = {}
        for account in accounts:
            once(emails, account.email, "e-mail")
            once(operators, account.operator_id, "operatorId")
            for profile_id in account.profiles:
                if account.team is None or of_teams.get(profile_id) != account.team:
                    once(profiles, profile_id, "profile")
                if account.team is not None:
                    of_teams[profile_id] = account.team
        return cls(tuple(accounts))

    @property
    def default_account(self) -> Account:
        """The account of requests without credentials: the demo's, or else the first."""
        for account in self.accounts:
            if account.email == DEMO_EMAIL:
                return account
        return self.accounts[0]


def once(seen: set[str], value: str, what: str) -> None:
    """Note `value`, an id that may neither be empty nor come again. Raises PeopleError."""
    if not value:
        raise PeopleError(f"{what} is empty")
    if value in seen:
        raise PeopleError(f"{what} {value!r} occurs twice")
    seen.add(value)


def person(
    profile_id: str,
    name: str,
    recipients: list[Recipient],
    *,
    internal_id: str | None = None,
    photo_link: str = "",
    age: int | None = None,
    gender: str = "",
    country_name: str = "",
    status: str = "active",
    attachments: Attachments = NO_ATTACHMENTS,
) -> Person:
    """Put a person together; without a photo one is drawn. Raises PeopleError for double ids."""
    seen: set[str] = set()
    for recipient in recipients:
        once(seen, recipient.id, f"profile {profile_id!r}: recipient")
    return Person(
        Profile(
            id=internal_id or profile_id,
            name=name,
            external_id=profile_id,
            photo_link=photo_link or avatar(profile_id),
            age=age,
            gender=gender,
            country_name=country_name,
            status=status,
        ),
        attachments,
        {recipient.id: recipient for recipient in recipients},
    )
