"""The console's files, read once, as one build: a page and its files are never of two builds."""

import hashlib
import re
import zlib
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

import alphasync
from alphasync.services.builds import Builds
from alphasync.web.joined import INDEX, joined

GUARD = "guard.js"
"""Has the page loaded anew whose files are nowhere; so it has no build in its address."""
WORKER = "worker.js"
"""Keeps the page of its build where there is no network. No page names it."""
CLIENT_BUNDLE = "vendor/socket.io.min.js"
SERVED = frozenset({".css", ".html", ".js", ".svg", ".png", ".ico", ".map", ".webmanifest"})
"""Endings of the files that are given out: the folder holds others in a work tree."""
SKIPPED = "node_modules"
DOCS = "docs"
"""Of the folder: a page of its own, which is no part of the console."""
BUILD_NAME = re.compile(r"[0-9a-f]{16}")
MODULE = re.compile(rb"^(?:import|export) ", re.MULTILINE)
UNPACKED_MAX = 8 * 1024 * 1024
"""Bytes. A console is some hundred KB."""
OTHER_BUILDS_MAX = 4
"""Builds of other servers that are remembered: in a rolling restart there are two."""


def console_folder() -> Path:
    """Where the console is: in the installed package, or beside it in a work tree."""
    package = Path(alphasync.__file__).parent
    installed = package / "_static"
    return installed if installed.is_dir() else package.parent / "static"


def is_module(name: str, text: bytes) -> bool:
    """Whether a file is a module of the console, and no script of before modules."""
    return name.endswith(".js") and not name.startswith("vendor/") and bool(MODULE.search(text))


def files_of(folder: Path, endings: Collection[str] = SERVED) -> dict[str, bytes]:
    """What of a folder is given out, by path."""
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.suffix in endings and path.is_file()
    }
    return {
        name: path.read_bytes()
        for name, path in found.items()
        if SKIPPED not in path.parts and path.resolve().is_relative_to(folder.resolve())
    }


@dataclass(frozen=True)
class Build:
    name: str
    """A digest of the files, their names included."""
    files: Mapping[str, bytes]

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> "Build":
        digest = hashlib.sha256()
        for name in sorted(files):
            for part in (name.encode(), files[name]):
                digest.update(len(part).to_bytes(8, "big") + part)
        return cls(digest.hexdigest()[:16], files)

    @classmethod
    def read(cls, folder: Path) -> "Build":
        """What of a folder is the console. A folder that is not there is an empty build."""
        files = files_of(folder)
        return cls.of(
            joined({name: text for name, text in files.items() if not name.startswith(f"{DOCS}/")})
        )

    @classmethod
    def unpack(cls, name: str, packed: bytes) -> "Build | None":
        """The build of this name; None when these bytes are not it."""
        unpacker = zlib.decompressobj()
        try:
            raw = unpacker.decompress(packed, UNPACKED_MAX)
            build = cls.of(msgspec.msgpack.decode(raw, type=dict[str, bytes]))
        except (zlib.error, msgspec.DecodeError):
            return None
        return build if build.name == name else None

    def served(self, name: str) -> bytes | None:
        """What is at the address of a file; None where it has none."""
        return self.page if name == INDEX else self.files.get(name)

    def pack(self) -> bytes:
        return zlib.compress(msgspec.msgpack.encode(dict(self.files)))

    @cached_property
    def page(self) -> bytes | None:
        """The page, with the addresses of its own files; None when there is none."""
        text = self.files.get(INDEX)
        if text is None:
            return None
        own = f'"/static/{self.name}/'.encode()
        page = text.replace(b'"/static/', own).replace(
            b'"/socket.io/socket.io.js"', own + CLIENT_BUNDLE.encode() + b'"'
        )
        page = page.replace(own + GUARD.encode(), b'"/static/' + GUARD.encode())
        return page.replace(b"</head>", self._preloads() + b"</head>", 1)

    def _preloads(self) -> bytes:
        """All modules at once, of a build whose server does not join them: else a browser learns of
        each from the one that imports it, level by level, and waits for the network at each."""
        link = '<link rel="modulepreload" href="/static/{}/{}">\n'
        modules = sorted(name for name, text in self.files.items() if is_module(name, text))
        return "".join(link.format(self.name, name) for name in modules).encode()


class Console:
    """This server's build, and those of others as long as they are asked for."""

    def __init__(self, build: Build, builds: Builds) -> None:
        self.build = build
        self._builds = builds
        self._others: OrderedDict[str, Build] = OrderedDict()

    async def file(self, build_name: str, name: str) -> bytes | None:
        """A file of a build, whoever has it; None when it is nowhere."""
        build = await self._find(build_name)
        return None if build is None else build.served(name)

    async def _find(self, name: str) -> Build | None:
        if name == self.build.name:
            return self.build
        if name not in self._others:
            if BUILD_NAME.fullmatch(name) is None:
                return None
            packed = await self._builds.find(name)
            build = None if packed is None else Build.unpack(name, packed)
            if build is None:
                return None
            self._others[name] = build
            if len(self._others) > OTHER_BUILDS_MAX:
                self._others.popitem(last=False)
        return self._others[name]
