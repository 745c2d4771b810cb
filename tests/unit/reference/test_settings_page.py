"""docs/settings.md says what the settings' model says."""

import re
from pathlib import Path

import pytest

from alphasync.config import VARIABLES, Settings
from alphasync.reference.settings import SECTIONS, descriptions, page

PAGE = Path(__file__).parents[3] / "docs" / "settings.md"
FIELDS = Settings.model_fields
DESCRIPTIONS = {name: text for part in SECTIONS for name, text in descriptions(part).items()}
DEFAULTS = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", page(), re.MULTILINE))
"""Name to default, as the page tells it."""


def test_the_page_is_what_the_settings_make_of_it() -> None:
    told = PAGE.read_text()
    assert told == page(), "python -m alphasync.reference"


@pytest.mark.slow
def test_the_page_lists_every_setting_and_no_other() -> None:
    assert sorted(DEFAULTS) == sorted(names[0] for names in VARIABLES.values())
    for names in VARIABLES.values():
        for name in names:
            assert f"`{name}`" in page()


@pytest.mark.parametrize("field", FIELDS)
def test_each_setting_is_described_in_a_sentence(field: str) -> None:
    description = DESCRIPTIONS[field]
    assert description.endswith(".")
    assert "|" not in description, "it would end the cell of the table"


@pytest.mark.parametrize("field", FIELDS)
def test_a_default_can_be_set_as_it_is_told(field: str) -> None:
    told = DEFAULTS[VARIABLES[field][0]]
    default = getattr(Settings(), field)
    if default in (None, [], ()):
        return  # what the server does then is said in words
    if not told.startswith("`"):
        assert default == 0, f"{told!r} says that it is found out"
        return
    assert getattr(Settings.model_validate({field: told.strip("`")}), field) == default
