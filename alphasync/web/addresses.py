"""The address of the client behind a request."""

import ipaddress
from collections.abc import Sequence

from aiohttp import hdrs, web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddress:
    """The connection's own address, or what a trusted proxy says of it in ``X-Forwarded-For``.

    The header is read from its end, which the nearest proxy wrote; what stands before the first
    address that is no trusted proxy was written by the client, who may write anything.
    """

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)

    def __call__(self, request: web.Request) -> str:
        address = request.remote or ""
        if not self._trusts(address):
            return address
        said = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, []))
        for part in reversed(said.split(",")):
            try:
                address = str(ipaddress.ip_address(part.strip()))
            except ValueError:
                break  # nothing that a proxy of ours writes
            if not self._trusts(address):
                break
        return address

    def _trusts(self, address: str) -> bool:
        if not self._trusted:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._trusted)
