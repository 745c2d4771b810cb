"""What was measured on, and with which versions."""

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import bun, node
from tests.harness import valkey_binary

PACKAGES = ("python-socketio", "python-engineio", "aiohttp", "uvloop", "redis", "hiredis")


def about(rounds: int, quick: bool) -> dict[str, Any]:
    return {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory": f"{_memory_gib():.0f} GiB",
            "kernel": f"{platform.system()} {platform.release()}",
        },
        "versions": {
            "Python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
            "Valkey": _first_line([str(valkey_binary()), "--version"]).split("v=")[-1].split()[0],
            **_node_versions(),
            **_bun_versions(),
        },
        "rounds": rounds,
        "quick": quick,
        "failed": {},
    }


def _node_versions() -> dict[str, str]:
    try:
        found = {"Node": node.version().removeprefix("v")}
    except node.NoNode:
        return {}
    return found | {f"{name} (npm)": pinned for name, pinned in _packages(node.FOLDER).items()}


def _bun_versions() -> dict[str, str]:
    """The other packages are the same as Node's."""
    try:
        bun.binary()
    except bun.NoBun:
        return {}
    packages = _packages(bun.FOLDER)
    return {"Bun": packages["bun"], f"{bun.ENGINE} (npm)": packages[bun.ENGINE]}


def _packages(folder: Path) -> dict[str, str]:
    """Those that a peer names, and their pinned versions."""
    found: dict[str, str] = json.loads((folder / "package.json").read_text())["dependencies"]
    return found


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _first_line(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
