"""What is asked of another server for a client."""

from typing import NamedTuple

BREAK_OFF = "DELETE"
"""Method of a forwarded request: the client has done what ends its session."""
CLOCK = "clock"
"""Stands in the place of a transport's name: it is asked how late it is there."""
TELL = "tell"
"""The same: the other server's application is told something."""
LINE = "line"
"""The same: a connection for many requests begins."""
PACKED = "packed"
"""In the address of a move: the server that asks knows MessagePack."""


class Forwarded(NamedTuple):
    """What is asked of another server for a client."""

    method: str
    transport: str
    sid: str
    client: str
    """The client's address."""
    stamp: str = ""
    """What the client put into its request to make it unlike all others."""
    packed: bool = False
    """Of a move: whether the asking server knows MessagePack, too."""

    @property
    def target(self) -> str:
        stamp = f"&t={self.stamp}" if self.stamp else ""
        packed = f"&{PACKED}=1" if self.packed else ""
        return f"/?EIO=4&transport={self.transport}&sid={self.sid}{stamp}{packed}"
