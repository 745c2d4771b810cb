"""Events about who is here: the devices of the account, whichever profiles they may see."""

from typing import Literal

from msgspec import UNSET, UnsetType

from alphasync.domain.devices import Device, DeviceState
from alphasync.domain.events.base import Event, LoggedEvent, Script, filled


class ListedDevice(Device, frozen=True, kw_only=True):
    """A device, as one of them is told of it."""

    is_own_device: bool


class DevicesSync(Event, frozen=True, kw_only=True):
    """Who is here: one event with each snapshot. At most `LISTED_DEVICES_PER_ACCOUNT` devices are
    on the list; of one that finds no room there nothing is told."""

    event_name = "devicesSync"
    devices: list[ListedDevice]
    """All of them, this one included."""
    revision: int
    """That of the snapshot."""


class DeviceEvent(LoggedEvent, frozen=True, kw_only=True):
    """An event about one device: as it is now."""

    device_id: Script[str] = UNSET
    """Which device it is."""
    name: Script[str] = UNSET
    """What it is called: by its browser and system at first."""
    operator_id: Script[str] = UNSET
    """The operator who is signed in on it."""
    email: str | UnsetType = UNSET
    """Theirs, in the account of a team, where their token says it."""
    since: Script[int] = UNSET
    """When it was registered first: ms since the Unix epoch."""
    state: Script[DeviceState] = UNSET
    """`here`: connected; `away`: it lost its connection, and may still come back."""
    last_seen: Script[int] = UNSET
    """When it came, or was lost: ms since the Unix epoch."""

    @property
    def device(self) -> Device:
        """The device that it tells of."""
        return Device(
            device_id=filled(self.device_id),
            name=filled(self.name),
            operator_id=filled(self.operator_id),
            email=self.email,
            since=filled(self.since),
            state=filled(self.state),
            last_seen=filled(self.last_seen),
        )


class DeviceJoined(DeviceEvent, frozen=True, kw_only=True):
    """A device is here that was not: it is new, or its grace had ended."""

    event_name = "deviceJoined"


class DeviceUpdated(DeviceEvent, frozen=True, kw_only=True):
    """Something about a device has changed: it is away, back, or called otherwise."""

    event_name = "deviceUpdated"


class DeviceLeft(LoggedEvent, frozen=True, kw_only=True):
    """A device is not here any more."""

    event_name = "deviceLeft"
    reason: Literal["left", "lost", "signed_out"]
    """`left`: on purpose; `lost`: it did not come back within its grace; `signed_out`: by another
    device of its operator."""
    device_id: Script[str] = UNSET
    """Which device it was."""


class DevicesChanged(LoggedEvent, frozen=True, kw_only=True):
    """Many devices came or went at once, as where a server dies: who is here now, all of them,
    instead of the single events. It comes at most once a second, and of a long list less often."""

    event_name = "devicesChanged"
    devices: Script[list[Device]] = UNSET
    """Who is here now; who is not among them is not here any more."""
