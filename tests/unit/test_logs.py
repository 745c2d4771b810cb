"""Logs: where they go, and that nothing of theirs outlives the process in an ugly way."""

import json
import subprocess
import sys

import pytest
import structlog
from structlog.typing import EventDict

from alphasync import logs

SCRIPT = """
import sys
from alphasync import logs, serving
logs.configure("info")
serving.log.info("the only line")
serving.tune_collector()
{ending}
"""


@pytest.mark.parametrize(
    "ending", ["", "sys.exit(3)", "del logs", "sys.stderr.close()", "sys.stderr = None"]
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


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def written(
    sparing: logs.Sparing, event: str, level: str = "warning", **more: str
) -> EventDict | None:
    try:
        return sparing(None, level, {"event": event, **more})
    except structlog.DropEvent:
        return None


def test_what_happens_again_and_again_has_few_lines_and_is_counted() -> None:
    clock = Clock()
    sparing = logs.Sparing(clock)
    lines = [written(sparing, "too many messages") for _ in range(30_000)]
    assert [line for line in lines if line] == [{"event": "too many messages"}] * logs.LINES_MAX
    assert written(sparing, "another thing") == {"event": "another thing"}
    assert written(sparing, "too many messages", "error") == {"event": "too many messages"}
    clock.now = logs.WINDOW
    left_out = 30_000 - logs.LINES_MAX
    first = written(sparing, "too many messages")
    assert first == {"event": "too many messages", "left_out_before": left_out}
    assert written(sparing, "too many messages") == {"event": "too many messages"}
    clock.now = 3 * logs.WINDOW
    assert written(sparing, "too many messages") == {"event": "too many messages"}


def test_texts_that_differ_in_their_parts_only_are_one_kind() -> None:
    sparing = logs.Sparing(Clock())
    lines = [written(sparing, f"bad {n}", kind="bad %s") for n in range(logs.LINES_MAX + 5)]
    assert [line["event"] for line in lines if line] == [f"bad {n}" for n in range(logs.LINES_MAX)]


def test_kinds_without_number_share_one_place() -> None:
    sparing = logs.Sparing(Clock())
    lines = [written(sparing, f"bad {n}") for n in range(10 * logs.KINDS_MAX)]
    assert len([line for line in lines if line]) == logs.KINDS_MAX + logs.LINES_MAX


LIBRARY = """
import logging
from alphasync import logs
logs.configure("info")
log = logging.getLogger("engineio.server")
for number in range(1000):
    try:
        raise ValueError("what came\\nfrom outside")
    except ValueError:
        log.exception("garbage %s", number)
log.error("%d of %s", "no number")
log.info("of no interest")
"""


def test_what_libraries_log_is_one_line_of_json_each() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIBRARY], capture_output=True, text=True, timeout=60, check=True
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert len(lines) == logs.LINES_MAX + 1
    assert {line["logger"] for line in lines} == {"engineio.server"}
    assert (lines[7]["event"], lines[7]["level"]) == ("garbage 7", "error")
    assert "ValueError: what came" in lines[7]["exception"]
    assert lines[-1]["event"] == "%d of %s"
