"""What one server tells the other of a session that goes there."""

import msgspec

from alphasync.domain.roles import Role, role_of
from alphasync.realtime.allowance import Rest
from alphasync.realtime.registration import Registration


class Arriving(msgspec.Struct, frozen=True, array_like=True):
    """A registered session on its way."""

    registration: Registration
    rest: Rest
    epoch: str
    revision: int
    """The last event that was sent to it, or waits in its packets."""


class Handover(msgspec.Struct, frozen=True, array_like=True):
    """The socket's ids by namespace, and the session it has."""

    sids: dict[str, str]
    arriving: Arriving | None = None


def encode(handover: Handover) -> bytes:
    return msgspec.msgpack.encode(handover)


def decode(state: bytes) -> Handover:
    """Raises msgspec.MsgspecError for what is none."""
    told = msgspec.msgpack.decode(state)
    match told:
        case [_, [[_, dict() as who, *_], *_], *_] if who.get("role") not in tuple(Role):
            # To a server of an earlier version a role was any text, or none, and meant nothing.
            who["role"] = role_of(None, who.get("team")).value
    return msgspec.convert(told, Handover)
