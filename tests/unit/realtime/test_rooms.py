"""Rooms: no profile id and no account reaches another's room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain.identity import Identity, account_of
from alphasync.realtime.rooms import account_room, profile_room, rooms_of

HOSTILE = [
    "*",
    "/",
    "..",
    ".",
    "%2A",
    "%",
    "a/b",
    "o:2/5",
    "../o:2/*",
    "ß",
    "😀",
    " ",
    "#",
    "?",
    "",
]
IDS = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"))


def who(operator: str, profiles: frozenset[str] | None) -> Identity:
    return Identity(
        operator_id=operator,
        account=account_of(operator, None),
        email=None,
        expires_at=1,
        token_hash="",
        profiles=profiles,
    )


@pytest.mark.parametrize("profile", HOSTILE)
def test_a_profile_is_not_the_account_and_not_another_profile(profile: str) -> None:
    room = profile_room("o:1", profile)
    assert room != account_room("o:1")
    assert room.startswith("o:1/")
    assert room.count("/") == 1
    assert room not in {profile_room("o:1", other) for other in HOSTILE if other != profile}


@given(IDS, IDS, IDS, IDS)
def test_equal_rooms_mean_equal_accounts_and_profiles(
    one: str, other: str, profile: str, another: str
) -> None:
    a, b = account_of(one, None), account_of(other, None)
    same = profile_room(a, profile) == profile_room(b, another)
    assert same == ((one, profile) == (other, another))
    assert profile_room(a, profile) != account_room(b)
    assert (account_room(a) == account_room(b)) == (one == other)


def test_a_session_is_in_one_kind_of_room_or_the_other() -> None:
    assert rooms_of(who("1", None)) == ["o:1/*"]
    assert rooms_of(who("1", frozenset({"9", "5"}))) == ["o:1/5", "o:1/9"]
    assert rooms_of(who("1", frozenset())) == []
    assert rooms_of(who("1", frozenset({"*"}))) == ["o:1/%2A"]
