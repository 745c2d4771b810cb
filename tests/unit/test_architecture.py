"""docs/architecture.md names only what there is in the code."""

import importlib
import re
from pathlib import Path

import pytest

from alphasync.config import VARIABLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
LUA = ROOT / "alphasync" / "store" / "scripts" / "lua"
ROOMS = {path.stem for path in (ROOT / "alphasync").iterdir()}
"""Packages and modules that a name may begin with."""
CODE = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", PAGE, flags=re.MULTILINE | re.DOTALL))
NAMES = sorted({c for c in CODE if re.fullmatch(r"\w+(\.\w+)+", c) and c.split(".")[0] in ROOMS})
FILES = sorted({c for c in CODE if re.match(r"(alphasync|docs|static|tests)/", c)})
SCRIPTS = sorted({c for c in CODE if re.fullmatch(r"\w+\.lua", c)} - {"noun_verb.lua"})
SETTINGS = sorted({c for c in CODE if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", c)})


def found(name: str) -> object:
    """What a dotted name leads to. Raises ImportError or AttributeError."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(["alphasync", *parts[:length]]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part)
        return thing
    raise ImportError(name)


def test_the_page_names_something() -> None:
    assert len(NAMES) > 30
    assert len(FILES) > 10
    assert len(SCRIPTS) > 5


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_in_the_code(name: str) -> None:
    assert found(name) is not None


@pytest.mark.parametrize("name", FILES)
def test_each_file_is_there(name: str) -> None:
    if "noun_verb" not in name:
        assert (ROOT / name).exists()


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_script_is_there(name: str) -> None:
    assert (LUA / name).is_file()


def test_each_setting_is_there() -> None:
    known = {name for names in VARIABLES.values() for name in names}
    assert set(SETTINGS) <= known
