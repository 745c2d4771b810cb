"""Metrics."""

import contextlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import structlog
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from alphasync.telemetry.processes import Process
from alphasync.telemetry.tally import Histograms, Tally

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of prometheus-client: where the workers of one supervisor keep theirs."""
IDENTITY = "ALPHASYNC_METRICS_AS"
"""Environment variable: the name for a worker's files there. No two living workers share one, and a
new worker gets that of a dead one: its counts go on, and the files do not grow in number."""

FILES = ("counter", "gauge_livesum", "gauge_livemax", "histogram")
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

SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds, of what is mostly a few milliseconds."""


def _now(name: str, what: str, labels: tuple[str, ...] = ()) -> Gauge:
    """Something that can be counted now; of several workers, what they have together."""
    return Gauge(name, what, labels, multiprocess_mode="livesum")


commands = Counter("alphasync_commands", "Commands by outcome.", ["event", "outcome"])
command_seconds = Tally(
    "alphasync_command_seconds",
    "From the start of carrying a command out to its result, of those carried out.",
    SHORT,
)
connections = _now("alphasync_connections", "Connections of clients by transport.", ("transport",))
sessions = _now("alphasync_sessions", "Registered sessions on this server.")
queue_bytes = _now("alphasync_queue_bytes", "Bytes that wait for clients.")
slow_consumers = _now(
    "alphasync_slow_consumers", "Clients for whom more than a tenth waits of what may wait."
)
events_delivered = Counter("alphasync_events_delivered", "Events put to sockets.")
resyncs = Counter("alphasync_resyncs", "Snapshots sent because events could not be replayed.")
relay_gaps = Counter("alphasync_relay_gaps", "Events that came with others missing before them.")
relay_replayed = Counter("alphasync_relay_replayed", "Events read from a log that were missed.")
limits = Counter("alphasync_limits", "Clients that ran into a limit, by limit.", ["limit"])
forwarded = Counter(
    "alphasync_forwarded", "Requests passed on to the server that has the session.", ["what"]
)

runs = _now("alphasync_runs", "Runs whose worker is this server.")
runs_held = _now(
    "alphasync_runs_held", "Those of them that do not send now, by what holds.", ("by",)
)
texts_overtaken = Counter(
    "alphasync_texts_overtaken",
    "Typed texts in whose place a newer one was stored, as they had to wait.",
)
runs_ended = Counter("alphasync_runs_ended", "Runs that this server let go of, by how.", ["how"])
webhook_attempts = Counter(
    "alphasync_webhook_attempts", "Attempts to tell webhooks something, by outcome.", ["outcome"]
)
recipients = Counter("alphasync_recipients", "Recipients by what became of them.", ["outcome"])
gateway_seconds = Histogram(
    "alphasync_gateway_seconds",
    "What a call to the gateway took.",
    ["call"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)
gateway_answers = Counter(
    "alphasync_gateway_answers", "Calls to the gateway by what came back.", ["call", "outcome"]
)

leases = _now("alphasync_leases", "Servers whose lease holds.")
leases_lost = Counter("alphasync_leases_lost", "Times that this server was taken for dead.")
takeovers = Counter(
    "alphasync_takeovers",
    "What was taken over from other servers: runs, and servers that had not ended by themselves.",
    ["what"],
)

servers = _now("alphasync_servers", "Servers that these figures are of: each worker is one.")
redis_connected = _now("alphasync_redis_connected", "Servers whose connection to Redis works.")
redis_seconds = Tally(
    "alphasync_redis_seconds", "From a command's way to Redis to its answer, ten a second.", SHORT
)
loop_lag = Tally(
    "alphasync_loop_lag_seconds", "How late a timer was that was due: all wait for so long.", SHORT
)

for _alarming in (
    takeovers.labels("server"),
    runs_ended.labels("failed"),
    runs_ended.labels("lost"),
    recipients.labels("uncertain"),
):
    _alarming.inc(0)  # Prometheus sees no increase where a figure begins with its first one

_process = Process() if shared else None


def count_up() -> None:
    """Bring what is noted elsewhere to where a scrape finds it."""
    for tally in Tally.made:
        tally.hand_over()
    if _process is not None:
        _process.look()


@contextlib.contextmanager
def held(by: str) -> Iterator[None]:
    """While a run waits for something."""
    runs_held.labels(by).inc()
    try:
        yield
    finally:
        runs_held.labels(by).dec()


def exposition() -> bytes:
    """All metrics as Prometheus reads them: of this process, or of all workers together; of this
    one alone where its files are gone, as when somebody has tidied up."""
    count_up()
    if shared:
        folder, identity = os.environ[FOLDER], os.environ[IDENTITY]
        if all(os.path.exists(f"{folder}/{kind}_{identity}.db") for kind in FILES):
            try:
                of_all = MultiProcessCollector(CollectorRegistry())  # type: ignore[no-untyped-call]
                return _shown(of_all)
            except (OSError, ValueError, RuntimeError, struct.error) as error:
                log.warning("the workers' metrics cannot be read", error=str(error))
        else:
            log.warning("the workers' metrics are gone: this one gives its own", folder=folder)
    return _shown(REGISTRY)


def _shown(collector: Collector) -> bytes:
    registry = CollectorRegistry()
    registry.register(Histograms(collector))
    return generate_latest(registry)
