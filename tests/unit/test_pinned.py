"""What is pinned in two places is the same in both."""

import json
from typing import Any

from benchmarks import bun, node
from tests.js.node import HERE, STATIC

NO_CLIENT = {"node_modules/swagger-ui-dist", "node_modules/@scarf/scarf", "node_modules/uplot"}
"""What the page at /docs and the console's charts are shown with."""


def packages(lock: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lock)["packages"]
    del found[""]
    return found


def test_the_tests_take_the_client_that_the_console_has() -> None:
    console = packages((STATIC / "package-lock.json").read_text())
    tests = packages((HERE / "package-lock.json").read_text())
    client = {name: package for name, package in console.items() if name not in NO_CLIENT}
    assert client.items() <= tests.items()


def test_no_lock_says_where_to_download_from() -> None:
    for folder in (HERE, STATIC, node.FOLDER, bun.FOLDER):
        lock = packages((folder / "package-lock.json").read_text())
        assert not any("resolved" in package for package in lock.values())


def test_the_peer_on_bun_is_on_the_packages_of_the_one_on_node() -> None:
    on_node, on_bun = (
        json.loads((folder / "package.json").read_text())["dependencies"]
        for folder in (node.FOLDER, bun.FOLDER)
    )
    assert on_bun == {**on_node, "bun": on_bun["bun"], bun.ENGINE: on_bun[bun.ENGINE]}
