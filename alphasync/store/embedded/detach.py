"""A program, not a library: goes into the background, locks a descriptor, becomes the server.

Arguments: an inherited descriptor, the log file, the command with its own arguments. The lock is a
POSIX one because such a lock outlives exec, but not fork: a server that is killed while a fork of
it rewrites the append-only file counts as dead at once, however long the fork goes on. Whoever
started this knows that the lock is taken when its end of standard output and error is closed.
"""

import fcntl
import os
import sys


def main(alive: int, log: str, command: list[str]) -> None:
    # The parent ends here, so the server is nobody's child, and nobody has to reap it.
    if os.fork() > 0:
        return
    fcntl.lockf(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.umask(0o077)  # the server's files are for its owner only
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
