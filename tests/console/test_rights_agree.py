"""What the console offers to a role is what the server lets it do."""

import json
import re
import subprocess
from typing import Any

import pytest

from alphasync.domain.roles import LEAST, Right, Role, may
from alphasync.realtime.handlers import REGISTRY
from tests.js.node import STATIC, node_with_client

PROGRAM = """
const { ROLES, LEAST, COMMANDS, may } = await import(process.argv[1]);
const mays = ROLES.map((role) => Object.keys(LEAST).map((right) => may({ role }, right)));
console.log(JSON.stringify({ ROLES, LEAST, COMMANDS, mays }));
"""


@pytest.fixture(scope="module")
def console() -> dict[str, Any]:
    """What static/rights.js says, and how it judges."""
    module = (STATIC / "rights.js").as_uri()
    command = [*node_with_client(), "--input-type=module", "-e", PROGRAM, module]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_they_have_the_same_roles_and_rights(console: dict[str, Any]) -> None:
    assert console["ROLES"] == list(Role)
    assert console["LEAST"] == {right.name.lower(): role for right, role in LEAST.items()}


def test_each_command_takes_the_same_right(console: dict[str, Any]) -> None:
    assert console["COMMANDS"] == {
        name: command.right.name.lower()
        for name, (command, _) in REGISTRY.items()
        if command.right is not Right.SEE
    }


def test_they_judge_alike(console: dict[str, Any]) -> None:
    assert console["mays"] == [[may(role, right) for right in LEAST] for role in Role]


def named(pattern: str, *files: str) -> set[str]:
    """What is named like this in these files of the console."""
    texts = (path.read_text() for each in files for path in STATIC.glob(each))
    return {name for text in texts for name in re.findall(pattern, text)}


def test_what_is_pressed_takes_the_right_of_its_command(console: dict[str, Any]) -> None:
    pressed = named(r'data-command="(\w+)"', "index.html")
    assert pressed
    elsewhere = named(r"COMMANDS\.(\w+)", "*.js", "view/*.js")
    keys = named(r"\['[^']+', '[^']+', '(\w+)'\]", "words.js")
    assert keys
    assert pressed | elsewhere | keys <= set(console["COMMANDS"])


def test_a_right_is_named_only_where_no_command_is_sent() -> None:
    assert named(r'data-takes="(\w+)"', "index.html") == {"administer", "oversee"}
    assert named(r"'data-takes': '(\w+)'", "view/*.js") == set()


def test_what_a_role_lacks_is_hidden(console: dict[str, Any]) -> None:
    """By a rule for each right: else what takes it would be offered to all."""
    taken = set(console["COMMANDS"].values()) | {"administer", "oversee"}
    assert named(r'\[data-lacks~="(\w+)"\] \[data-takes="\1"\]', "css/ground.css") == taken
