"""Each key of an account is taken out, or left out for a reason."""

import inspect
import re
from pathlib import Path

import pytest

from alphasync.account_data.kinds import HIDDEN, KINDS, OTHER, kind_of
from alphasync.store import keys
from alphasync.store.keys import AccountKeys

TABLE = (keys.__doc__ or "").split("\n\n")[1]
PATTERNS = {
    pattern
    for line in TABLE.splitlines()[1:]
    for pattern in re.findall(r"``([^`]+)``", line.split("  ")[0] + "  ")
}


def test_the_table_is_read() -> None:
    assert {"meta", "run:<type>:<profile>", "devices", "upstream:<operator>"} <= PATTERNS


def test_each_key_of_the_table_is_of_a_kind_and_each_kind_is_in_it() -> None:
    assert {kind.pattern for kind in KINDS} == PATTERNS


def test_the_page_says_what_each_kind_is() -> None:
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text()
    taken_out = {kind.name for kind in (*KINDS, OTHER) if not kind.left_out}
    assert {name for name in taken_out if f"`{name}`" not in page} == set()


def test_kinds_have_a_name_of_their_own() -> None:
    assert len({kind.name for kind in (*KINDS, OTHER, HIDDEN)}) == len(KINDS) + 2


@pytest.mark.parametrize("part", ["1001", "a:b", "é\n:", "chat:1"])
def test_each_key_that_can_be_named_is_found_by_its_own_kind(part: str) -> None:
    names = AccountKeys("o:7")
    for name, member in inspect.getmembers(names):
        if name.startswith("_") or name in ("account", "prefix", "channel"):
            continue
        given: list[str] = []
        if callable(member):
            simple = "a1"  # ids of our own have no colon in them
            by_name = {"type_": "chat", "plan_id": simple, "device_id": simple, "sid": simple}
            by_name |= {"run_id": simple, "id_": simple}
            given = [by_name.get(p, part) for p in inspect.signature(member).parameters]
        key = member(*given) if callable(member) else member
        kind, said = kind_of(key.removeprefix(names.prefix))
        assert kind in KINDS, key
        if "profile" in kind.pattern:
            assert said["profileId"] == part
            assert said["type"] == "chat"


def test_what_another_version_keeps_is_named() -> None:
    assert kind_of("surprise:x") == (OTHER, {"key": "surprise:x"})


@pytest.mark.parametrize("name", ["tokens:7", "upstreamSecret:7", "PASSWORDS", "x:proof"])
def test_what_another_version_calls_a_secret_is_left_out_whole(name: str) -> None:
    assert kind_of(name) == (HIDDEN, {"key": name})
    assert HIDDEN.left_out
