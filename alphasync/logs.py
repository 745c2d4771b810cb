"""Logs: one line for each thing that happened, and few lines for what happens again and again."""

import contextlib
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

from alphasync import log_subject

WINDOW = 10.0
"""Seconds."""
LINES_MAX = 50
"""Lines of one kind in a window: clients, emitters and gateways decide how often it happens."""
KINDS_MAX = 1_000
"""Kinds that are counted. Ours are a few dozen; texts of libraries may hold anything."""
TEXT_MAX = 16_384
"""Characters of one value: a trace has a few thousand, what an error quotes may have any number."""
_SECRETS = re.compile(
    r"(?<![\w-])eyJ[\w-]{5,}\.[\w.-]*"  # a JSON Web Token
    r"|\bbearer\s+[\w.~+/=-]+"
    r"|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"  # name and password in an address
    r"|(?<=with args beginning with: ).*",  # what Redis quotes of a command that it does not know
    re.IGNORECASE,
)


log = structlog.get_logger(__name__)


class Stderr:
    """Standard error, at whose other end there may be nobody: a terminal or a pipe that was closed
    is no reason to fail, least of all while the server comes to its end because of that.

    No more than the logger asks for: one of io's own would be flushed once more as the interpreter
    ends, when this module has lost its imports.
    """

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()


class Sparing:
    """Drops lines of a kind that has had its most; the first one of the next window says how many.

    A kind is a text without its variable parts: what the line was made of, and its level.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0
        self._counts: dict[tuple[str, str], int] = {}
        self._left_out: dict[tuple[str, str], int] = {}

    def __call__(self, _: WrappedLogger, level: str, event: EventDict) -> EventDict:
        now = self._clock()
        if now >= self._until:
            self._until = now + WINDOW
            surplus = {kind: n - LINES_MAX for kind, n in self._counts.items() if n > LINES_MAX}
            self._left_out = surplus
            self._counts.clear()
        kind = (level, str(event.pop("kind", event.get("event", ""))))
        if kind not in self._counts and len(self._counts) >= KINDS_MAX:
            kind = (level, "")  # they share what one kind may have
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        if count > LINES_MAX:
            raise structlog.DropEvent
        left_out = self._left_out.pop(kind, 0)
        return {**event, "left_out_before": left_out} if left_out else event


def add_subject(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """What the line itself says goes before what it is about."""
    return {**log_subject.fields(), **event}


def without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The last net: our own lines name no secrets, but an error of others may quote one."""
    return {
        name: _SECRETS.sub("***", value[:TEXT_MAX]) if isinstance(value, str) else value
        for name, value in event.items()
    }


class Libraries(logging.Handler):
    """What libraries log goes the way of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            _text(record),
            kind=f"{record.name} {record.msg}",
            logger=record.name,
            **({"exc_info": record.exc_info} if record.exc_info else {}),
        )


def _text(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (LookupError, TypeError, ValueError):  # it has arguments that do not fit its text
        return str(record.msg)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("a failure that nobody has caught", exc_info=(kind, error, trace))


def _uncaught_in_thread(failed: threading.ExceptHookArgs) -> None:
    if failed.exc_value is not None and failed.exc_type is not SystemExit:
        thread = failed.thread.name if failed.thread else ""
        trace = (failed.exc_type, failed.exc_value, failed.exc_traceback)
        log.error("a thread has failed", thread=thread, exc_info=trace)


def _unraisable(failed: "sys.UnraisableHookArgs") -> None:
    if failed.exc_value is None or sys.is_finalizing():  # of what a line needs some is gone by then
        sys.__unraisablehook__(failed)
        return
    # Not the object's own words: they may hold anything.
    trace = (failed.exc_type, failed.exc_value, failed.exc_traceback)
    where = failed.err_msg or type(failed.object).__name__
    log.error("a failure that could not be raised", where=where, exc_info=trace)


def _hear_everything() -> None:
    """Whatever else would write by itself writes a line like ours."""
    logging.basicConfig(level=logging.WARNING, handlers=[Libraries()], force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def configure(level: str, worker: int | None = None) -> None:
    """Logs as lines for people on a terminal, as JSON elsewhere; those of a worker say which."""
    for_people = sys.stderr.isatty()

    def name_worker(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return event if worker is None else {**event, "worker": worker}

    structlog.configure(
        processors=[
            Sparing(),
            structlog.contextvars.merge_contextvars,
            add_subject,
            name_worker,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        # A line in one write: several processes may write to the same file.
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", Stderr())),
        cache_logger_on_first_use=True,
    )
    _hear_everything()
