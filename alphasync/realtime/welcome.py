"""What a device is told when it is registered."""

from typing import NamedTuple

from alphasync.domain import events
from alphasync.domain.snapshot import Snapshot
from alphasync.protocol import packets
from alphasync.realtime.auth import Handshake
from alphasync.realtime.order import Envelope, parse
from alphasync.realtime.sessions import Session
from alphasync.services.account_state import AccountState, LogLost
from alphasync.services.devices import Joined


class LogBegunAnew(Exception):
    """What a device knows showed that Redis went back: what was read is of a log that is over."""


class Known(NamedTuple):
    """What a joining device knows once it has got the state or these events."""

    revision: int
    envelopes: list[Envelope]
    snapshot: Snapshot | None
    """None where it gets all events that it missed."""


async def known_by(
    account: str, offer: Handshake, joined: Joined, account_state: AccountState
) -> Known:
    """Where the device's knowledge begins: at its last event, or else at the snapshot, of which no
    more than the first page is read before. Raises LogBegunAnew: it is to be read anew."""
    if joined.resumed and offer.epoch == joined.begun.epoch:
        missed = await account_state.events_after(account, offer.epoch, offer.revision)
        if isinstance(missed, LogLost):
            if missed.epoch != joined.begun.epoch:
                raise LogBegunAnew
        else:
            envelopes = [parse(raw) for raw in missed]
            reached = envelopes[-1].revision if envelopes else offer.revision
            return Known(revision=reached, envelopes=envelopes, snapshot=None)
    snapshot = await account_state.complete(account, joined.begun)
    return Known(revision=snapshot.revision, envelopes=[], snapshot=snapshot)


def welcome(session: Session, joined: Joined, known: Known, heartbeat: float) -> str:
    """The packet before the state or the events that the device missed. ``heartbeat``: seconds."""
    registered = events.DeviceRegistered(
        device_id=session.device_id,
        name=session.name,
        resumed=joined.resumed,
        recovered=known.snapshot is None,
        resume_token=joined.resume_token,
        heartbeat_interval=round(heartbeat * 1000),
        epoch=joined.begun.epoch,
        # What follows begins here: the events that the device missed, or the snapshot.
        revision=session.offer.revision if known.snapshot is None else known.snapshot.revision,
    )
    return packets.encode(registered)
