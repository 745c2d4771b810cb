"""docs/security.md: each claim names a test that is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
CLAIMS = TEXT.partition("## What holds\n")[2].partition("### What it is built from")[0]
ELSEWHERE = ("[settings.md]", "[protocol.md]", "[deploy]", "addresses that it passes on")
"""Of a claim without a test: where it leads, or that it is about what is not done at all."""


def names_in(path: str) -> set[str]:
    if not (ROOT / path).is_file():
        return set()
    tree = ast.parse((ROOT / path).read_text())
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_each_test_that_it_names_is_there() -> None:
    named = NAMED.findall(TEXT)
    assert len(named) > 40
    assert not [f"{path}::{name}" for path, name in named if name not in names_in(path)]


def test_each_claim_names_one() -> None:
    claims = re.split(r"^- ", CLAIMS, flags=re.MULTILINE)[1:]
    assert len(claims) > 25
    assert not [
        claim
        for claim in claims
        if not NAMED.search(claim) and not any(where in claim for where in ELSEWHERE)
    ]
