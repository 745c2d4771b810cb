"""Names of keys: in the account's slot, and out of reach of every other account."""

import inspect
import re
import tracemalloc
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain.identity import account_of
from alphasync.domain.runs import ProcessingType
from alphasync.domain.usable import PROFILE_ID_MAX
from alphasync.store import keys
from alphasync.store.keys import AccountKeys, channel_of, of_account

HOSTILE = [
    "{x}",
    "}",
    "{",
    "{}",
    "}:run:chat:1",
    "o:1}",
    "*",
    "a:b",
    "a b",
    "\n",
    "\0",
    "ß",
    "😀",
    "%7D",
]
IDS = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), min_size=1)
TYPES: tuple[ProcessingType, ...] = get_args(ProcessingType)


def names_of(account: str, part: str) -> list[str]:
    """Every key that the class can name, with ``part`` wherever something from outside goes in."""
    names = AccountKeys(account)
    found = []
    for name, member in inspect.getmembers(names):
        if name.startswith("_") or name in ("account", "prefix"):
            continue
        if callable(member):
            if "plan_id" in inspect.signature(member).parameters:
                found += [member(type_, "0a" * 8, part) for type_ in TYPES]
            elif "type_" in inspect.signature(member).parameters:
                found += [member(type_, part) for type_ in TYPES]
            else:
                found.append(member(part))
        else:
            found.append(member)
    return found


def hash_tag(key: str) -> str:
    """What decides a key's slot (Redis Cluster specification, hash tags)."""
    match = re.search(r"\{(.*?)\}", key, re.DOTALL)
    assert match
    assert match[1] != ""
    return match[1]


@pytest.mark.parametrize("part", HOSTILE)
def test_every_key_of_an_account_carries_its_tag_first(part: str) -> None:
    found = names_of("o:7", part)
    assert len(found) >= 14
    assert {hash_tag(key) for key in found} == {"o:7"}
    assert len(set(found)) == len(found)


@given(IDS, IDS)
def test_no_operator_can_name_another_accounts_keys(operator: str, part: str) -> None:
    account = account_of(operator, None)
    mine = names_of(account, part)
    assert {hash_tag(key) for key in mine} == {account}
    for other in (account_of("victim", None), account_of("x", operator)):
        if other != account:
            assert not set(mine) & set(names_of(other, part))
            assert hash_tag(mine[0]) != hash_tag(names_of(other, part)[0])


@given(IDS, IDS)
def test_no_profile_can_name_another_profiles_keys(one: str, other: str) -> None:
    names = of_account("o:1")
    for make in (names.lock, names.run, names.draft, names.sent):
        for a in TYPES:
            for b in TYPES:
                assert (make(a, one) == make(b, other)) == ((a, one) == (b, other))


def test_keys_and_channels_of_one_kind_stay_apart() -> None:
    assert channel_of("o:1") == of_account("o:1").channel
    assert channel_of("o:1") != channel_of("t:1")
    assert not channel_of("o:1").startswith(of_account("o:1").prefix)
    assert keys.handle("abc") != keys.tries("pair", "abc")


def test_what_is_kept_of_keys_is_small_however_long_a_profiles_id_is() -> None:
    keys.of_profile.cache_clear()
    tracemalloc.start()
    try:
        for number in range(keys.NAMES_KEPT_MAX + 100):
            keys.of_profile("o:1", "chat", str(number).ljust(PROFILE_ID_MAX, "\N{GRINNING FACE}"))
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        keys.of_profile.cache_clear()
    assert size < 10_000_000


def test_each_key_is_described_with_its_lifetime() -> None:
    """The table in the module's docstring names every kind of key."""
    described = set(re.findall(r"``([a-z]+)(?::<|``)", keys.__doc__ or ""))
    kinds = {key.removeprefix("as:{o:1}:").split(":")[0] for key in names_of("o:1", "x")}
    kinds.remove("as")  # the channel, which is no key
    assert kinds <= described
