"""Who has a file locked, for POSIX locks: they belong to a process and name it."""

import fcntl
import os
import struct
import sys

# The layout of C's struct flock on 64-bit systems.
if sys.platform == "darwin":
    _LAYOUT = "qqihh"  # start, length, process id, kind, whence
    _REQUEST = (0, 0, 0, fcntl.F_WRLCK, os.SEEK_SET)
    _PROCESS, _KIND = 2, 3
else:
    _LAYOUT = "hhqqi4x"  # kind, whence, start, length, process id
    _REQUEST = (fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    _PROCESS, _KIND = 4, 0


def holder(fd: int) -> int | None:
    """Process id of who has a lock on the file, 0 if it cannot be seen from this container.

    None where nobody has, or this process itself. Raises OSError where there are no locks.
    """
    answer = fcntl.fcntl(fd, fcntl.F_GETLK, struct.pack(_LAYOUT, *_REQUEST))
    fields = struct.unpack(_LAYOUT, answer)
    return None if fields[_KIND] == fcntl.F_UNLCK else int(fields[_PROCESS])
