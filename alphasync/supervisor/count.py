"""How many workers there are to be."""

import os
from pathlib import Path

from alphasync.checks import CannotStart
from alphasync.config import Settings
from alphasync.store.connect import MEMORY
from alphasync.store.embedded.valkey_process import EmbeddedUnavailable, find_binary

ONE_SERVES = 2
"""Cores on which one worker is the default: the other one is Redis'."""
QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""What a container may use, as cgroup v2 says it: microseconds of every so many, or ``max``."""


def worker_count(settings: Settings) -> int:
    """What the settings say, else one per core. Raises CannotStart when there can only be one."""
    obstacle = _obstacle(settings)
    if obstacle is None:
        return settings.workers or default_count(cores())
    if settings.workers is not None and settings.workers > 1:
        raise CannotStart(f"WORKERS: {settings.workers} workers cannot share {obstacle}")
    return 1


def default_count(usable: int) -> int:
    """Workers for so many cores."""
    return usable if usable > ONE_SERVES else 1


def cores(quota: Path = QUOTA) -> int:
    """How many cores this process may keep busy, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        usable = len(os.sched_getaffinity(0))
    else:
        usable = os.cpu_count() or 1
    try:
        allowed, period = quota.read_text().split()
        usable = min(usable, int(allowed) // int(period))
    except (OSError, ValueError):  # no such file, or "max"
        pass
    return max(usable, 1)


def _obstacle(settings: Settings) -> str | None:
    """What several workers could not share."""
    if settings.internal_port:
        return f"INTERNAL_PORT {settings.internal_port}; leave it to each to find one"
    if settings.redis_url:
        in_memory = settings.redis_url.startswith(MEMORY)
    else:
        try:
            find_binary()
            in_memory = False
        except EmbeddedUnavailable:
            in_memory = True
    return "what one process keeps in its memory; set REDIS_URL" if in_memory else None
