"""Of which events only the latest has to reach a client that does not keep up."""

import msgspec

LATEST_WINS = ("processingProgress", "messageUpdated")
"""They say how things stand, not what has happened. Those of a profile and type replace another."""
_STARTS = tuple(f'2["{name}",' for name in LATEST_WINS)


class Payload(msgspec.Struct, rename="camel"):
    profile_id: str
    type: str


_decoder = msgspec.json.Decoder(tuple[str, Payload])


def key_of(message: str) -> tuple[str, str, str] | None:
    """What an event is the latest of; None for one that has to arrive.

    ``message``: a Socket.IO packet.
    """
    if not message.startswith(_STARTS):
        return None
    try:
        name, payload = _decoder.decode(message[1:])
    except msgspec.DecodeError:  # not one of ours: others may send by the stock channel
        return None
    return name, payload.profile_id, payload.type
