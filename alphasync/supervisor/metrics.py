"""The folder in which the workers of one supervisor count."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "alphasync-metrics-"


@contextlib.contextmanager
def metrics_folder(data_dir: Path) -> Iterator[Path]:
    """A folder of our own, gone at the end: in the data directory where there is one, since the
    system tidies its temporary directory up under those who run for weeks. Raises OSError."""
    beside = data_dir if data_dir.is_dir() and os.access(data_dir, os.W_OK) else None
    if beside is not None:
        _tidy_up(beside)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=beside)).resolve()
    ours = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(ours, fcntl.LOCK_EX | fcntl.LOCK_NB)  # while we live
        yield folder
    finally:
        os.close(ours)
        shutil.rmtree(folder, ignore_errors=True)


def _tidy_up(data_dir: Path) -> None:
    """Remove the folders of supervisors that were killed together with their workers."""
    for folder in data_dir.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(found)
