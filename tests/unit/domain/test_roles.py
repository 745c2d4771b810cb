"""What each role may do."""

import pytest

from alphasync.domain.roles import LEAST, Right, Role, may, role_of


def test_each_right_has_its_least_role() -> None:
    assert set(LEAST) == set(Right)


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.VIEWER, {Right.SEE}),
        (Role.OPERATOR, {Right.SEE, Right.WORK}),
        (Role.MANAGER, set(Right) - {Right.ADMINISTER}),
        (Role.ADMIN, set(Right)),
    ],
)
def test_what_a_role_may_do(role: Role, rights: set[Right]) -> None:
    assert {right for right in Right if may(role, right)} == rights


def test_who_is_an_account_of_their_own_may_do_everything_with_it() -> None:
    assert role_of(None, None) is Role.ADMIN
    assert role_of(None, "red") is Role.OPERATOR
    assert role_of("viewer", None) is role_of("viewer", "red") is Role.VIEWER


@pytest.mark.parametrize("claim", ["", "owner", "Admin", " admin"])
def test_an_unknown_role_is_none(claim: str) -> None:
    with pytest.raises(ValueError, match="is not a valid Role"):
        role_of(claim, None)
