"""The data directory: of its owner alone, and with room to write to.

The key that signs tokens and the blocklist lie in it: whoever may write there could put their own
in their place, and whoever may read there could sign tokens.
"""

import contextlib
import errno
import os
import stat
import tempfile
from fnmatch import fnmatch
from pathlib import Path

import structlog

TRIAL = 65_536
"""Bytes that there must be room for: a full disk often takes a few more."""
KEY = "jwt-secret"
"""It may be there to be read only."""
PRIVATE = (KEY, "valkey.*", "appendonlydir", "appendonlydir/*")
"""What is nobody else's to read."""
MADE_HERE = (f"{KEY}*", "valkey.*", "appendonlydir", "alphasync-metrics-*", "temp-*")
"""All that a server leaves in the directory."""
ROOT = 0
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS = stat.S_IRWXG | stat.S_IRWXO
ELSEWHERE = "or name another directory (--data-dir)"

log = structlog.get_logger(__name__)


class DataDirUnusable(Exception):
    """The text is one line that says what is wrong, and what to do."""


def prepare(path: Path) -> Path:
    """Make the directory if need be, keep others out, and see that it can be written to.

    Returns its real path. Raises DataDirUnusable.
    """
    try:
        _make(path)
        folder = path.resolve(strict=True)
        _keep_others_out(path, folder)
        _write_something(folder)
        for entry in (entry for pattern in PRIVATE for entry in folder.glob(pattern)):
            _keep_private(entry)
    except OSError as error:
        raise DataDirUnusable(words(path, error)) from error
    return folder


def trouble(folder: Path) -> str | None:
    """Why nothing can be written there now, and what to do; None where it can be."""
    try:
        _write_something(folder)
    except OSError as error:
        return words(folder, error)
    return None


def words(path: Path, error: OSError) -> str:
    """What an error means that the directory, or something in it, has given."""
    match error.errno:
        case errno.ENOSPC:
            return f"no space is left for {path}: make room on its disk"
        case errno.EDQUOT:
            return f"the disk quota for {path} is used up: make room, or have it raised"
        case errno.EFBIG:
            return f"the files in {path} may not get larger: raise `ulimit -f`"
        case errno.EROFS:
            return f"{path} is on a file system that is read-only: remount it, {ELSEWHERE}"
        case errno.EACCES | errno.EPERM:
            user = f"this user ({os.geteuid()})"
            return f"{user} may not read and write {path}: `chown -R` it to them, {ELSEWHERE}"
        case errno.ENOENT:
            return f"{path} is gone: end all servers on it and start again"
        case errno.ENOTDIR | errno.EEXIST:
            return f"{path} is no directory, and cannot be made one: {ELSEWHERE[3:]}"
    return f"{path}: {error.strerror or error}"


def _make(path: Path) -> None:
    """With those above it that are missing; none of them for others, whatever the umask."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def _keep_others_out(path: Path, folder: Path) -> None:
    """Close the directory to others. Raises DataDirUnusable where they may have been there."""
    for place in (path, folder):  # who has made a link may lead it elsewhere tomorrow
        owner = place.lstat().st_uid
        if owner not in (os.geteuid(), ROOT):
            raise DataDirUnusable(
                f"{place} belongs to another user ({owner}), who could change what is in it: "
                f"`chown` it, {ELSEWHERE}"
            )
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    if not mode & OTHERS_WRITE:
        return
    shared = found.st_uid != os.geteuid() or mode & stat.S_ISVTX
    if shared or not all(map(_is_own, folder.iterdir())):
        raise DataDirUnusable(
            f"others can write to {folder} (mode {mode:04o}), and so change what is kept there: "
            f"`chmod go-w` it when you know all that is in it, {ELSEWHERE}, such as one in it"
        )
    folder.chmod(mode & ~OTHERS_WRITE)
    log.warning("others could write to the data directory: closed to them", path=str(folder))


def _is_own(entry: Path) -> bool:
    """Whether this user has made it, and as a server does; a link could be to anything."""
    named = any(fnmatch(entry.name, pattern) for pattern in MADE_HERE)
    found = entry.lstat()
    return named and found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode)


def _keep_private(entry: Path) -> None:
    """Raises DataDirUnusable for what another user has left, such as root at the first try."""
    try:
        found = entry.lstat()
    except FileNotFoundError:  # Valkey removes what it has written anew
        return
    if found.st_uid == os.geteuid() and found.st_mode & OTHERS and not stat.S_ISLNK(found.st_mode):
        with contextlib.suppress(FileNotFoundError):
            entry.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
    needed = os.R_OK if entry.name == KEY else os.R_OK | os.W_OK
    if not os.access(entry, needed) and entry.exists():
        raise DataDirUnusable(words(entry, PermissionError(errno.EACCES, "")))


def _write_something(folder: Path) -> None:
    """Raises OSError. Nothing stays, and on Linux nothing can be seen of it meanwhile."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(TRIAL))
