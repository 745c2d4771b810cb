"""What a device may ask for. Models refuse unknown fields, wrong types and over-long texts.

Docstrings of the models and of their fields are for people who write clients: docs/protocol.md is
made from them.
"""

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import force_setattr

from alphasync.domain.roles import Right
from alphasync.domain.runs import ProcessingType
from alphasync.domain.usable import PROFILE_ID_MAX, short_id
from alphasync.errors import (
    AlphasyncError,
    InvalidPayload,
    NotRegistered,
    Overloaded,
    StoreUnavailable,
    TooManyRequests,
    UnknownOutcome,
    UnknownProfile,
)
from alphasync.protocol import acknowledgements as acks

ONLY_A_MAIL = "Only a mail can have `attachments`"

DeviceId = Annotated[str, Meta(min_length=1, max_length=64)]
ProfileId = Annotated[str, Meta(min_length=1, max_length=PROFILE_ID_MAX)]
Revision = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""A whole number that JavaScript can hold."""
Ignored = Any
"""Sent by the existing client and never read: identity comes from the token only."""


COMMON_ERRORS = (
    InvalidPayload,
    NotRegistered,
    TooManyRequests,
    Overloaded,
    StoreUnavailable,
    UnknownOutcome,
)
"""What every command can be refused with; one that only asks not with UnknownOutcome."""


class Command(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """Base of all commands; ``event_name`` is the name on the wire. One that ``only_asks`` changes
    nothing that anybody is told of. ``errors``: what it can be refused with besides
    ``COMMON_ERRORS`` and NotAllowed, and what the gateway is refused with or refuses itself, where
    it ``asks_gateway``; ``answer``: what its acknowledgement says otherwise."""

    event_name: ClassVar[str]
    right: ClassVar[Right]
    """What it takes; the runs and plans of others take `Right.OTHERS` besides."""
    only_asks: ClassVar[bool] = False
    asks_gateway: ClassVar[bool] = False
    needs_device: ClassVar[bool] = False
    """Whether it is about the device that it comes from, and is not taken over HTTP."""
    errors: ClassVar[tuple[type[AlphasyncError], ...]] = ()
    answer: ClassVar[type] = acks.Done
    operator_id: Ignored | UnsetType = UNSET
    """Is not read: it is the token's."""
    device_id: Ignored | UnsetType = UNSET
    """Is not read: it is the connection's."""

    def forget_ignored(self) -> None:
        """Keep no value that is not read: it may be large, and the command may wait."""
        force_setattr(self, "operator_id", UNSET)
        force_setattr(self, "device_id", UNSET)


class ProfileCommand(Command, frozen=True, kw_only=True):
    """A command about one profile and type. ``profileId`` may come as a number."""

    errors: ClassVar[tuple[type[AlphasyncError], ...]] = (UnknownProfile,)
    profile_id: ProfileId | int
    """The profile's `external_id`, of printable characters."""
    type: ProcessingType

    def __post_init__(self) -> None:
        if isinstance(self.profile_id, int):
            force_setattr(self, "profile_id", short_id(self.profile_id, "profileId"))
        elif not self.profile_id.isprintable():
            raise ValueError("Expected a printable `profileId`")

    @property
    def profile(self) -> str:
        """The profile id, as the string it is everywhere else."""
        return str(self.profile_id)


class Heartbeat(Command, frozen=True, kw_only=True):
    """Prolong the record of the device. The server does so by itself, too."""

    event_name = "heartbeat"
    right = Right.SEE
    needs_device = True
    only_asks = True
