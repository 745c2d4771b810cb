"""The listening sockets: of all addresses of a host, and of both families where none is named."""

import contextlib
import errno
import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import Any

BACKLOG = 1024
"""Connections that wait to be taken, at most; the kernel may allow fewer."""
ACCEPTED_AT_ONCE_MAX = 128
"""Connections taken in one turn of the loop: each takes a file before it can be refused."""
BALANCED = sys.platform == "linux"
"""Whether the kernel spreads a port's connections over its sockets. Elsewhere it gives them all to
the last one, so there all workers take from one."""
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL)
"""One address of a name that this machine does not have, such as ``::1`` without IPv6."""
TRIES = 10
"""Ports that are tried until one is free in both families."""

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""A family and the socket address, in which only the port may still be 0."""


class NoSuchHost(OSError):
    """This machine has no such address to listen on."""


def everywhere(host: str) -> bool:
    """Whether all addresses of the machine are meant, of both families: ``::`` or none.

    ``0.0.0.0`` means those of IPv4.
    """
    try:
        return not host or ipaddress.ip_address(host) == ipaddress.IPv6Address("::")
    except ValueError:
        return False


def unspecified(host: str) -> bool:
    """Whether all addresses of the machine are meant, of one family or both."""
    try:
        return ipaddress.ip_address(_bare(host)).is_unspecified
    except ValueError:
        return False


@contextlib.contextmanager
def listening(host: str, port: int, slots: int) -> Iterator[tuple[int, list[list[socket.socket]]]]:
    """The port, and for each slot its sockets: one per address of the host.

    Port 0 finds one that is free. Raises NoSuchHost, and another OSError when the port is taken.
    """
    port, addresses = _free(_bare(host), port)
    with contextlib.ExitStack() as stack:

        def opened() -> list[socket.socket]:
            return [
                stack.enter_context(_listen(address, port, share=BALANCED)) for address in addresses
            ]

        if BALANCED:
            yield port, [opened() for _ in range(slots)]
        else:
            yield port, [opened()] * slots


def open_sockets(host: str, port: int) -> list[socket.socket]:
    """One socket per address of the host, all of one port; of whoever asks. Raises as above."""
    port, addresses = _free(_bare(host), port)
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(_listen(each, port, share=False)) for each in addresses]
        stack.pop_all()
    return found


def _bare(host: str) -> str:
    """Without the brackets that an IPv6 address has in a URL."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _free(host: str, port: int) -> tuple[int, list[Address]]:
    """The port, or one for 0, and the addresses at which nobody else has it.

    Looked for without sharing: with it, a second server on the port would not be noticed.
    """
    for last in range(TRIES - 1, -1, -1):
        try:
            return _probed(_addresses(host), port)
        except OSError as error:
            # A port that is free in one family may be taken in the other.
            if port or not last or error.errno != errno.EADDRINUSE:
                raise
    raise AssertionError("unreachable")


def _addresses(host: str) -> list[Address]:
    """Raises NoSuchHost."""
    try:
        found = socket.getaddrinfo(
            None if everywhere(host) else host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no host's name"
        raise NoSuchHost(errno.EADDRNOTAVAIL, why) from error
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _probed(addresses: list[Address], port: int) -> tuple[int, list[Address]]:
    found: list[Address] = []
    refusal: OSError = OSError(errno.EADDRNOTAVAIL, "no address to listen on")
    with contextlib.ExitStack() as stack:
        for address in addresses:
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
        raise NoSuchHost(refusal.errno, refusal.strerror) from refusal
    return port, found


def _listen(address: Address, port: int, *, share: bool) -> socket.socket:
    family, (host, _, *more) = address
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # The sockets of IPv4 are others, and its clients' addresses look like such.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port, *more))
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    return made
