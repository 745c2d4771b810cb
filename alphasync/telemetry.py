"""Metrics."""

import os
import struct
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of prometheus-client: where the workers of one supervisor keep theirs."""
IDENTITY = "ALPHASYNC_METRICS_AS"
"""Environment variable: the name for a worker's files there. No two living workers share one, and a
new worker gets that of a dead one: its counts go on, and the files do not grow in number."""

FILES = ("counter", "gauge_livesum")
"""What prometheus-client calls the files of a process, by the kinds of metrics below."""
FILE_SIZE = 256 * 1024
"""Bytes of each, for some thousand figures; the library lets a larger one grow."""

log = structlog.get_logger(__name__)


def make_room(folder: Path, identity: str) -> bool:
    """Write a worker's files once from end to end, before they are mapped: to touch a page of them
    that a full disk has no room for ends the process (SIGBUS). False where there is no room."""
    for kind in FILES:
        file = folder / f"{kind}_{identity}.db"
        if file.exists():  # that of a dead worker
            continue
        draft = file.with_suffix(".part")  # nobody reads half of one
        try:
            draft.write_bytes(bytes(FILE_SIZE))
            draft.replace(file)
        except OSError:
            draft.unlink(missing_ok=True)
            return False
    return True


shared = FOLDER in os.environ and IDENTITY in os.environ
"""Whether the figures of this process are where the other workers find them."""
if shared:
    shared = make_room(Path(os.environ[FOLDER]), os.environ[IDENTITY])
    # Before the first metric is made. The library's own choice, the process id, is ever another.
    values.ValueClass = (
        values.MultiProcessValue(lambda: os.environ[IDENTITY])  # type: ignore[no-untyped-call]
        if shared
        else values.MutexValue
    )

commands = Counter("alphasync_commands", "Commands by outcome.", ["event", "outcome"])
events_delivered = Counter("alphasync_events_delivered", "Events put to sockets.")
resyncs = Counter("alphasync_resyncs", "Snapshots sent because events could not be replayed.")
recipients = Counter("alphasync_recipients", "Recipients by what became of them.", ["outcome"])
limits = Counter("alphasync_limits", "Clients that ran into a limit, by limit.", ["limit"])
forwarded = Counter(
    "alphasync_forwarded", "Requests passed on to the server that has the session.", ["what"]
)
sessions = Gauge(
    "alphasync_sessions", "Registered sessions on this server.", multiprocess_mode="livesum"
)
runs = Gauge("alphasync_runs", "Runs whose worker is this server.", multiprocess_mode="livesum")


def exposition() -> bytes:
    """All metrics as Prometheus reads them: of this process, or of all workers together; of this
    one alone where its files are gone, as when somebody has tidied up."""
    if shared:
        folder, identity = os.environ[FOLDER], os.environ[IDENTITY]
        if all(os.path.exists(f"{folder}/{kind}_{identity}.db") for kind in FILES):
            try:
                registry = CollectorRegistry()
                MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
                return generate_latest(registry)
            except (OSError, ValueError, RuntimeError, struct.error) as error:
                log.warning("the workers' metrics cannot be read", error=str(error))
        else:
            log.warning("the workers' metrics are gone: this one gives its own", folder=folder)
    return generate_latest()
