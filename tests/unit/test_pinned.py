"""What is pinned in two places is the same in both."""

import json
from typing import Any

from tests.js.node import HERE, STATIC

OF_DOCS = {"node_modules/swagger-ui-dist", "node_modules/@scarf/scarf"}
"""What the page at /docs is shown with: no part of the client."""


def packages(lock: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lock)["packages"]
    del found[""]
    return found


def test_the_tests_take_the_client_that_the_console_has() -> None:
    console = packages((STATIC / "package-lock.json").read_text())
    tests = packages((HERE / "package-lock.json").read_text())
    client = {name: package for name, package in console.items() if name not in OF_DOCS}
    assert client.items() <= tests.items()


def test_no_lock_says_where_to_download_from() -> None:
    for folder in (HERE, STATIC):
        lock = packages((folder / "package-lock.json").read_text())
        assert not any("resolved" in package for package in lock.values())
