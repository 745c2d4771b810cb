"""How much one account may have at a time: a join reads it, and others wait meanwhile."""

import msgspec

from alphasync.domain.runs import RunOptions
from alphasync.errors import PaceOutOfRange


class AccountBounds(msgspec.Struct, frozen=True):
    """Per account. What is there already can be changed and ended at the bound, too."""

    drafts: int = 1_000
    """Texts on record, the emptied among them."""
    versions: int = 50
    """Earlier texts of one draft."""
    version_bytes: int = 16_000_000
    """Bytes of all of these."""
    runs: int = 1_000
    """Runs on record, the ended among them."""
    running: int = 200
    """Runs at once."""
    failed: int = 1_000
    """Recipients who could not be messaged and are named, of one profile and type."""
    plans: int = 100
    """Runs that are planned."""
    devices: int = 2_000
    """Devices that are connected, or may come back."""
    listed_devices: int = 200
    """Of them on the list of who is here."""


USUAL = AccountBounds()
"""Room for the largest teams."""


class PaceBounds(msgspec.Struct, frozen=True):
    """What a start may ask for, in seconds."""

    interval_min: float = 0.0
    interval_max: float = 3600.0
    """Between two messages."""
    pause_min: float = 60.0
    pause_max: float = 86400.0
    """Between two cycles."""

    def check(self, options: RunOptions) -> None:
        """Raises PaceOutOfRange."""
        if options.message_interval is not None:
            _check(
                "messageInterval", options.message_interval, self.interval_min, self.interval_max
            )
        if options.continuous is not None:
            _check("continuous.pause", options.continuous.pause, self.pause_min, self.pause_max)


USUAL_PACE = PaceBounds()


def _check(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:  # so written, it refuses what is no number, too
        raise PaceOutOfRange(f"`{name}` must be from {least:g} to {most:g} seconds")
