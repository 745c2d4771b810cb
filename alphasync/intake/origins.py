"""Origins of web pages: of the setting, of a request's ``Origin``, and a server's own by ``Host``.

Written as browsers write them (https://html.spec.whatwg.org/multipage/browsers.html, "ASCII
serialization of an origin"): scheme and host in small letters, IDNA, no default port.
"""

import ipaddress
import re

import idna

DEFAULT_PORTS = {"http": 80, "https": 443}
NEVER = frozenset({"about", "blob", "data", "file", "ftp", "javascript", "ws", "wss"})
"""Schemes of which browsers send ``null``, or that are no page's."""
_ORIGIN = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]+)(?::([0-9]{0,5}))?")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_~-]{1,63}(\.[a-z0-9_~-]{1,63})*")
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")
"""A host whose last part is a number is an address, or nothing."""
_LAST_DOT = re.compile(r"\.(?=(?::[0-9]+)?$)")


class NoOrigin(ValueError):
    """What is none, or none that a browser sends; the text says why."""


def normalised(text: str) -> str:
    """An origin as a browser writes it, without a dot at the end of the host. Raises NoOrigin."""
    if text.lower() == "null":
        raise NoOrigin("null is sent by pages of everybody")
    if "*" in text:
        raise NoOrigin("there are no wildcards: name each origin")
    match = _ORIGIN.fullmatch(text)
    if match is None:
        raise NoOrigin("expected scheme://host or scheme://host:port, and no more")
    scheme, authority = match[1].lower(), match[2]
    if scheme in NEVER:
        raise NoOrigin(f"browsers send no origin that begins with {scheme}:")
    if "@" in authority:
        raise NoOrigin("an origin has no user")
    return f"{scheme}://{_host(authority, scheme)}"


def host_and_port(authority: str, *, opaque: bool = False) -> tuple[str, int | None]:
    """A host as a browser writes it, and its port where one is said. Raises NoOrigin.

    ``opaque``: of a scheme whose hosts are no names of the web.
    """
    match = _HOST.fullmatch(authority)
    if match is None:
        raise NoOrigin("expected a host, with a port at most")
    host, digits = match[1], match[2]
    if host.startswith("["):
        try:
            host = f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        except ValueError:
            raise NoOrigin("this is no IPv6 address") from None
    else:
        host = _name(host, opaque=opaque)
    if not digits:
        return host, None
    port = int(digits)
    if port > 65535:
        raise NoOrigin("this is no port")
    return host, port


def _host(authority: str, scheme: str) -> str:
    """Host and port, without the scheme's own. Raises NoOrigin."""
    host, port = host_and_port(authority, opaque=scheme not in DEFAULT_PORTS)
    return host if port in (None, DEFAULT_PORTS.get(scheme)) else f"{host}:{port}"


def _name(host: str, *, opaque: bool) -> str:
    host = host.removesuffix(".")
    if host.isascii() and host.lower().replace("_", "").replace(".", "").isalnum():
        name = host.lower()  # underscores are no part of IDNA, but of some names in networks
    elif opaque:
        name = host.lower()
    else:
        try:
            name = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            raise NoOrigin("this is no host") from None
    if not _NAME.fullmatch(name):
        raise NoOrigin("this is no host")
    if not opaque and _NUMERIC.fullmatch(name):
        try:
            name = str(ipaddress.IPv4Address(name))
        except ValueError:
            raise NoOrigin("this is no IPv4 address") from None
    return name


class OriginRule:
    """Which ``Origin`` may talk to a server: its own, and those that are named.

    ``allowed``: as ``normalised`` gives them.
    """

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed

    def __call__(self, origin: str | None, host: str) -> bool:
        """``origin``, ``host``: the request's headers, the first None where there is none.

        The host may have a port that its scheme implies.
        """
        if origin is None:
            return False
        try:
            asked = normalised(origin)
        except NoOrigin:
            return False
        if _LAST_DOT.sub("", origin) != asked:
            return False  # as no browser writes it
        return asked in self._allowed or (bool(host) and asked in _own(host))


def _own(host: str) -> set[str]:
    """Whether TLS ended before us is not known: both schemes."""
    try:
        return {normalised(f"{scheme}://{host}") for scheme in DEFAULT_PORTS}
    except NoOrigin:
        return set()
