"""What the files of docs/deploy have to agree with: the product's settings, routes and times."""

import os
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from alphasync.app import build
from alphasync.config import VARIABLES, Settings
from tests.forks import ROOT
from tests.harness import SECRET
from tests.js.node import missing

DEPLOY = ROOT / "docs" / "deploy"
DRAIN = 30.0
"""Seconds from SIGTERM to the end of a server."""
_SECONDS = re.compile(r"(\d+)s")


@cache
def settings() -> dict[str, str]:
    """Names of the settings in the environment, and of their fields."""
    return {name: field for field, names in VARIABLES.items() for name in names}


def read(environment: dict[str, str]) -> Settings:
    """The settings as the server understands them; one that it does not know is an error."""
    return Settings.model_validate({settings()[name]: value for name, value in environment.items()})


@cache
def routes() -> frozenset[str]:
    """Paths that the server answers."""
    server = build(read({"JWT_SECRET": SECRET}), "memory://", "http://127.0.0.1:1")
    return frozenset(resource.canonical for resource in server.clients.web_app.router.resources())


def seconds(duration: str) -> float:
    match = _SECONDS.fullmatch(duration)
    assert match, duration
    return float(match[1])


def assignments(lines: str) -> dict[str, str]:
    """The ``NAME=value`` lines of a file of settings, also those behind a ``#`` without a space."""
    found = re.findall(r"^#?([A-Z_]+)=(.*)$", lines, re.MULTILINE)
    return dict(found)


def program(name: str) -> str:
    """A program that the machine has; else its test is skipped, or fails in CI.

    Also one of the environment that runs the tests, and one that Debian keeps for root.
    """
    own = Path(sys.executable).parent
    path = os.pathsep.join((str(own), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    found = shutil.which(name, path=path)
    if found is None:
        missing(f"{name} is not installed")
    return str(found)
