"""Metrics."""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

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
