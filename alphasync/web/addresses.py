"""The address of the client behind a request."""

import ipaddress
import re
from collections.abc import Sequence

from aiohttp import hdrs, web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PART = re.compile(
    r"""(?P<quote>"?)(?:\[(?P<six>[0-9A-Fa-f:.]+(?:%[\w.-]+)?)\](?::[0-9]{1,5})?"""
    r"""|(?P<four>[0-9.]+)(?::[0-9]{1,5})?"""
    r"""|(?P<bare>[0-9A-Fa-f:.]+(?:%[\w.-]+)?))(?P=quote)"""
)
"""``192.0.2.1``, ``192.0.2.1:80``, ``2001:db8::1``, ``[2001:db8::1]``, ``"[2001:db8::1]:80"``."""


class ClientAddress:
    """The connection's own address, or what a trusted proxy says of it in ``X-Forwarded-For``.

    The header is read from its end, which the nearest proxy wrote; what stands before the first
    address that is no trusted proxy was written by the client, who may write anything.
    """

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def __call__(self, request: web.BaseRequest) -> str:
        address = request.remote or ""
        if not self._trusts(address):
            return address
        said = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, []))
        for part in reversed(said.split(",")):
            found = parsed(part)
            if found is None:
                break  # nothing that a proxy of ours writes
            address = str(found)
            if not self._trusts(address):
                break
        return address

    def _trusts(self, address: str) -> bool:
        if not self._trusted:
            return False
        found = parsed(address)
        return found is not None and any(found in network for network in self._trusted)


def parsed(text: str) -> Address | None:
    """The address in one part of ``X-Forwarded-For``, where a port, quotes and brackets may stand
    around it; None for what is none. One of IPv4 that is written as IPv6 is one of IPv4."""
    match = _PART.fullmatch(text.strip())
    if match is None:
        return None
    try:
        found = ipaddress.ip_address(match["six"] or match["four"] or match["bare"])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv4Address):
        return found
    return found.ipv4_mapped or ipaddress.IPv6Address(int(found))  # without a zone
