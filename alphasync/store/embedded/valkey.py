"""The embedded Valkey: one Valkey process per data directory, shared by all servers on it.

Nobody owns it; three locked files in the data directory say what is true of it:

``valkey.lock``   held while somebody starts or stops it
``valkey.users``  held shared by every open :class:`EmbeddedValkey`
``valkey.alive``  held by the Valkey process itself (see :mod:`alphasync.store.embedded.detach`)

The kernel drops each of them when its holder dies, however it dies. So a killed server leaves a
Valkey that the next server goes on using, a killed Valkey is found dead at once, and neither a
stale socket file nor a reused process id can mislead anyone.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import structlog

from alphasync.data_dir import DataDirUnusable, prepare, trouble, words
from alphasync.store.embedded import continuity
from alphasync.store.embedded.posix_locks import holder
from alphasync.store.embedded.valkey_process import EmbeddedUnavailable, ValkeyProcess, find_binary

__all__ = ["EmbeddedUnavailable", "EmbeddedValkey", "open_embedded"]

START_TIMEOUT = 10.0
"""Seconds that Valkey may take to answer, or another server to finish its start or stop."""

LOAD_TIMEOUT = 60.0
"""Seconds that Valkey may spend reading its append-only file. It says so when asked."""

STOP_TIMEOUT = 10.0
"""Seconds from SHUTDOWN to the end of the process: it writes and syncs its file meanwhile."""

DEAF_TIMEOUT = 2.0
"""Seconds for which nobody listens at the socket of a server that lives until it is told to end:
it was removed, or put in another's place. One that has just been started listens within 50 ms."""

_POLL_INTERVAL = 0.02
"""Seconds between two looks at a lock or at a starting server, which is up after about 50 ms."""


log = structlog.get_logger(__name__)


class EmbeddedValkey:
    """One user's hold on the server of a data directory; made by :func:`open_embedded`."""

    def __init__(self, data_dir: Path) -> None:
        self._dir = data_dir
        self._process = ValkeyProcess(data_dir)
        self._users: int | None = None
        self._alive = -1
        self._pid = 0

    @property
    def url(self) -> str:
        """Address for redis-py: ``unix://`` and the socket's path."""
        return f"unix://{quote(str(self._process.socket))}"

    @property
    def pid(self) -> int:
        """Process id of the server as it was last seen by this user."""
        return self._pid

    async def ensure_running(self) -> bool:
        """Start the server again if nobody can reach it; True if this call started it.

        That is if its process is gone, or its socket, at which nobody new comes in. A server that
        lives but does not answer (stopped, swapping) is left alone. One killed a moment ago may
        still count as alive, until its last thread has gone: ask again. Raises EmbeddedUnavailable.
        """
        return await asyncio.to_thread(self._ensure_running)

    async def close(self) -> None:
        """Give up the hold; the last user shuts the server down and waits for its end.

        A second call does nothing. Raises EmbeddedUnavailable if the data directory is gone.
        """
        await asyncio.to_thread(self._close)

    def _open(self) -> None:
        with self._exclusive():
            self._alive = _open_lock_file(self._dir / "valkey.alive")
            try:
                # Nobody waits here: an exclusive hold on it is only tried under the lock above.
                self._users = _open_lock_file(self._dir / "valkey.users")
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._start_or_join()
            except BaseException:
                os.close(self._alive)
                if self._users is not None:
                    os.close(self._users)
                self._users = None
                raise

    def _ensure_running(self) -> bool:
        with self._exclusive():
            if self._users is None or (self._is_alive() and self._process.listens()):
                return False
            return self._start_or_join()

    def _close(self) -> None:
        gone = not self._dir.is_dir()  # nobody can come to it any more
        with contextlib.nullcontext() if gone else self._exclusive():
            if self._users is None:
                return
            users, self._users = self._users, None
            try:
                if _try_lock(users):
                    self._shut_down()
            finally:
                os.close(users)
                os.close(self._alive)

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Be the only one, of all processes, who starts or stops the server."""
        fd = _open_lock_file(self._dir / "valkey.lock")
        try:
            deadline = time.monotonic() + LOAD_TIMEOUT + START_TIMEOUT
            while not _try_lock(fd):
                if time.monotonic() > deadline:
                    raise EmbeddedUnavailable(
                        "start_timeout",
                        f"another process keeps {self._dir / 'valkey.lock'} locked",
                    )
                time.sleep(_POLL_INTERVAL)
            yield
        finally:
            os.close(fd)

    def _is_alive(self) -> bool:
        try:
            return holder(self._alive) is not None
        except OSError as error:
            raise _no_locks(error) from error

    def _start_or_join(self) -> bool:
        """Return True if the server had to be started; either way it serves commands afterwards."""
        begun = time.monotonic()
        listened = begun
        started = False
        while True:
            info = self._process.info()
            if info.get("loading") == "0":
                self._pid = int(info["process_id"])
                if started:
                    self._go_on()
                return started
            if not self._is_alive():
                if started:
                    raise self._process.failure("start_failed", "Valkey ended while starting")
                self._spawn()
                started = True
            elif started or self._process.listens():
                listened = time.monotonic()
            elif time.monotonic() - listened > DEAF_TIMEOUT:
                self._end()
                listened = time.monotonic()
            waited = time.monotonic() - begun
            if waited > (LOAD_TIMEOUT if info else START_TIMEOUT):
                raise self._process.failure(
                    "start_timeout", f"Valkey is not ready after {waited:.0f} s"
                )
            time.sleep(_POLL_INTERVAL)

    def _go_on(self) -> None:
        try:
            if not continuity.go_on(self._dir, self._process.socket):
                log.warning("not the data that the last server left: devices start anew")
        except continuity.NoMark as error:
            raise self._process.failure("start_failed", f"no mark in the data: {error}") from error

    def _spawn(self) -> None:
        if reason := trouble(self._dir):
            raise EmbeddedUnavailable("data_dir_unusable", reason)
        self._process.spawn(self._alive)

    def _end(self) -> None:
        """Tell a server that cannot be spoken to. It ends in good order, and some time after."""
        if pid := holder(self._alive):  # 0: of another container, which sees to it itself
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _shut_down(self) -> None:
        """End the server if it is up. One that does not react is left to the next user."""
        with contextlib.suppress(continuity.NoMark):  # it does not react, or has just died
            continuity.leave(self._dir, self._process.socket)
        if self._process.listens():
            self._process.shut_down()
        else:
            self._end()
        deadline = time.monotonic() + STOP_TIMEOUT
        while self._is_alive() and time.monotonic() < deadline:
            time.sleep(_POLL_INTERVAL)


async def open_embedded(data_dir: Path) -> EmbeddedValkey:
    """Use the Valkey of a data directory; start it if it is not up.

    The directory is made if need be, and closed to others. Raises EmbeddedUnavailable.
    """
    embedded = await asyncio.to_thread(_prepare, data_dir)
    opening = asyncio.create_task(asyncio.to_thread(embedded._open), name="embedded-open")
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        # The thread cannot be cancelled: what it takes hold of would be held for ever.
        with contextlib.suppress(EmbeddedUnavailable):
            await opening
            await embedded.close()
        raise
    return embedded


def _prepare(data_dir: Path) -> EmbeddedValkey:
    find_binary()
    try:
        return EmbeddedValkey(prepare(data_dir))
    except DataDirUnusable as error:
        raise EmbeddedUnavailable("data_dir_unusable", str(error)) from error


def _open_lock_file(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        place = path if path.exists() else path.parent
        raise EmbeddedUnavailable("data_dir_unusable", words(place, error)) from error


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise _no_locks(error) from error
    return True


def _no_locks(error: OSError) -> EmbeddedUnavailable:
    return EmbeddedUnavailable("data_dir_unusable", f"no file locks here: {error}")
