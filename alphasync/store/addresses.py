"""What a ``REDIS_URL`` says, for the kinds of Redis that are several servers."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

TLS_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")
"""As redis-py calls them, for ``rediss+…``."""
_HOST = re.compile(r"^(\[[0-9A-Fa-f:.%]+\]|[^\[\]:@/?#\s]+):([0-9]{1,5})$")
_PASSWORD = re.compile(r"([?&][^=&]*password=)[^&]*", re.IGNORECASE)


class UnsupportedUrl(ValueError):
    """``REDIS_URL`` names something that this server cannot talk to; the text is one line."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """``scheme://[[user]:password@]host:port[,host:port…][/path][?name=value&…]``, taken apart."""

    scheme: str
    hosts: tuple[tuple[str, int], ...]
    username: str | None
    password: str | None
    path: tuple[str, ...]
    options: dict[str, str]
    """Those of TLS are kept apart, below."""
    tls: dict[str, Any] | None
    """Arguments for redis-py's SSLConnection; None without TLS."""

    def arguments(self) -> dict[str, Any]:
        """Who connects and how, for redis-py's connections."""
        return {"username": self.username, "password": self.password, **(self.tls or {})}


def parse(url: str, options: tuple[str, ...] = ()) -> Addresses:
    """Take ``url`` apart; ``options`` are the names that may stand behind its question mark.

    By hand: ``urlsplit`` knows one host only. Raises UnsupportedUrl for whatever is not known.
    """
    scheme, _, rest = url.partition("://")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    userinfo, at, hosts = authority.rpartition("@")
    username, _, password = userinfo.partition(":")
    if at and not password:
        raise UnsupportedUrl(f"a password is missing before the @ in {redacted(url)!r}")
    secure = scheme.startswith("rediss")
    given = _options(query, url, options + (TLS_OPTIONS if secure else ()))
    return Addresses(
        scheme=scheme,
        hosts=tuple(_host(host, url) for host in hosts.split(",")),
        username=unquote(username) or None,
        password=unquote(password) or None,
        path=tuple(unquote(part) for part in path.split("/") if part),
        options={name: value for name, value in given.items() if name not in TLS_OPTIONS},
        tls=_tls(given) if secure else None,
    )


def redacted(url: str) -> str:
    """``url`` without its passwords, for people to read."""
    head, mark, query = url.partition("?")
    scheme, separator, rest = head.partition("://")
    userinfo, at, host = rest.rpartition("@")
    if at and ":" in userinfo:
        head = f"{scheme}{separator}***@{host}"
    return head + _PASSWORD.sub(r"\1***", mark + query)


def _host(text: str, url: str) -> tuple[str, int]:
    match = _HOST.match(text)
    if match is None or not 0 < int(match[2]) < 65536:
        raise UnsupportedUrl(f"expected host:port, got {text!r} in {redacted(url)!r}")
    return match[1].strip("[]"), int(match[2])


def _options(query: str, url: str, known: tuple[str, ...]) -> dict[str, str]:
    if not query:
        return {}
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise UnsupportedUrl(f"expected name=value behind the ? in {redacted(url)!r}") from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known or name in found or not value:
            can = f"; known are {', '.join(known)}" if known else ""
            raise UnsupportedUrl(f"the option {name!r} is unknown, empty or given twice{can}")
        found[name] = value
    return found


def _tls(options: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {n: v for n, v in options.items() if n in TLS_OPTIONS}
    if found.get("ssl_cert_reqs", "required") not in ("none", "optional", "required"):
        raise UnsupportedUrl("ssl_cert_reqs: expected none, optional or required")
    check = found.get("ssl_check_hostname", "true")
    if check not in ("true", "false"):
        raise UnsupportedUrl("ssl_check_hostname: expected true or false")
    if "ssl_check_hostname" in found:
        found["ssl_check_hostname"] = check == "true"
    return found
