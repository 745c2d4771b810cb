"""``python -m tests.faults.patient serve``: a server that waits for Redis as long as a busy machine
makes it. For tests of what clients do to each other, in which nothing is wrong with Redis."""

import runpy

from alphasync.store.redis import pipeline
from tests.patience import REDIS_PATIENCE, REDIS_WORKS_WITHIN

PROGRAM = ("-m", "tests.faults.patient")


def run() -> None:
    """Sets the first constant before anything takes it from its module, and starts."""
    pipeline.ANSWER_TIMEOUT = REDIS_PATIENCE
    from alphasync.store.redis import ordered  # noqa: PLC0415 - it takes the first one

    ordered.STALL_TIMEOUT = REDIS_WORKS_WITHIN
    runpy.run_module("alphasync", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run()
