"""A Valkey whose clock can be set while it runs."""

import shutil
import struct
import subprocess
import sys
from pathlib import Path

from tests.harness import Valkey
from tests.js.node import missing

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """Skips the test where there is no C compiler, and on other systems than Linux."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if sys.platform != "linux" or compiler is None:
            missing("needs Linux and a C compiler")
        self._file = folder / "clock.offset"
        self._library = folder / "clock.so"
        self.set(0)
        command = [str(compiler), "-shared", "-fPIC", "-o", str(self._library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)

    def of(self, valkey: Valkey) -> None:
        """Have this be the clock of a Valkey that is not started yet."""
        valkey.environment = {
            "LD_PRELOAD": str(self._library),
            "CLOCK_OFFSET": str(self._file),
        }

    def set(self, seconds: int) -> None:
        """How far it is ahead of the machine's; below 0 behind it."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))
