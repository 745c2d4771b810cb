"""The versions of Python on this machine, each with alphasync in an environment of its own."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
PYENV = ".pyenv/versions"
"""In the home folder: where pyenv keeps them, each in a folder that begins with its version."""


class NoPython(Exception):
    """There is none of a version, or alphasync cannot be installed for it; the text says why."""


def installed(version: str) -> Path:
    """One of such a version that has what alphasync needs: the one that runs this, or of an
    environment that ``make`` makes as it does for tests. Raises NoPython."""
    if version == "{}.{}".format(*sys.version_info):
        return Path(sys.executable)
    environment = f".venv-{version}"
    words = ["make", f"{environment}/.run", f"VENV={environment}", f"PYTHON={_find(version)}"]
    done = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise NoPython(f"{' '.join(words)}: {done.stderr.strip()[-500:]}")
    return ROOT / environment / "bin/python"


def full_version(python: Path | str) -> str:
    """Such as ``3.13.0``; '' for one that does not work, as a version manager's shim may not."""
    words = [python, "--version"]
    try:
        told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return told.removeprefix("Python ").strip()


def _find(version: str) -> str:
    for candidate in _candidates(version):
        if re.match(rf"{re.escape(version)}\.\d", full_version(candidate)):
            return candidate
    raise NoPython("this machine has none")


def _candidates(version: str) -> Iterator[str]:
    if found := shutil.which(f"python{version}"):
        yield found
    yield from map(str, sorted((Path.home() / PYENV).glob(f"{version}.*/bin/python")))
