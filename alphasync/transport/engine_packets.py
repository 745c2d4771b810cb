"""Engine.IO v4 packets, and how they are read from an HTTP body."""

import base64
from collections.abc import Iterator

from alphasync.transport.outgoing import SEPARATOR, Outgoing

OPEN, CLOSE, PING, PONG, UPGRADE, NOOP = "0", "1", "2", "3", "5", "6"
"""Packet types, with MESSAGE."""
CLOSED, PINGED, NOTHING = Outgoing(CLOSE), Outgoing(PING), Outgoing(NOOP)
PROBE, PROBED = PING + "probe", Outgoing(PONG + "probe")
"""What a client says first on a WebSocket that it tries, and what it is answered there."""


class Malformed(ValueError):
    """What came is no Engine.IO packet that a client may send."""


def packets_of(body: str) -> Iterator[str | bytes]:
    """The packets of an HTTP body, which may be thousands. Raises Malformed."""
    for text in body.split(SEPARATOR):
        if text.startswith("b"):
            try:
                yield base64.b64decode(text[1:], validate=True)
            except ValueError:
                raise Malformed("not base64") from None
        else:
            yield text
