"""The listening sockets: a queue of connections for each worker, which outlives it."""

import contextlib
import errno
import socket
import sys
from collections.abc import Iterator

from alphasync.app import BACKLOG

BALANCED = sys.platform == "linux"
"""Whether the kernel spreads a port's connections over its sockets. Elsewhere it gives them all to
the last one, so there all workers take from one."""
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""One address of a name that this machine does not have, such as ``::1`` without IPv6."""

Address = tuple[socket.AddressFamily, str]


@contextlib.contextmanager
def listening(host: str, port: int, slots: int) -> Iterator[tuple[int, list[list[socket.socket]]]]:
    """The port, and for each slot its sockets: one per address of the host.

    Port 0 finds one that is free. Raises OSError when the port is taken.
    """
    port, addresses = _free(host, port)
    with contextlib.ExitStack() as stack:

        def opened() -> list[socket.socket]:
            return [
                stack.enter_context(_listen(address, port, share=BALANCED)) for address in addresses
            ]

        if BALANCED:
            yield port, [opened() for _ in range(slots)]
        else:
            yield port, [opened()] * slots


def _free(host: str, port: int) -> tuple[int, list[Address]]:
    """The port, or one for 0, and the addresses at which nobody else has it.

    Looked for without sharing: with it, a second server on the port would not be noticed.
    """
    found: list[Address] = []
    refusal = OSError(errno.EADDRNOTAVAIL, "no address to listen on")
    with contextlib.ExitStack() as stack:
        for family, _, _, _, sockaddr in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            address = (family, str(sockaddr[0]))
            if address in found:
                continue
            try:
                probe = stack.enter_context(_listen(address, port, share=False))
            except OSError as error:
                if error.errno not in NOT_HERE:
                    raise
                refusal = error
                continue
            port = port or int(probe.getsockname()[1])
            found.append(address)
    if not found:
        raise refusal
    return port, found


def _listen(address: Address, port: int, *, share: bool) -> socket.socket:
    family, host = address
    return socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=share)
