"""Asking addresses that clients have named, and so never within our network."""

from collections.abc import Collection
from functools import partial
from urllib.parse import urlsplit

import aiohttp

from alphasync.gateway import addresses
from alphasync.gateway.addresses import Resolver, host_of, is_address, is_odd_address


def objection(url: str, *, private: bool, ports: Collection[int] = ()) -> str | None:
    """Why nothing is sent there, as far as the address says. ``private``: whether it may be a
    private one, and without TLS; ``ports``: the only ones, if there are such."""
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        return "it is no address"  # what is dropped of it here may be taken for a part of it there
    try:
        parts = urlsplit(url)
        host, port = host_of(url), parts.port
    except ValueError:
        return "it is no address"
    if "@" in parts.netloc or parts.fragment or not host:
        return "it has no host, or more than an address has"
    if private:
        return None if parts.scheme in ("http", "https") else "it is no address of HTTP"
    if parts.scheme != "https":
        return "it is not https"
    if ports and port is not None and port not in ports:
        return "it is of another port"
    if is_odd_address(host):
        return "it is an address in an odd form"
    if is_address(host):
        return "it names no host" if addresses.objection(host, private=False) else None
    return "it is a name of a private network" if addresses.is_private_name(host) else None


def open_session(*, private: bool, most: int, timeout: float) -> aiohttp.ClientSession:
    """What asks there, with so many connections at most, and so many seconds for each request. The
    last look at where a name leads is taken as the connection is made."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=most,
            resolver=Resolver(private=private, own_names=False),
            socket_factory=partial(addresses.open_socket, private=private),
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout),
        auto_decompress=False,
        headers={"User-Agent": "alphasync"},
    )
