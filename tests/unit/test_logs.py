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


@pytest.mark.slow
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


EVERYBODY = """
import asyncio, gc, logging, sys, threading, warnings
from alphasync import logs
logs.configure("info")

async def fails():
    raise ValueError("nobody awaits this")

async def main():
    task = asyncio.ensure_future(fails())
    await asyncio.sleep(0)
    del task
    gc.collect()
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)

class Finalized:
    def __del__(self):
        raise ValueError("in a finalizer")

asyncio.run(main())
logging.getLogger("aiohttp.server").error("of aiohttp")
logging.getLogger("alphasync.socketio").error("of python-socketio")
warnings.warn("an old habit", DeprecationWarning)
Finalized()
thread = threading.Thread(target=lambda: 1 / 0, name="beside")
thread.start()
thread.join()
raise LookupError("the end\\nof it")
"""


def test_whoever_writes_writes_a_line_of_json() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", EVERYBODY],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    said = [
        (line.get("logger", ""), line["level"], line["event"].splitlines()[0]) for line in lines
    ]
    assert said[0] == ("asyncio", "error", "Task exception was never retrieved")
    assert said[1][:2] == ("asyncio", "error")
    assert said[2:4] == [
        ("aiohttp.server", "error", "of aiohttp"),
        ("alphasync.socketio", "error", "of python-socketio"),
    ]
    assert said[4][:2] == ("py.warnings", "warning")
    assert "an old habit" in said[4][2]
    assert said[5:] == [
        ("", "error", "a failure that could not be raised"),
        ("", "error", "a thread has failed"),
        ("", "critical", "a failure that nobody has caught"),
    ]
    assert lines[6]["thread"] == "beside"
    for line, failure in zip(
        (lines[0], lines[1], *lines[5:]),
        ("ValueError", "ZeroDivisionError", "ValueError", "ZeroDivisionError", "LookupError"),
        strict=True,
    ):
        assert failure in line["exception"]


def test_an_interrupt_at_the_terminal_is_no_failure() -> None:
    script = "from alphasync import logs; logs.configure('info'); raise KeyboardInterrupt"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert "nobody has caught" not in done.stderr
    assert "KeyboardInterrupt" in done.stderr


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"refused {TOKEN}, again", "refused ***, again"),
        ("Authorization: Bearer abc.DEF-1~+/=", "Authorization: ***"),
        ("at redis://me:pass:word@host:1/0", "at redis://***@host:1/0"),
        (
            "ERR unknown command 'X', with args beginning with: 'Hi Anna'",
            "ERR unknown command 'X', with args beginning with: ***",
        ),
        ("http://[::1]:80/a@b is eyJ", "http://[::1]:80/a@b is eyJ"),
        ("x" * 20_000, "x" * logs.TEXT_MAX),
    ],
)
def test_what_others_quote_is_no_secret_and_not_endless(said: str, written: str) -> None:
    assert logs.without_secrets(None, "error", {"exception": said, "n": 1}) == {
        "exception": written,
        "n": 1,
    }
