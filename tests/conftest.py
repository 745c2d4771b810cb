"""Fixtures for all tests."""

import asyncio
import contextlib
import functools
import gc
import importlib
import operator
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from pathlib import Path

import pytest
import redis.utils
import structlog
from hypothesis import HealthCheck, settings

from alphasync.gateway.sandbox.cast import default_people
from alphasync.store.connect import make_client
from alphasync.store.redis.functions import Library
from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.loading import library, load
from alphasync.web.console import Build, console_folder
from tests.harness import PATIENCE, Cluster, cluster
from tests.leaks import Connections
from tests.stores.kinds import DEFAULT, EMBEDDED, KINDS, Servers
from tests.stores.shards import ClusterSite

PROCESSES_PER_CORE = 4
PROCESSES_MAX = 12
"""Each has some hundred MB, and its own servers beside. With fewer on a core all wait at once; more
take longer to begin than they gain."""

TESTS = Path(__file__).parent
ROOT = TESTS.parent
FAULTS = TESTS / "faults"
LONG_WITHIN = 0.85
"""Of each process's part of the tests."""
BROWSER_SHARE = 4
"""One in so many processes drives a browser: its tests are three tenths of all computing."""

# Kept for the next process: the tests start hundreds, and compiling is half of what a start takes.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Each process that imports aiohttp reads all authorities of the system, a twelfth of what a start
# takes; and no test asks the outside for anything. (Also where the machine says which to read.)
os.environ["SSL_CERT_FILE"] = os.devnull

# Each connection asks the installed package for its version: 2 ms, for each of thousands.
redis.utils.get_lib_version = functools.cache(redis.utils.get_lib_version)

# By itself structlog draws each traceback with all its sources in colours: a second of computing.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

# How long Hypothesis's examples take, and how long it takes to make them, says how busy the machine
# is, and nothing else.
settings.register_profile(
    "patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")


connections = Connections()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--soak", default="45", metavar="SECONDS", help="How long the soak breaks things."
    )
    parser.addoption(
        "--soak-seed",
        default=None,
        metavar="N",
        help="Which things the soak breaks (default: any).",
    )
    parser.addoption(
        "--malformed",
        default="800",
        metavar="CASES",
        help="How many malformed requests, packets and answers are made.",
    )
    parser.addoption(
        "--overload",
        default="2",
        metavar="SECONDS",
        help="How long more typed texts come than a server can carry.",
    )
    parser.addoption(
        "--redis",
        choices=tuple(KINDS),
        help=f"Run all on this kind of Redis (default: {DEFAULT}, and the event contract on each).",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked as any_redis runs on each kind of Redis, unless one is asked for.

    The embedded one is the default one with a disk: that is for those that name it.
    """
    mark = metafunc.definition.get_closest_marker("any_redis")
    if mark and "redis_servers" in metafunc.fixturenames and not metafunc.config.option.redis:
        kinds = [kind for kind in KINDS if kind != EMBEDDED or kind in mark.args]
        metafunc.parametrize("redis_servers", kinds, indirect=True, scope="session")


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist, too
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What ``-n auto`` is: most tests wait for most of their time."""
    return min(PROCESSES_PER_CORE * (os.cpu_count() or 1), PROCESSES_MAX)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What is shown on the default kind of Redis, or by two servers, too, is for whoever has the
    time."""
    if redis_of(item) != DEFAULT or store_of(item) != DEFAULT or server_count_of(item) == 1:
        item.add_marker(pytest.mark.slow)


def redis_of(item: pytest.Item) -> object:
    return params_of(item).get("redis_servers", DEFAULT)


def store_of(item: pytest.Item) -> object:
    """The kind of a script's own store."""
    return params_of(item).get("store_url", DEFAULT)


def server_count_of(item: pytest.Item) -> object:
    """1 or 2 where it runs on either; else None."""
    params = params_of(item)
    return params.get("servers") or params.get("brisk")


def params_of(item: pytest.Item) -> dict[str, object]:
    return item.callspec.params if hasattr(item, "callspec") else {}


def pytest_collection(session: pytest.Session) -> None:
    """On a fresh clone each test module is compiled by whoever comes to it first, and all processes
    would come to each at once: each begins with a part of its own, and finds the others' done."""
    if workers := getattr(session.config, "workerinput", None):
        own, count = int(workers["workerid"].removeprefix("gw")), workers["workercount"]
        for module in modules_among(session.config.args)[own::count]:
            # Who collects it says what is wrong with it.
            with contextlib.suppress(Exception, pytest.skip.Exception):
                importlib.import_module(module)


def modules_among(paths: Iterable[str]) -> list[str]:
    """The names of our test modules in these folders."""
    folders = {Path(path).resolve() for path in paths}
    found = sorted(path for path in TESTS.rglob("test_*.py") if folders & set(path.parents))
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found]


@pytest.hookimpl(trylast=True)  # behind pytest's own order, by kinds of Redis
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_repeats(config, items)
    if workers := getattr(config, "workerinput", None):  # of one of several processes
        items[:] = spread_out(items, workers["workercount"])


# While the thousands of tests are collected, nearly nothing is garbage.
gc.disable()


def pytest_collection_finish() -> None:
    """The thousands of tests stay until the end: no look for garbage has to look at them again, and
    with so much memory it need not look often: it took a fifth of all computing."""
    gc.enable()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def leave_out_repeats(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the kinds of Redis beside the default one, two servers show what one does, and more."""
    left = {item for item in items if redis_of(item) != DEFAULT and server_count_of(item) == 1}
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]


def spread_out(items: list[pytest.Item], processes: int) -> list[pytest.Item]:
    """Each process gets a part of the list. At no time are all of them to wait, and at none all to
    compute, so what does either is at even distances: the tests that drive a browser are those of a
    few processes, that each start one; those that break something wait longest, and go round the
    others; the other slow ones are everywhere. At the end of a part are only short ones, which a
    process that has come to the end of its own can take."""
    driving = max(1, processes // BROWSER_SHARE)
    kinds: dict[str, list[pytest.Item]] = {"browser": [], "breaking": [], "slow": [], "short": []}
    for item in items:
        kinds[kind_of(item)].append(item)
    drivers, others = range(driving), range(driving % processes, processes)  # of one: itself
    breaking = kinds["breaking"]
    dealt = [item for first in range(len(others)) for item in breaking[first :: len(others)]]
    places = [
        *places_of(kinds["browser"], drivers, LONG_WITHIN),
        *places_of(dealt, others, LONG_WITHIN),
        *places_of(kinds["slow"], range(processes), LONG_WITHIN),
        *places_of(kinds["short"], range(processes), 1),
    ]
    return [item for _, item in sorted(places, key=operator.itemgetter(0))]


def kind_of(item: pytest.Item) -> str:
    if item.get_closest_marker("browser"):
        return "browser"
    if FAULTS in item.path.parents:
        return "breaking"
    return "slow" if item.get_closest_marker("slow") else "short"


def places_of(
    items: list[pytest.Item], parts: range, within: float
) -> Iterator[tuple[float, pytest.Item]]:
    """Even places in these parts, of each only the beginning; each part is one long."""
    for number, item in enumerate(items):
        part, place = divmod((number + 0.5) / len(items) * len(parts), 1)
        yield parts[int(part)] + place * within, item


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around the end of the test's event loop
def pytest_runtest_teardown() -> Generator[None, object, object]:
    ended = yield
    connections.fail_for_abandoned()
    return ended


@pytest.fixture(scope="session", autouse=True)
def connections_watched() -> Iterator[None]:
    with connections.watched():
        yield


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """Thousands of servers start in the tests' own process. What each makes as it starts, and only
    reads from then on, is the same for all: made anew it was a third of all work of the suite."""
    scripts_of = functools.cache(load)

    @functools.cache
    def library_of(lifetimes: Lifetimes, publish: str) -> Library:
        return library(scripts_of(lifetimes, publish), lifetimes, publish)

    own_build = Build.read(console_folder())
    own_packed = own_build.pack()
    read, pack = Build.read, Build.pack

    def read_once(folder: Path) -> Build:
        return own_build if folder == console_folder() else read(folder)

    def pack_once(build: Build) -> bytes:
        return own_packed if build is own_build else pack(build)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alphasync.store.scripts.calls.load", scripts_of)
        patch.setattr(
            "alphasync.store.scripts.calls.library",
            lambda _, lifetimes, publish: library_of(lifetimes, publish),
        )
        patch.setattr(
            "alphasync.gateway.sandbox.server.default_people", functools.cache(default_people)
        )
        patch.setattr(Build, "read", read_once)
        patch.setattr(Build, "pack", pack_once)
        yield


@contextlib.contextmanager
def running(kind: str) -> Iterator[Servers]:
    # Not pytest's own folder: a unix socket's path has room for about 100 characters.
    folder = Path(tempfile.mkdtemp(prefix=f"as-{kind}-"))
    try:
        servers = KINDS[kind](folder)
        try:
            asyncio.run(servers.start())
            yield servers
        finally:
            servers.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey() -> Iterator[Servers]:
    """One real Valkey for the whole run."""
    with running(DEFAULT) as servers:
        yield servers


@pytest.fixture(scope="session")
def redis_servers(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """The Redis of the whole run; each test starts with an empty one (``redis_url``)."""
    kind = getattr(request, "param", None) or request.config.getoption("--redis") or DEFAULT
    if kind == DEFAULT:
        yield request.getfixturevalue("valkey")
    else:
        with running(kind) as servers:
            yield servers


@pytest.fixture
async def redis_url(redis_servers: Servers) -> AsyncIterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alphasync.store.connect.CONNECT_TIMEOUT", PATIENCE)
        client = make_client(redis_servers.url)
    await client.flushall()
    await client.config_resetstat()
    await client.aclose()
    if isinstance(redis_servers, ClusterSite):
        redis_servers.forget_counts()
    yield redis_servers.url
    if isinstance(redis_servers, ClusterSite):
        assert redis_servers.crossed() == 0, "commands or scripts that touch two slots"


@pytest.fixture(params=[1, 2], ids=["one-server", "two-servers"])
async def servers(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Cluster]:
    """The event contract holds on one server and across two."""
    async with cluster(redis_url, servers=request.param) as running:
        yield running


@pytest.fixture
async def one_server(redis_url: str) -> AsyncIterator[Cluster]:
    async with cluster(redis_url) as running:
        yield running
