"""``alphasync doctor``: looks at everything the server needs and says what to do.

``needed``: whether what it needs is there and of use. ``weak``: whether what is set protects it.
"""

from collections.abc import AsyncIterator

from alphasync.config import Settings
from alphasync.doctor.finding import Finding
from alphasync.doctor.needed import examine_needed
from alphasync.doctor.weak import weaknesses

__all__ = ["Finding", "examine"]


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """One finding after the other; nothing is changed but that the embedded Valkey is started."""
    weak = weaknesses(settings)  # as it was found: a start closes files of its own to others
    async for finding in examine_needed(settings):
        yield finding
    for finding in weak:
        yield finding
