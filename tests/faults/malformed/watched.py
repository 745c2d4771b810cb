"""``python -m tests.faults.malformed.watched serve``: a patient server that says, at SIGUSR1, which
tasks it has. What nobody refers to any more is gone by then: a task that failed unseen has said so.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from typing import Any

from tests.faults import patient

PROGRAM = ("-m", "tests.faults.malformed.watched")
MARK = "TASKS "
"""How the line in its log begins."""


def tell(*_: Any) -> None:
    gc.collect()
    names = sorted(task.get_name() for task in asyncio.all_tasks())
    os.write(sys.stderr.fileno(), f"\n{MARK}{json.dumps(names)}\n".encode())


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, tell)
    patient.run()
