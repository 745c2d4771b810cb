"""Logs: where they go, and that nothing of theirs outlives the process in an ugly way."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from alphasync import serving, telemetry
telemetry.configure("info")
serving.log.info("the only line")
serving.tune_collector()
{ending}
"""


@pytest.mark.parametrize(
    "ending", ["", "sys.exit(3)", "del telemetry", "sys.stderr.close()", "sys.stderr = None"]
)
def test_a_process_ends_without_another_word(ending: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT.format(ending=ending)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if "the only line" not in line] == []
    assert "the only line" in done.stderr
