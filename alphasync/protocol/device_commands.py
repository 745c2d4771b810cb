"""Commands about the devices of an operator."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import force_setattr

from alphasync.domain.devices import DEVICE_NAME_MAX
from alphasync.domain.drafts import well_formed
from alphasync.domain.roles import Right
from alphasync.domain.usable import is_blank, is_printable
from alphasync.errors import UnknownDevice
from alphasync.protocol import acknowledgements as acks
from alphasync.protocol.commands import Command, DeviceId


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
