"""How much one account may have at a time: a join reads it, and others wait meanwhile."""

import msgspec


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
