"""Logs and metrics."""

import contextlib
import logging
import os
import sys
from typing import TextIO, cast

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from structlog.typing import EventDict, WrappedLogger

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of prometheus-client: where the workers of one supervisor keep theirs."""
IDENTITY = "ALPHASYNC_METRICS_AS"
"""Environment variable: the name for a worker's files there. No two living workers share one, and a
new worker gets that of a dead one: its counts go on, and the files do not grow in number."""

if FOLDER in os.environ and IDENTITY in os.environ:
    # Before the first metric is made. The library's own choice, the process id, is ever another.
    values.ValueClass = values.MultiProcessValue(  # type: ignore[no-untyped-call]
        lambda: os.environ[IDENTITY]
    )

commands = Counter("alphasync_commands", "Commands by outcome.", ["event", "outcome"])
events_delivered = Counter("alphasync_events_delivered", "Events put to sockets.")
resyncs = Counter("alphasync_resyncs", "Snapshots sent because events could not be replayed.")
recipients = Counter("alphasync_recipients", "Recipients by what became of them.", ["outcome"])
limits = Counter("alphasync_limits", "Clients that ran into a limit, by limit.", ["limit"])
forwarded = Counter(
    "alphasync_forwarded", "Requests passed on to the replica that has the session.", ["what"]
)
sessions = Gauge(
    "alphasync_sessions", "Registered sessions on this replica.", multiprocess_mode="livesum"
)
runs = Gauge("alphasync_runs", "Runs whose worker is this replica.", multiprocess_mode="livesum")


def exposition() -> bytes:
    """All metrics as Prometheus reads them: of this process, or of all workers together."""
    if FOLDER not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


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


def configure(level: str, worker: int | None = None) -> None:
    """Logs as lines for people on a terminal, as JSON elsewhere; those of a worker say which."""
    for_people = sys.stderr.isatty()

    def name_worker(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return event if worker is None else {**event, "worker": worker}

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            name_worker,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        # A line in one write: several processes may write to the same file.
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", Stderr())),
        cache_logger_on_first_use=True,
    )
    line = "%(name)s: %(message)s" if worker is None else f"worker {worker}: %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=line, stream=sys.stderr)
