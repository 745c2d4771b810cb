"""Ports of servers that are started again at the same one."""

import os
import random
import socket

FIRST, LAST = 20_000, 30_000
"""Below those that the kernel gives to outgoing connections: nobody takes one while its server is
restarted."""
PARTS = 16
"""Each of the processes that the suite runs in has a part of them to itself."""

_given: set[int] = set()
"""Those of servers that may not have been started yet."""


def free_port() -> int:
    """A port at which nobody listens, and which nobody else of the tests is given."""
    size = (LAST - FIRST) // PARTS
    begin = FIRST + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % PARTS * size
    while True:
        port = random.randrange(begin, begin + size)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
