"""What every run needs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from alphasync.gateway import port
from alphasync.membership.lease import Lease
from alphasync.services.blocklist import Blocklist
from alphasync.services.failed import Failed
from alphasync.services.lost import LostRuns
from alphasync.services.progress import Progress
from alphasync.services.pushes import Told
from alphasync.services.upstream import Upstream


@dataclass(frozen=True, slots=True)
class Tools:
    gateway: port.Gateway
    progress: Progress
    lost: LostRuns
    told: Sequence[Told]
    """Hears of runs that have ended."""
    failed: Failed
    blocklist: Blocklist
    upstream: Upstream
    service_token: str | None
    """Used for a run that no login through this server started."""
    sign_in_timeout: float
    """Seconds that a run waits for its operator to sign in again."""
    interval: float
    """Seconds between two sends of a run."""
    recipients_max: int
    """Recipients of one run."""
    lease: Lease
    """Without it nothing is sent."""
    draining: asyncio.Event
    """Set when this server shuts down."""
