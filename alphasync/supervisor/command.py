"""``alphasync serve`` with more than one worker: what they share, and what signals mean."""

import asyncio
import contextlib
import os
import signal
import sys

import structlog

from alphasync.checks import CannotStart
from alphasync.config import Settings
from alphasync.intake.sockets import listening
from alphasync.serving import cannot_listen, metrics_sockets, welcome
from alphasync.supervisor.metrics import metrics_folder
from alphasync.supervisor.process import NotReady
from alphasync.supervisor.supervisor import Supervisor
from alphasync.surroundings import surroundings

log = structlog.get_logger(__name__)


async def supervise(settings: Settings, workers: int, *, wait: bool) -> None:
    """Serve with so many workers until SIGINT or SIGTERM. Raises CannotStart."""
    async with surroundings(settings, wait=wait) as (redis, gateway):
        with contextlib.ExitStack() as stack:
            try:
                folder = stack.enter_context(metrics_folder(settings.data_dir))
            except OSError as error:
                raise CannotStart(f"TMPDIR: no room for the workers' metrics ({error})") from error
            try:
                port, sockets = stack.enter_context(
                    listening(settings.host, settings.port, workers)
                )
            except OSError as error:
                raise cannot_listen(settings, error) from error
            watched = [stack.enter_context(each) for each in metrics_sockets(settings)]
            environment = {
                **os.environ,
                # What the command line may have said.
                "HOST": settings.host,
                "PORT": str(port),
                "ALPHASYNC_DATA_DIR": str(settings.data_dir),
            }
            supervisor = Supervisor(
                sockets, redis, gateway, environment, folder, settings.worker_timeout, watched
            )
            await _watched(supervisor, welcome(settings, port, gateway, workers))


async def _watched(supervisor: Supervisor, words: str) -> None:
    """From the first worker's start to the last one's end."""
    stop = _listen_to_signals(supervisor)
    stopping = asyncio.create_task(stop.wait(), name="signals")
    starting = asyncio.create_task(supervisor.start(), name="start of the workers")
    try:
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            print(words, flush=True)
            await stopping
        log.info("stopping")
    except NotReady as error:
        raise CannotStart(str(error)) from error
    finally:
        starting.cancel()
        stopping.cancel()
        await asyncio.gather(starting, stopping, return_exceptions=True)
        await supervisor.stop()


def _listen_to_signals(supervisor: Supervisor) -> asyncio.Event:
    """SIGTERM and SIGINT set the event, and kill the second time; SIGHUP replaces all workers."""
    stop = asyncio.Event()
    on_terminal = os.isatty(sys.stdin.fileno()) if sys.stdin else False

    def end() -> None:
        if stop.is_set():
            supervisor.kill()
        stop.set()

    def hang_up() -> None:
        # The same signal says that the terminal is gone, on which we were started.
        if on_terminal and not os.isatty(sys.stdin.fileno()):
            end()
        else:
            supervisor.roll()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    return stop
