"""What a ``REDIS_URL`` says, and what of it may be shown."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

TLS_OPTIONS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")
"""As redis-py calls them, for ``rediss+…``."""
_HOST = re.compile(r"^(\[[0-9A-Fa-f:.%]+\]|[^\[\]:@/?#\s]+):([0-9]{1,5})$")
LOOPBACK = ("", "localhost", "::1")
HIDDEN = "***"
SHOWN = frozenset({"db", "sentinel_username", *TLS_OPTIONS})
"""Options whose values are no secret."""
ENCODE = (
    "In a user or password, characters with a meaning in addresses are percent-encoded: "
    "%40 for @, %2F for /, %3F for ?, %23 for #, %25 for %"
)
_SCHEME = re.compile(r"rediss?(\+\w{1,10})?|unix|memory|https?|tcp")
_AT = r"(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?"
_PLACE = re.compile(rf"(?:{_AT}(?:,{_AT})*,?)?(?:/[A-Za-z0-9._-]*){{0,2}}")
_PATH = re.compile(r"/[^@:?#]*")
_NAME = re.compile(r"[a-z_]{1,40}")
_VALUE = re.compile(r"[A-Za-z0-9._/ -]*")
_ONE = re.compile(
    rf"rediss?://(?:(?P<userinfo>[^/?#\s]*)@)?(?:{_AT}|:[0-9]{{1,5}})?(?:/[0-9]*)?(?:\?[^#\s]*)?"
)


class UnsupportedUrl(ValueError):
    """``REDIS_URL`` names something that this server cannot talk to; the text is one line."""


@dataclass(frozen=True, slots=True)
class RedisUrl:
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


def parse(url: str, options: tuple[str, ...] = ()) -> RedisUrl:
    """Take ``url`` apart; ``options`` are the names that may stand behind its question mark.

    By hand: ``urlsplit`` knows one host only. Raises UnsupportedUrl for whatever is not known.
    """
    scheme, _, rest = url.partition("://")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    userinfo, at, hosts = authority.rpartition("@")
    username, _, password = userinfo.partition(":")
    if at and not password:
        raise UnsupportedUrl(f"a password is missing before the @ in {redacted(url)!r}. {ENCODE}")
    secure = scheme.startswith("rediss")
    given = _options(query, url, options + (TLS_OPTIONS if secure else ()))
    return RedisUrl(
        scheme=scheme,
        hosts=tuple(_host(host, url) for host in hosts.split(",")),
        username=unquote(username) or None,
        password=unquote(password) or None,
        path=tuple(unquote(part) for part in path.split("/") if part),
        options={name: value for name, value in given.items() if name not in TLS_OPTIONS},
        tls=_tls(given) if secure else None,
    )


def redacted(url: str) -> str:
    """``url`` for people to read: what may be a part of a password is left out, also of a url that
    is none. What is shown is known to be something else."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url if _PLACE.fullmatch(url) and ":" in url else HIDDEN
    if _SCHEME.fullmatch(scheme) is None:
        return HIDDEN
    if scheme == "memory":
        return f"memory://{HIDDEN if rest else ''}"
    if scheme == "unix" and rest.startswith("/"):
        path, mark, query = rest.partition("?")
        return f"unix://{path}{mark}{_options_shown(query)}"
    head = rest.rpartition("@")[0]
    place = rest[len(head) + 1 :] if "@" in rest else rest
    if "?" in head:  # of the password, or is it all an option's?
        return f"{scheme}://{HIDDEN}"
    place, mark, query = place.partition("?")
    is_place = (_PATH if scheme == "unix" else _PLACE).fullmatch(place)
    shown = f"{scheme}://{HIDDEN + '@' if '@' in rest else ''}{place if is_place else HIDDEN}"
    return f"{shown}{mark}{_options_shown(query)}"


def _options_shown(query: str) -> str:
    return "&".join(_option(option) for option in query.split("&")) if query else ""


def _option(text: str) -> str:
    name, _, value = text.partition("=")
    if not _NAME.fullmatch(name):
        return HIDDEN
    return f"{name}={value if name in SHOWN and _VALUE.fullmatch(value) else HIDDEN}"


def check(url: str) -> None:
    """Raise UnsupportedUrl for a ``redis://`` or ``rediss://`` that redis-py would take for
    something else than is meant, and quote in its errors."""
    match = _ONE.fullmatch(url)
    if match is None:
        raise UnsupportedUrl(f"expected redis://[[user]:password@]host[:port][/db]. {ENCODE}")
    userinfo = match["userinfo"]
    if userinfo is not None and not userinfo.partition(":")[2]:
        raise UnsupportedUrl(
            "a password is missing before the @: a password alone is written with a colon, "
            "redis://:password@host"
        )


def _host(text: str, url: str) -> tuple[str, int]:
    match = _HOST.match(text)
    if match is None or not 0 < int(match[2]) < 65536:
        raise UnsupportedUrl(f"expected host:port in {redacted(url)!r}. {ENCODE}")
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
            shown = repr(name) if _NAME.fullmatch(name) else HIDDEN
            raise UnsupportedUrl(f"the option {shown} is unknown, empty or given twice{can}")
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


def with_tls(url: str, ca_file: Path | None, *, verify: bool) -> str:
    """``url`` with what the settings say of its certificate. Raises UnsupportedUrl where they say
    something and there is none."""
    if ca_file is None and verify:
        return url
    if not url.startswith("rediss"):
        raise UnsupportedUrl("REDIS_CA_FILE and REDIS_VERIFY are for rediss:// (TLS)")
    said = []
    if ca_file is not None:
        if not ca_file.is_file():
            raise UnsupportedUrl(f"REDIS_CA_FILE: there is no file {ca_file}")
        said.append(f"ssl_ca_certs={quote(str(ca_file))}")
    if not verify:
        said += ["ssl_cert_reqs=none", "ssl_check_hostname=false"]
    return f"{url}{'&' if '?' in url else '?'}{'&'.join(said)}"


def on_this_machine(url: str) -> bool:
    """Whether no other machine can mean the same Redis by this url."""
    scheme, _, rest = url.partition("://")
    if scheme in ("unix", "memory"):
        return True
    hosts = re.split(r"[/?]", rest.rpartition("@")[2])[0].split(",")
    names = [host.rpartition(":")[0] if _HOST.match(host) else host for host in hosts]
    return all(_is_loopback(name.strip("[]")) for name in names)


def _is_loopback(name: str) -> bool:
    try:
        return name in LOOPBACK or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
