"""Bun and the packages of the peer on it, all of them from npm."""

import subprocess
from pathlib import Path

from benchmarks import node

FOLDER = Path(__file__).parent / "peers" / "bun"
ENGINE = "@socket.io/bun-engine"
BINARIES = "node_modules/@oven/*/bin/bun"
"""npm brings the one for this machine, as a package of its own."""


class NoBun(Exception):
    """There is no Bun for this machine, or it cannot be brought in; the text says which."""


def install() -> Path:
    """Bring it in, if need be; its binary. Raises NoBun."""
    try:
        node.install(FOLDER)
    except node.NoNode as error:
        raise NoBun(str(error)) from error
    return binary()


def binary() -> Path:
    """One that runs here. Raises NoBun."""
    for found in sorted(FOLDER.glob(BINARIES)):
        try:
            subprocess.run([found, "--version"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return found
    raise NoBun("npm has none that runs on this machine")
