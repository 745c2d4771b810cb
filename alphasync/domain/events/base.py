"""What all events have in common: who gets them, and the fields that mean the same in each."""

import enum
from typing import Annotated, ClassVar, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from alphasync.domain.runs import ProcessingType

T = TypeVar("T")
Script = Annotated[T | UnsetType, Meta(extra={"filled_in_by": "script"})]
"""Marks a field that the script fills in: it is unset in a service, and there for every client."""


class Audience(enum.StrEnum):
    """Who gets an event. Of one about a profile only the devices that may see the profile."""

    ALL = "all"
    """Every device of the account, on every server, the acting one included."""
    OTHERS = "others"
    """The same, without the acting device."""
    DEVICE = "device"
    """One device, by itself."""


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of all events; ``event_name`` is the name on the wire."""

    event_name: ClassVar[str]
    audience: ClassVar[Audience] = Audience.DEVICE
    told_by: ClassVar[type["Event"] | None] = None
    """The event that says what this one's fields mean, where they are the same."""


class LoggedEvent(Event, frozen=True, kw_only=True):
    """An event about the account's state: it has a place in the account's one order."""

    audience: ClassVar[Audience] = Audience.ALL
    timestamp: Script[int] = UNSET
    revision: Script[int] = UNSET


class ProfileEvent(LoggedEvent, frozen=True, kw_only=True):
    """A logged event about one profile and type."""

    profile_id: str
    type: ProcessingType


COMMON_FIELDS = {
    "timestamp": "When it happened: ms since the Unix epoch, from Redis' clock.",
    "revision": "Its place in the account's one order: each event has the next number.",
    "epoch": "Identity of the order: where it is another one, revisions begin anew.",
    "profile_id": "The profile's `external_id`.",
    "type": "What is sent: a run and a draft are of a profile and a type.",
    "device_id": "The device that did it; of an event about a run, the device that the run is of.",
    "operator_id": "Whose the run is: who started it, or took it over.",
    "started_at": "When the run began: ms since the Unix epoch.",
    "current": "Recipients that are dealt with: the sum of the four below.",
    "total": "Recipients of the run, as far as they are known.",
    "sent": "Recipients who were messaged.",
    "skipped": "Recipients who had been messaged before.",
    "failed": "Recipients whom the gateway refuses.",
    "uncertain": "Recipients who may have been messaged: a person decides.",
    "message": "A line of text for people.",
    "is_own_device": "Whether `deviceId` is the device that gets this.",
}
"""What a field means whose model does not say otherwise."""


def filled(value: T | UnsetType) -> T:
    """A field that the script has filled in; ValueError when it has not."""
    if isinstance(value, UnsetType):
        raise ValueError("the event has not been through its script")
    return value
