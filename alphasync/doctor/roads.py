"""Roads to Redis and the gateway on which others can read along, or join in.

Only what stays on this machine may go without TLS: of a network nobody here can tell whose it is.
"""

import ipaddress
from urllib.parse import parse_qsl, urlsplit

from alphasync.config import Settings
from alphasync.store.redis.urls import on_this_machine, redacted

PLAIN = "whoever is in between reads along, and can change what is said"
NO = ("0", "F", "FALSE", "N", "NO")
"""What redis-py takes for no, in an address."""

Said = tuple[str, str] | None
"""What is weak and what to do about it, in words; None where there is nothing against it."""


def redis_tls(settings: Settings) -> Said:
    url = settings.redis_url
    if not url or on_this_machine(url) or url.startswith("rediss"):
        return None
    return (
        f"{redacted(url)} is spoken to without TLS: {PLAIN}, password and drafts with it",
        "Write rediss:// in REDIS_URL (with REDIS_CA_FILE for a CA of your own)",
    )


def redis_password(settings: Settings) -> Said:
    url = settings.redis_url
    if not url or on_this_machine(url) or _shows_who(url):
        return None
    return (
        f"{redacted(url)} asks for no password: who reaches it has all data, and can message "
        "anybody",
        "Give Redis a user with the rights of docs/redis.md, and write user:password@ in REDIS_URL",
    )


def _shows_who(url: str) -> bool:
    """Whether there is a password, or a certificate in its place."""
    address, _, query = url.partition("?")
    given = {name for name, value in parse_qsl(query) if value}
    at = address.partition("://")[2].rpartition("@")[0]
    return bool(at.partition(":")[2]) or bool(given & {"password", "ssl_certfile"})


def redis_verify(settings: Settings) -> Said:
    url = settings.redis_url or ""
    if not url.startswith("rediss"):
        return None
    options = dict(parse_qsl(url.partition("?")[2]))
    checks_host = options.get("ssl_check_hostname", "true").upper() not in NO
    if settings.redis_verify and options.get("ssl_cert_reqs") != "none" and checks_host:
        return None
    return (
        "the certificate of Redis is not looked at: whoever is in between can say to be Redis",
        "Set REDIS_VERIFY=true (and no ssl_cert_reqs or ssl_check_hostname in REDIS_URL), and "
        "REDIS_CA_FILE for a CA of your own",
    )


def gateway_tls(settings: Settings) -> Said:
    host = gateway_host(settings)
    if host is None or is_here(host) or not str(settings.gateway_url).startswith("http://"):
        return None
    return (
        f"{settings.gateway_url} is spoken to without TLS: {PLAIN}, passwords and tokens with it",
        "Write https:// in GATEWAY_URL (with GATEWAY_CA_FILE for a CA of your own)",
    )


def gateway_host(settings: Settings) -> str | None:
    """None where the sandbox is the gateway."""
    return urlsplit(settings.gateway_url or "").hostname


def is_here(host: str) -> bool:
    """Whether it can be no other machine."""
    name = host.lower().strip("[]").removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
