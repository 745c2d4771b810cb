"""Names under which a server answers: those that ``Host`` may hold.

A page of anybody can point a name of its own at this server's address once it is loaded ("DNS
rebinding"). To the browser both are of one origin then, and the rule for origins sees nothing odd:
what the browser sends as ``Host`` is all that tells.
"""

from collections.abc import Sequence

from alphasync.intake.origins import NoOrigin, host_and_port

ANY = "*"
BELOW = "*."
"""Begins a pattern of all names below one."""
PORTS_LEFT_OUT = (80, 443)
"""A ``Host`` without a port means one of these: browsers leave out that of the scheme."""
LENGTH_MAX = 300
"""Characters of a ``Host`` that are looked at: a name has 253 at most."""


def pattern(text: str) -> str:
    """What is written in the setting, as it is compared. Raises NoOrigin.

    ``name``, ``name:port``, ``*.name``, an address, or ``*`` for whatever it is called by.
    """
    if text == ANY:
        return text
    if "/" in text:
        raise NoOrigin("expected a host, without a scheme and a path")
    below = text.startswith(BELOW)
    host, port = host_and_port(text.removeprefix(BELOW))
    if below and (host.startswith("[") or host.replace(".", "").isdigit()):
        raise NoOrigin("there is nothing below an address")
    return f"{BELOW if below else ''}{host}{'' if port is None else f':{port}'}"


class HostRule:
    """Which ``Host`` may be asked for. ``patterns``: as ``pattern`` gives them."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._any = ANY in patterns
        self._exact = frozenset(p for p in patterns if not p.startswith(ANY))
        self._below = [
            host_and_port(p.removeprefix(BELOW)) for p in patterns if p.startswith(BELOW)
        ]

    def __call__(self, host: str) -> bool:
        """``host``: the header as it came, empty where there is none."""
        if self._any or host in self._exact:
            return True
        if len(host) > LENGTH_MAX:
            return False
        try:
            name, port = host_and_port(host)
        except NoOrigin:
            return False
        ports = PORTS_LEFT_OUT if port is None else (port,)
        if name in self._exact or any(f"{name}:{meant}" in self._exact for meant in ports):
            return True
        return any(
            name.endswith(f".{above}") and wanted in (None, *ports) for above, wanted in self._below
        )
