"""A session on its way from one server to another."""

import msgspec


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """What servers of different versions tell each other: fields are only ever added at the end."""

    state: bytes
    """What the session was to the application, in its own words."""
    packets: list[str]
    """What waits for the client, as in an HTTP body."""
    left: tuple[float, float] | None = None
    """What the client may still send; an older server does not say."""
