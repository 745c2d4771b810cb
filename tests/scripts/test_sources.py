"""What holds for the texts of all scripts: headers, names, what each one is sent with."""

import functools
import re
from importlib.resources import files
from pathlib import Path

import pytest

from alphasync.store.scripts.loading import Script, constants, load
from alphasync.store.scripts.loading import header as header_of
from tests.scripts.bench import LIFETIMES

LUA = files("alphasync.store.scripts") / "lua"
BODIES = {
    file.name.removesuffix(".lua"): file.read_text()
    for file in LUA.iterdir()
    if file.name.endswith(".lua")
}
SHARED = "\n".join(file.read_text() for file in (LUA / "shared").iterdir())
GIVEN = {"redis", "string", "table", "math", "cjson", "tonumber", "tostring", "ipairs", "pairs"}
GIVEN |= {"unpack"}
"""What Redis gives to a script."""
CONSTANTS = set(constants(LIFETIMES))
KEYWORDS = {
    *("and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in"),
    *("local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"),
}


@functools.cache
def scripts() -> dict[str, Script]:
    return load(LIFETIMES)


def source_of(name: str) -> str:
    """As Redis gets it."""
    return scripts()[name].source


def code(lua: str) -> str:
    """Without comments and the content of strings."""
    without_strings = re.sub(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"", "''", lua)
    return re.sub(r"--[^\n]*", "", without_strings)


def names_in(lua: str) -> set[str]:
    """Identifiers that are not fields of a table."""

    def without_fields(table: re.Match[str]) -> str:
        return re.sub(r"([{,]\s*)[A-Za-z_]\w*\s*=(?!=)", r"\1", table[0])

    text = re.sub(r"\{[^{}]*\}", without_fields, code(lua))
    return set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text)) - KEYWORDS


def declared_in(lua: str) -> set[str]:
    text = code(lua)
    found: set[str] = set()
    for names in re.findall(r"\blocal\s+(?!function)([\w\s,]+?)(?==|\n|$)", text):
        found.update(re.findall(r"\w+", names))
    for name, parameters in re.findall(r"\bfunction\s+(\w+)\s*\(([^)]*)\)", text):
        found.update([name, *re.findall(r"\w+", parameters)])
    for names in re.findall(r"\bfor\s+([\w\s,]+?)\s*(?:=|\bin\b)", text):
        found.update(re.findall(r"\w+", names))
    return found


def outcomes_of(name: str) -> set[str]:
    """As the header and the code name them."""
    return set(re.findall(r"\{'([A-Z_]+)'", BODIES[name])) | set(
        re.findall(r"answer = '([A-Z_]+)'", BODIES[name])
    )


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_header_lists_exactly_the_names_that_the_script_uses(name: str) -> None:
    body = BODIES[name]
    header = [name for kind in ("KEYS", "ARGV") for name in header_of(body)[kind]]
    assert len(header) == len(set(header))
    assert re.match(
        r"-- .*\n(?:-- .*\n)*?-- KEYS: .*\n-- ARGV:.*\n(?:--   .*\n)*-- USES:.*\n-- RETURN: ", body
    )
    defined = re.findall(r"^local (?:function )?([\w, ]+)", SHARED, re.MULTILINE)
    shared = {word for names in defined for word in re.findall(r"\w+", names)}
    used = names_in(body)
    assert not set(header) & (declared_in(body) | shared), "a name means one thing"
    assert used - declared_in(body) - shared - CONSTANTS - GIVEN == set(header)
    assert not {"KEYS", "ARGV"} & used


def test_what_all_scripts_share_uses_nothing_from_outside() -> None:
    named = set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", code(SHARED)))
    assert names_in(SHARED) - declared_in(SHARED) - GIVEN == named
    assert named <= CONSTANTS


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_script_has_the_values_of_the_constants_and_not_their_names(name: str) -> None:
    assert not CONSTANTS & set(re.findall(r"\w+", source_of(name)))


@pytest.mark.parametrize("name", sorted(BODIES))
def test_each_script_has_its_tests_and_each_outcome_is_in_them(name: str) -> None:
    tests = (Path(__file__).parent / f"test_{name}.py").read_text()
    for outcome in outcomes_of(name):
        assert f'"{outcome}"' in tests, outcome
    header = BODIES[name].partition("RETURN: ")[2]
    returned = "".join(line[3:] for line in header.splitlines(True) if line.startswith("-- "))
    documented = header.partition("\n")[0] + returned
    for outcome in outcomes_of(name):
        assert outcome in documented, f"{outcome} is not in the header"


@pytest.mark.parametrize("name", sorted(BODIES))
def test_a_script_defines_what_it_calls_and_nothing_else(name: str) -> None:
    text = code(source_of(name))
    shared = set(re.findall(r"^local function (\w+)", SHARED, re.MULTILINE))
    defined = re.findall(r"^local function (\w+)", text, re.MULTILINE)
    own = re.findall(r"^local function (\w+)", BODIES[name], re.MULTILINE)
    used = {function for function in shared if re.search(rf"\b{function}\b", text)}
    assert used | set(own) == set(defined)
    for function in defined:
        assert len(re.findall(rf"\b{function}\b", text)) > 1, f"{function} is defined for nothing"
