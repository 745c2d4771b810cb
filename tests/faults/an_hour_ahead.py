"""``python -m tests.faults.an_hour_ahead serve``: a server on a machine whose clock is wrong."""

import datetime
import runpy
import time
from typing import Self

AHEAD = 3600
"""Seconds."""

_time, _time_ns = time.time, time.time_ns


class ShiftedDatetime(datetime.datetime):
    """PyJWT asks here for the time."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Self:
        return super().now(tz) + datetime.timedelta(seconds=AHEAD)


if __name__ == "__main__":
    time.time = lambda: _time() + AHEAD
    time.time_ns = lambda: _time_ns() + AHEAD * 1_000_000_000
    datetime.datetime = ShiftedDatetime  # type: ignore[misc]  # on purpose
    runpy.run_module("alphasync", run_name="__main__", alter_sys=True)
