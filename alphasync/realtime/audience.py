"""Whom an event is for, what of it they see, and which events a later one makes needless.

One room per profile, one for the devices that may see all profiles of the account, and one for
those that may see some. A session is in the second, or else in the third and in those of its
profiles. So each session that an event is for is in exactly one of the event's two rooms.
"""

from functools import lru_cache
from urllib.parse import quote

import msgspec

from alphasync.domain.identity import Identity
from alphasync.protocol import packets
from alphasync.realtime.order import Envelope
from alphasync.realtime.registration import Registration
from alphasync.store.keys import NAMES_KEPT_MAX

LATEST_WINS = ("processingProgress", "messageUpdated", "attachmentsUpdated")
"""They say how things stand, not what has happened. Those of a profile and type replace another."""
_STARTS = tuple(f'2["{name}",' for name in LATEST_WINS)


class _Payload(msgspec.Struct, rename="camel"):
    profile_id: str
    type: str


_decoder = msgspec.json.Decoder(tuple[str, _Payload])


@lru_cache(maxsize=NAMES_KEPT_MAX)
def profile_room(account: str, profile_id: str) -> str:
    """Percent-encoded, so that no profile id can name another room of the account, or another
    account's. Those of the busy profiles are kept: each event asks for one."""
    return f"{account}/{quote(profile_id, safe='')}"


def account_room(account: str) -> str:
    return f"{account}/*"


def limited_room(account: str) -> str:
    return f"{account}/+"


def rooms_of(who: Identity) -> tuple[str, ...]:
    """The rooms of a session."""
    if who.profiles is None:
        return (account_room(who.account),)
    rooms = (profile_room(who.account, profile_id) for profile_id in sorted(who.profiles))
    return (limited_room(who.account), *rooms)


def rooms_for(account: str, envelope: Envelope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The rooms of an event: those whose members all see it as it is, and those in which each one
    sees what ``seen_by`` says."""
    if envelope.profile_id:
        return (profile_room(account, envelope.profile_id), account_room(account)), ()
    return (account_room(account),), (limited_room(account),)


def seen_by(registration: Registration, envelope: Envelope) -> str | None:
    """The packet that a device gets of an event; None where it is not for that device."""
    if registration.device_id == envelope.skip:
        return None
    profiles = registration.who.profiles
    if profiles is None:
        return envelope.packet
    if envelope.profile_id:
        return envelope.packet if envelope.profile_id in profiles else None
    return packets.narrow(envelope.packet, profiles)


def replaces(message: str) -> tuple[str, str, str] | None:
    """What an event is the latest of, for clients that do not keep up; None for one that has to
    arrive.

    ``message``: a Socket.IO packet.
    """
    if not message.startswith(_STARTS):
        return None
    try:
        name, payload = _decoder.decode(message[1:])
    except msgspec.DecodeError:  # not one of ours: others may send by the stock channel
        return None
    return name, payload.profile_id, payload.type
