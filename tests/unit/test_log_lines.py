"""Each line that the log can have: a constant text, of which the page says what to do about it."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTIONS = {"Errors": {"error", "critical"}, "Warnings": {"warning"}}
LEVELS = {name: name for name in ("debug", "info", "warning", "error", "critical")}
LEVELS["exception"] = "error"
NEVER_LOGGED = {"text", "token", "password", "secret", "body", "message", "headers", "email", "key"}
"""Names of fields under which there would be what no line holds."""


def _writes(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and re.search(r"(^|[._])(log|logger)$", ast.unparse(node.func.value)) is not None
    )


def lines_written(source: str) -> Iterator[tuple[ast.Call, str]]:
    """Calls that write a line, and its level."""
    for node in ast.walk(ast.parse(source)):
        if _writes(node):
            assert isinstance(node, ast.Call)
            assert isinstance(node.func, ast.Attribute)
            yield node, LEVELS[node.func.attr]


SOURCES = sorted((ROOT / "alphasync").rglob("*.py"))


@functools.cache
def written() -> list[tuple[Path, ast.Call, str]]:
    """Once it is asked for: each process of a run collects all tests, and carries out some."""
    return [
        (path.relative_to(ROOT), call, level)
        for path in SOURCES
        for call, level in lines_written(path.read_text())
    ]


def explained(section: str) -> set[str]:
    """The texts that the page has in the table of this section."""
    page = (ROOT / "docs" / "operations.md").read_text()
    part = page.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \| [^|]*[^| ][^|]* \| [^|]*[^| ][^|]* \|$", part, re.M))


@pytest.mark.parametrize("section", SECTIONS)
def test_the_page_explains_each_line_and_no_other(section: str) -> None:
    ours = {
        call.args[0].value
        for _, call, level in written()
        if level in SECTIONS[section] and isinstance(call.args[0], ast.Constant)
    }
    assert explained(section) == ours


def test_what_a_line_says_is_a_constant() -> None:
    """One can look for it, and nobody else decides on it."""
    made_up = [
        f"{path}:{call.lineno}"
        for path, call, level in written()
        if level in ("warning", "error", "critical") and not isinstance(call.args[0], ast.Constant)
    ]
    assert not made_up


def test_no_line_has_a_field_for_what_is_nobodys_business() -> None:
    told = [
        f"{path}:{call.lineno} {keyword.arg}"
        for path, call, _ in written()
        for keyword in call.keywords
        if keyword.arg in NEVER_LOGGED
    ]
    assert not told


def test_a_call_is_found_whatever_its_logger_is_called() -> None:
    source = (
        "log.warning('a')\nself._logger.exception('b')\nself.logger.info('c')\nother.error('d')"
    )
    found = [(call.args[0], level) for call, level in lines_written(source)]
    assert [(ast.literal_eval(text), level) for text, level in found] == [
        ("a", "warning"),
        ("b", "error"),
        ("c", "info"),
    ]
