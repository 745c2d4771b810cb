"""The console has words for all that is put on record."""

import re

from alphasync.domain.audit import Action
from alphasync.web.console import console_folder

ACTIONS = re.compile(r"^  record: \{.*?^    actions: \{(.*?)^    \}", re.MULTILINE | re.DOTALL)


def test_each_action_has_its_words() -> None:
    found = ACTIONS.search((console_folder() / "words.js").read_text())
    assert found
    assert set(re.findall(r"^ +(\w+): '.+',$", found[1], re.MULTILINE)) == set(Action)
