"""``process_*`` of all workers together: the library gives them of one process only."""

import os
import time
from pathlib import Path

from prometheus_client import Counter, Gauge

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")
"""Per second, of a process's age."""


class Process:
    """This worker's part. To be made where figures are shared, and nowhere else: the library's own
    have the same names."""

    def __init__(self) -> None:
        # In no registry of this process: a scrape finds them in the workers' files.
        self._cpu = Counter("process_cpu_seconds", "CPU of all workers.", registry=None)
        self._memory = _sum("process_resident_memory_bytes", "Memory of all workers.")
        self._virtual = _sum("process_virtual_memory_bytes", "Addresses of all workers.")
        self._open = _sum("process_open_fds", "Files that the workers have open.")
        self._most = _sum("process_max_fds", "Files that the workers may have open.")
        self._start = Gauge(
            "process_start_time_seconds",
            "When the youngest worker was started.",
            registry=None,
            multiprocess_mode="livemax",
        )
        self._spent = 0.0

    def look(self) -> None:
        spent = time.process_time()
        self._cpu.inc(spent - self._spent)
        self._spent = spent
        own = Path("/proc/self")
        if not own.is_dir():
            return  # not Linux: the library has nothing there either
        pages = (own / "statm").read_text().split()
        self._virtual.set(int(pages[0]) * PAGE)
        self._memory.set(int(pages[1]) * PAGE)
        self._open.set(len(os.listdir(own / "fd")))
        limit = next(
            line for line in (own / "limits").read_text().splitlines() if "open files" in line
        )
        self._most.set(float(limit.split()[3].replace("unlimited", "inf")))
        born = int((own / "stat").read_text().rpartition(")")[2].split()[19]) / TICKS
        up = float(Path("/proc/uptime").read_text().split()[0])
        self._start.set(round(time.time() - up + born, 2))


def _sum(name: str, what: str) -> Gauge:
    return Gauge(name, what, registry=None, multiprocess_mode="livesum")
