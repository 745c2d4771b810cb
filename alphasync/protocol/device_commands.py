"""Commands about the devices of an operator."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import force_setattr

from alphasync.domain.devices import DEVICE_NAME_MAX
from alphasync.domain.drafts import well_formed
from alphasync.domain.roles import Right
from alphasync.domain.usable import is_blank, is_printable
from alphasync.errors import TooManySubscriptions, UnknownDevice
from alphasync.protocol import acknowledgements as acks
from alphasync.protocol.commands import Command, DeviceId

ENDPOINT_MAX = 1024
"""Characters; those of the push services that there are have some 300."""


class RenameDevice(Command, frozen=True, kw_only=True):
    """Call a device otherwise: this one, another one of the same operator or, for an admin, of
    anybody in the team. All are told, and it keeps the name over what it says of itself, for as
    long as it is on record."""

    event_name = "renameDevice"
    right = Right.SEE
    needs_device = True
    answer = acks.DeviceRenamed
    errors = (UnknownDevice,)
    device_id: DeviceId | UnsetType = UNSET
    """Absent: this one."""
    name: Annotated[str, Meta(min_length=1, max_length=4 * DEVICE_NAME_MAX)]
    """1 to 64 printable characters, without the white space around them."""

    def __post_init__(self) -> None:
        if isinstance(self.device_id, str):
            force_setattr(self, "device_id", well_formed(self.device_id))
        name = self.name.strip()
        if not (1 <= len(name) <= DEVICE_NAME_MAX and is_printable(name)) or is_blank(name):
            raise ValueError(f"Expected 1 to {DEVICE_NAME_MAX} printable characters in `name`")
        force_setattr(self, "name", name)


class SubscribePush(Command, frozen=True, kw_only=True):
    """Have this device told by its browser's push service that a run of its operator has completed
    or was interrupted, also where no console is open. It takes the place of what the device had;
    nothing is sent once its session was ended or the device signed out, or after `PUSH_TTL`."""

    event_name = "subscribePush"
    right = Right.SEE
    errors = (TooManySubscriptions,)
    endpoint: Annotated[str, Meta(min_length=1, max_length=ENDPOINT_MAX)]
    """Where the push service takes messages."""
    p256dh: Annotated[str, Meta(max_length=100)]
    """The browser's public key, in base64url."""
    auth: Annotated[str, Meta(max_length=30)]
    """Its secret, likewise."""
    key: Annotated[str, Meta(max_length=100)]
    """The `pushKey` of `GET /api/config` that the subscription was made with."""


class UnsubscribePush(Command, frozen=True, kw_only=True):
    """Tell this device nothing by push any more. Repeatable."""

    event_name = "unsubscribePush"
    right = Right.SEE


class SignOutDevice(Command, frozen=True, kw_only=True):
    """Sign another device of the same operator out or, for an admin, one of anybody in the team:
    its connection is closed, its runs are interrupted, and it does not come back as the device that
    it was. Its token is good until it ends: who has it can connect anew."""

    event_name = "signOutDevice"
    right = Right.SEE
    needs_device = True
    errors = (UnknownDevice,)
    device_id: DeviceId
    """Which one; not this one."""

    def __post_init__(self) -> None:
        force_setattr(self, "device_id", well_formed(self.device_id))
