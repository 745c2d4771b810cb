"""The account's name, as it stands in keys, channels and rooms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain.identity import Identity, account_of
from alphasync.errors import UnknownProfile

IDS = st.text(st.characters(codec="utf-8"), min_size=1)


def test_a_team_and_an_operator_of_the_same_name_are_two_accounts() -> None:
    assert account_of("7", None) == "o:7"
    assert account_of("1", "7") == account_of("2", "7") == "t:7"
    assert account_of("t:7", None) != account_of("1", "7")


@given(IDS, IDS)
def test_different_names_are_different_accounts(one: str, other: str) -> None:
    names = {account_of(one, None), account_of(other, None), account_of("x", one)}
    assert len(names) == (2 if one == other else 3)


@given(IDS)
def test_a_name_holds_nothing_that_means_something_elsewhere(operator: str) -> None:
    account = account_of(operator, None)
    assert account.isascii()
    assert account.isprintable()
    assert not set(account) & set("{}/*\n ?[]")


def test_a_limited_identity_sees_its_profiles_and_an_empty_limit_none() -> None:
    def limited(profiles: frozenset[str] | None) -> Identity:
        return Identity(
            operator_id="1",
            account="o:1",
            email=None,
            expires_at=1,
            token_hash="",
            profiles=profiles,
        )

    assert limited(None).may_see("5")
    assert limited(frozenset({"5"})).may_see("5")
    assert not limited(frozenset({"5"})).may_see("55")
    assert not limited(frozenset()).may_see("5")
    limited(None).check_profile("5")
    with pytest.raises(UnknownProfile):
        limited(frozenset({"5"})).check_profile("55")
