"""Running a server in a process of its own."""

import asyncio
import contextlib
import errno
import gc
import os
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from alphasync.app import build
from alphasync.checks import CannotStart
from alphasync.config import Settings, WrongSetting
from alphasync.config.values import GOT_MAX
from alphasync.intake import Intake
from alphasync.intake.sockets import NoSuchHost, open_sockets
from alphasync.lifecycle import Server
from alphasync.store.connect import MEMORY, redacted
from alphasync.surroundings import surroundings

NOT_READY_GRACE = 1.0
"""Seconds from readiness going red to the first socket that is closed: load balancers look about
once a second, and a client that comes back is not to be sent here again."""
GARBAGE_THRESHOLD = 50_000
"""Objects, net of those that went, before the youngest are looked at: some 10 MB at most."""
FREE_PORTS_MAX = 20
"""Ports that are tried, to name one that is free."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass
class Serving:
    """A server with its port open."""

    server: Server
    runner: Intake
    port: int
    metrics_port: int | None = None
    notice: float = NOT_READY_GRACE

    async def stop_listening(self) -> None:
        """Take no more connections; those that are there go on."""
        self.notice = 0.0  # nobody can come any more
        for site in list(self.runner.sites):
            await site.stop()


@contextlib.asynccontextmanager
async def serving(
    settings: Settings,
    redis: str,
    gateway: str,
    sockets: Sequence[socket.socket] = (),
    metrics: Sequence[socket.socket] | None = None,
) -> AsyncIterator[Serving]:
    """A server that serves, on these sockets or else on its settings' ports. Raises CannotStart."""
    async with contextlib.AsyncExitStack() as stack:
        watched = metrics_sockets(settings) if metrics is None else metrics
        for each in watched:
            stack.enter_context(each)
        try:
            server = build(settings, redis, gateway)
        except WrongSetting as error:
            raise CannotStart(str(error)) from error
        try:
            await server.start()
            if watched:
                stack.push_async_callback((await server.metrics.open(watched)).cleanup)
            runner, port = await server.listen(settings.host, settings.port, sockets)
        except BaseException as error:
            await server.stop()
            if isinstance(error, OSError):
                raise cannot_listen(settings, error) from error
            if isinstance(error, WrongSetting):
                raise CannotStart(str(error)) from error
            raise
        up = Serving(server, runner, port, watched[0].getsockname()[1] if watched else None)
        try:
            yield up
        finally:
            await server.stop(up.notice)
            await runner.cleanup()


def metrics_sockets(settings: Settings) -> list[socket.socket]:
    """Where the metrics are to be had, if on a port of their own. Raises CannotStart."""
    if settings.metrics_port is None:
        return []
    host, port = settings.metrics_host, settings.metrics_port
    try:
        return open_sockets(host, port)
    except OSError as error:
        raise _refused(error, "METRICS_HOST", host, "METRICS_PORT", port) from error


def cannot_listen(settings: Settings, error: OSError) -> CannotStart:
    return _refused(error, "HOST", settings.host, "PORT", settings.port)


def _refused(
    error: OSError, host_setting: str, host: str, port_setting: str, port: int
) -> CannotStart:
    if isinstance(error, NoSuchHost):
        shown = host if len(host) <= GOT_MAX else host[:GOT_MAX] + "..."
        return CannotStart(
            f"{host_setting}: this machine cannot listen on {shown!r} ({error.strerror})"
        )
    text = f"{port_setting}: cannot listen on {port} ({error.strerror})"
    if error.errno == errno.EADDRINUSE:
        text += f"; `lsof -i :{port}` says who does, {port_setting}={_free_after(port)} is free"
    elif error.errno in (errno.EACCES, errno.EPERM):
        text += "; ports below 1024 are for root: take a higher one"
    return CannotStart(text)


def _free_after(port: int) -> int:
    """A port that nobody listens on, not far from this one where there is one."""
    for candidate in (*range(port + 1, min(port + FREE_PORTS_MAX, 65536)), 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("", candidate))
            return int(probe.getsockname()[1])
    return 0


async def serve(settings: Settings, *, wait: bool) -> None:
    """Serve until it is cancelled. Raises CannotStart."""
    async with (
        surroundings(settings, wait=wait) as (redis, gateway),
        serving(settings, redis, gateway) as up,
    ):
        announce(up)
        print(welcome(settings, up.port, gateway), flush=True)
        tune_collector()
        await asyncio.Event().wait()


def announce(up: Serving) -> None:
    """Say in the log which server this is."""
    log.info(
        "serving",
        port=up.port,
        **({"metrics_port": up.metrics_port} if up.metrics_port else {}),
        server=up.server.membership.name.current,
        redis=redacted(up.server.store.url),
        pid=os.getpid(),
    )


def tune_collector() -> None:
    """Look for garbage less often: sockets and sessions live long, and what an event leaves behind
    goes by itself. With Python's own thresholds a tenth of the work is looking at them in vain."""
    gc.collect()
    gc.freeze()  # what is there by now is there to stay
    gc.set_threshold(GARBAGE_THRESHOLD, 20, 20)


async def until_stopped(work: Coroutine[None, None, T]) -> T | None:
    """Carry the work out, and cancel it at SIGINT, SIGTERM, or SIGHUP unless that is to be ignored
    (nohup): from its first step on, so that what it has started never stays behind."""
    loop = asyncio.get_running_loop()
    working = asyncio.create_task(work, name="main")

    def stop() -> None:
        if not stopped.done():  # a second signal does not break off the orderly end
            log.info("stopping")
            stopped.set_result(None)
            working.cancel()

    stopped: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop)
    try:
        return await working
    except asyncio.CancelledError:
        if stopped.done():
            return None
        raise


def _where_state_is(settings: Settings) -> str:
    if not settings.redis_url:
        return f"embedded Valkey in {settings.data_dir}"
    url = redacted(settings.redis_url)
    return f"{url}   (nothing is kept)" if settings.redis_url.startswith(MEMORY) else url


def welcome(settings: Settings, port: int, gateway: str, workers: int = 1) -> str:
    """What a person has to know who has started it."""
    lines = [f"alphasync is up:   http://localhost:{port}"]
    if settings.uses_sandbox:
        lines += [
            "  sign in with     demo@example.com   password: demo",
            f"  what arrives     {gateway}   (the sandbox gateway: nobody real is messaged)",
        ]
    else:
        lines.append(f"  gateway          {gateway}")
    lines.append(f"  state            {_where_state_is(settings)}")
    if workers > 1:
        lines.append(f"  workers          {workers}")
    return "\n".join(lines)
