"""Socket.IO packets of events: encoded once, by the service, with room for the script's part.

A *head* is a packet without its end: ``2["name",{"a":1`` . The script that makes the change adds
the fields that only it knows, then ``"timestamp"``, ``"revision"`` and the closing brackets. What
it publishes is the finished text, which every server forwards as it is.
"""

import msgspec

from alphasync.domain import events

EVENT = "2"
"""Socket.IO v5 packet type of an event, for the default namespace."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


def encode(event: events.Event) -> str:
    """The whole packet of an event that no script completes."""
    return f'{EVENT}["{event.event_name}",{_encoder.encode(event).decode()}]'


def head(event: events.LoggedEvent) -> str:
    """The packet up to where the script goes on, inside the payload object."""
    return encode(event)[: -len("}]")]


def opening(model: type[events.LoggedEvent]) -> str:
    """The packet of an event up to its first field: the script puts in all of them."""
    return f'{EVENT}["{model.event_name}",{{'


def members(value: msgspec.Struct) -> str:
    """The JSON members of an object, without its braces: a script puts them into events."""
    return _encoder.encode(value).decode()[1:-1]


def progress_head(event: events.ProcessingProgress) -> str:
    """The packet up to the counters, inside the nested ``progress`` object (its last field)."""
    return encode(event)[: -len("}}]")]


EVENTS: dict[str, type[events.Event]] = {
    model.event_name: model
    for model in (
        events.DeviceRegistered,
        events.ProcessingStateSync,
        events.MessageSync,
        events.ProcessingStarted,
        events.ProcessingProgress,
        events.ProcessingComplete,
        events.ProcessingPaused,
        events.ProcessingResumed,
        events.ProcessingStopped,
        events.AllProcessingStopped,
        events.ProcessingInterrupted,
        events.RunSettled,
        events.DeviceReconnecting,
        events.DeviceReconnected,
        events.ProcessingTakenOver,
        events.UncertainResolved,
        events.MessageUpdated,
        events.MessageCleared,
        events.AttachmentsUpdated,
        events.BlocklistCleared,
        events.BlocklistRecipientRemoved,
        events.DoNotContactChanged,
        events.SessionsEnded,
        events.DevicesSync,
        events.DeviceJoined,
        events.DeviceUpdated,
        events.DeviceLeft,
        events.DevicesChanged,
        events.PlanSync,
        events.RunPlanned,
        events.PlanChanged,
        events.PlanEnded,
        events.Resync,
        events.TokenExpiring,
        events.ErrorEvent,
    )
}
"""Event name to model: where the two are bound."""


def decode(packet: str) -> events.Event:
    """The event in a packet. Raises msgspec.ValidationError where it does not fit its model."""
    name, payload = _decoder.decode(packet.removeprefix(EVENT))
    return msgspec.convert(payload, EVENTS[name])


def narrow(packet: str, may_see: frozenset[str]) -> str | None:
    """An ``allProcessingStopped`` packet as a device limited to some profiles may see it.

    None when it names profiles, but none that the device may see.
    """
    event = decode(packet)
    if not isinstance(event, events.AllProcessingStopped):
        return packet
    stopped = events.filled(event.stopped_profiles)
    visible = [item for item in stopped if item.profile_id in may_see]
    if stopped and not visible:
        return None
    return encode(msgspec.structs.replace(event, stopped_profiles=visible))
