"""Logs and metrics."""

import logging
import sys

import structlog
from prometheus_client import Counter, Gauge

commands = Counter("alphasync_commands", "Commands by outcome.", ["event", "outcome"])
events_delivered = Counter("alphasync_events_delivered", "Events put to sockets.")
resyncs = Counter("alphasync_resyncs", "Snapshots sent because events could not be replayed.")
recipients = Counter("alphasync_recipients", "Recipients by what became of them.", ["outcome"])
limits = Counter("alphasync_limits", "Clients that ran into a limit, by limit.", ["limit"])
sessions = Gauge("alphasync_sessions", "Registered sessions on this replica.")
runs = Gauge("alphasync_runs", "Runs whose worker is this replica.")


def configure(level: str) -> None:
    """Logs as lines for people on a terminal, as JSON elsewhere."""
    for_people = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s", stream=sys.stderr)
