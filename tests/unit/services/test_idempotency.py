"""The idempotency key: what a header can carry, and never two recipients' at once."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphasync.services.idempotency import former_key, idempotency_key
from alphasync.services.runs import Ticket

TICKET = Ticket(
    account="o:1",
    profile="1001",
    type="chat",
    run_id="r",
    fence=1,
    started_at=1,
    device_id="d",
    operator_id="1",
    text="Hello",
    attachments=(),
)
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=512)


@settings(deadline=None)
@given(ids)
def test_any_id_gives_a_key_of_fixed_length_in_ascii(recipient: str) -> None:
    key = idempotency_key(TICKET, recipient)
    assert len(key) == 64
    assert key.isascii()
    assert key.isalnum()
    assert key == idempotency_key(TICKET, recipient)


@settings(deadline=None)
@given(st.lists(ids, min_size=2, max_size=2, unique=True))
def test_two_ids_never_share_a_key(two: list[str]) -> None:
    assert idempotency_key(TICKET, two[0]) != idempotency_key(TICKET, two[1])


@pytest.mark.parametrize(("one", "other"), [("trail", "trail "), ("é", "e\u0301"), ("a", "a\t")])
def test_ids_that_look_alike_never_share_a_key(one: str, other: str) -> None:
    assert idempotency_key(TICKET, one) != idempotency_key(TICKET, other)


@pytest.mark.parametrize("field", ["account", "profile", "type", "run_id"])
def test_the_key_is_of_one_account_profile_type_and_run(field: str) -> None:
    other = msgspec.structs.replace(TICKET, **{field: "mail"})
    assert idempotency_key(other, "7") != idempotency_key(TICKET, "7")


def test_each_cycle_has_keys_of_its_own_and_the_first_those_of_a_run_without() -> None:
    keys = [idempotency_key(TICKET, "7", cycle) for cycle in (1, 2, 3)]
    assert len(set(keys)) == 3
    assert keys[0] == idempotency_key(TICKET, "7")


def test_what_follows_the_device_or_the_runner_does_not_change_the_key() -> None:
    later = msgspec.structs.replace(TICKET, device_id="e", fence=9)
    assert idempotency_key(later, "7") == idempotency_key(TICKET, "7")


@pytest.mark.parametrize(
    ("recipient", "key"),
    [
        ("7", "r:7"),
        ("a b", "r:a b"),
        ("trail ", None),
        (" lead", None),
        ("é", None),
        ("a\tb", None),
    ],
)
def test_a_former_key_is_used_only_where_it_was_one(recipient: str, key: str | None) -> None:
    assert former_key(TICKET, recipient) == key
