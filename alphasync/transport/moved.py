"""A session on its way from one server to another."""

import msgspec

from alphasync.transport.outgoing import Outgoing
from alphasync.transport.packing import Packed


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """What servers of different versions tell each other: fields are only ever added at the end."""

    state: bytes
    """What the session was to the application, in its own words."""
    packets: list[str]
    """What waits for the client, as in an HTTP body."""
    left: tuple[float, float] | None = None
    """What the client may still send; an older server does not say."""
    packed: bool | None = None
    """Whether the client speaks MessagePack; an older server does not say: none of its do.

    None also where it has said nothing yet."""

    def waiting(self) -> list[Outgoing]:
        kind = Packed if self.packed else Outgoing
        return [kind.of(text) for text in self.packets]
