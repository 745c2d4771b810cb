"""``python -m tests.faults.malformed.watched serve``: a patient server that says, at SIGUSR1, which
tasks and how many objects it has. What nobody refers to any more is gone by then: a task that
failed unseen has said so. So are what caches keep, each of which has a bound of its own.
"""

import asyncio
import functools
import gc
import json
import os
import signal
import sys
from typing import Any, TypedDict

from tests.faults import patient

PROGRAM = ("-m", "tests.faults.malformed.watched")
MARK = "HOLDS "
"""How the line in its log begins."""


class Holds(TypedDict):
    """What a server has. ``blocks``: as ``sys.getallocatedblocks`` says, one or more an object."""

    tasks: list[str]
    blocks: int


def tell(*_: Any) -> None:
    empty_caches()
    gc.collect()
    names = sorted(task.get_name() for task in asyncio.all_tasks())
    holds: Holds = {"tasks": names, "blocks": sys.getallocatedblocks()}
    os.write(sys.stderr.fileno(), f"\n{MARK}{json.dumps(holds)}\n".encode())


def empty_caches() -> None:
    """Those of functions of the server's."""
    modules = [module for name, module in sys.modules.items() if name.startswith("alphasync.")]
    for value in [value for module in modules for value in vars(module).values()]:
        if isinstance(value, functools._lru_cache_wrapper):
            value.cache_clear()


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, tell)
    patient.run()
