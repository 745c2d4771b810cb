"""The header of a script and the function that declares it must agree, or nothing is loaded."""

import re

import pytest

from alphasync.store.key_groups import SignInKeys
from alphasync.store.keys import ProfileKeys, of_profile
from alphasync.store.scripts import loading
from alphasync.store.scripts.declaring import Declared, script
from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.loading import Mismatch, Shared, load

BODY = """-- What it does.
-- KEYS: lock run
-- ARGV: profile device fence
-- USES:
-- RETURN: {'OK'}
return {'OK'}
"""
NOTHING = Shared("", {})


@script
def agreed(keys: ProfileKeys, /, *, device: str, fence: int) -> None: ...


@script
def with_one_less(keys: ProfileKeys, /, *, device: str) -> None: ...


@script
def with_one_more(keys: ProfileKeys, /, *, device: str, fence: int, head: str) -> None: ...


@script
def with_another(keys: ProfileKeys, /, *, device: str, fences: int) -> None: ...


@script
def with_other_keys(keys: SignInKeys, /, *, profile: str, device: str, fence: int) -> None: ...


def test_what_the_keys_know_is_taken_from_them_and_the_rest_by_keyword() -> None:
    loaded = loading._script(agreed, BODY, NOTHING)
    assert loaded.args == ("device", "fence")
    names = of_profile("a", "chat", "p1")
    assert loaded.known(names) == (names.lock, names.run, "p1")


@pytest.mark.parametrize(
    "declared", [with_one_less, with_one_more, with_another, with_other_keys], ids=lambda d: d.name
)
def test_a_function_that_does_not_agree_is_refused(declared: Declared[...]) -> None:
    with pytest.raises(Mismatch, match=declared.name):
        loading._script(declared, BODY, NOTHING)


def test_a_file_without_a_function_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("alphasync.store.scripts.run_calls.run_step")
    with pytest.raises(Mismatch, match="run_step"):
        load(Lifetimes())


def test_a_shared_function_brings_those_that_it_calls_and_no_others() -> None:
    functions = {
        "a": "local function a()\nend\n",
        "b": "-- USES: a\nlocal function b()\nend\n",
        "c": "local function c()\nend\n",
        "d": "-- USES: b\nlocal function d()\nend\n",
    }
    used = Shared("local x = 1\n", functions).used(["d"])
    assert re.findall(r"function (\w)", used) == ["a", "b", "d"]
    with pytest.raises(KeyError, match="e"):
        Shared("", functions).used(["e"])


def test_no_connection_is_sent_comments() -> None:
    for loaded in load(Lifetimes()).values():
        assert not re.search(r"^\s*(?:--|$)", loaded.source.removesuffix("\n"), re.MULTILINE)
