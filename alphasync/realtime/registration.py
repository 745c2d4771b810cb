"""Who a session is, on whichever server it is."""

import msgspec

from alphasync.domain.identity import Identity
from alphasync.realtime.auth import Handshake


class Registration(msgspec.Struct, array_like=True):
    """Who a session is. It goes whole with the session to another server."""

    sid: str
    who: Identity
    offer: Handshake
    """What the client said of itself."""
    device_id: str = ""
    resumed: bool = False
    name: str = ""
    resume_token: str = ""
    warned: bool = False
    """Whether it was told that its token is about to expire."""
    server: str = ""
    """On record as the one that has the device."""
