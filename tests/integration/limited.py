"""A token for all profiles, and one for some."""

from tests.harness import Cluster, Device
from tests.integration.support import (
    Payload,
    settled,
)

OWN, FOREIGN = "1001", "1003"

COMMANDS: list[tuple[str, Payload]] = [
    ("startProcessing", {"type": "chat", "message": "Hello"}),
    ("stopProcessing", {"type": "chat"}),
    ("updateMessage", {"type": "chat", "message": "typed"}),
    ("clearMessage", {"type": "chat"}),
    ("clearBlocklist", {"type": "chat"}),
    ("countBlocklist", {"type": "chat"}),
    ("previewRun", {"type": "chat"}),
    ("readRun", {"type": "chat"}),
]


async def full_and_limited(servers: Cluster) -> tuple[Device, Device]:
    """A device that may see everything, and one (elsewhere) that may see ``OWN`` only."""
    full = await servers.device(0)
    limited = await servers.device(1, token=servers.token(profiles=[OWN]))
    return full, limited


async def marked(full: Device, limited: Device) -> None:
    """Everything before this has reached the limited device, if it ever does."""
    await settled(full, limited, marker=OWN)
