"""A worker, from within: one server, on the sockets that it was given."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys

import structlog

from alphasync import serving, telemetry
from alphasync.config import Settings
from alphasync.errors import StoreUnavailable
from alphasync.lifecycle import Server
from alphasync.store.retries import until_redis_answers
from alphasync.supervisor.assignment import ALIVE, READY, Assignment, alive_interval
from alphasync.tasks import Tasks

LAST_ANSWERS_GRACE = 1.0
"""Seconds from the last connection that a retired worker takes until it closes the first: whoever
came just before has its answer by then."""

log = structlog.get_logger(__name__)


class NotAWorker(Exception):
    """There is no supervisor at the other end of stdin."""


class Worker:
    """The connection to the supervisor, and what it has said."""

    def __init__(self, channel: socket.socket, assignment: Assignment) -> None:
        self._channel = channel
        self.assignment = assignment
        self._supervisor = os.getppid()

    @classmethod
    def from_stdin(cls) -> "Worker":
        """Raises NotAWorker."""
        try:
            channel = socket.socket(fileno=os.dup(sys.stdin.fileno()))
        except (OSError, AttributeError):  # not a socket; closed
            raise NotAWorker from None
        with channel.makefile("rb") as lines:
            line = lines.readline()
        if not line:
            raise NotAWorker
        return cls(channel, Assignment.decode(line))

    def cannot_start(self, reason: str) -> None:
        """Tell the supervisor, which tells people."""
        self._say(reason.encode() + b"\n")

    def _say(self, line: bytes) -> None:
        with contextlib.suppress(OSError):  # it is gone, and that is noticed elsewhere
            self._channel.sendall(line)

    async def _say_that_it_lives(self, interval: float) -> None:
        while True:
            # A supervisor that is stopped reads nothing, and nobody must wait for it.
            with contextlib.suppress(OSError):
                self._channel.send(ALIVE, socket.MSG_DONTWAIT)
            await asyncio.sleep(interval)

    async def serve(self, settings: Settings) -> None:
        """Serve until SIGTERM, or until the supervisor wants no more of it or is gone.

        Raises CannotStart.
        """
        loop = asyncio.get_running_loop()
        retired: asyncio.Future[bool] = loop.create_future()
        """Done when it is to end: whether it was retired, or told to by a signal."""
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _decide, retired, False)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # sent to all by mistake: it is not for us
        # A copy: the loop closes what it is given before it ends, and we may have a last word.
        reader, _ = await asyncio.open_connection(sock=self._channel.dup())
        tasks = Tasks()
        tasks.spawn(_until_alone(reader, retired), "supervisor")
        if settings.worker_timeout:
            interval = alive_interval(settings.worker_timeout)
            tasks.spawn(self._say_that_it_lives(interval), "signs of life")
        given = self.assignment
        sockets, watched = (
            [socket.socket(fileno=descriptor) for descriptor in descriptors]
            for descriptors in (given.sockets, given.metrics)
        )
        if not telemetry.shared:
            log.warning("no room for metrics: this worker's are in none but its own /metrics")
        try:
            async with serving.serving(
                settings, given.redis_url, given.gateway_url, sockets, watched
            ) as up:
                serving.announce(up)
                serving.tune_collector()
                tasks.spawn(self._say_when_ready(up.server), "ready")
                if await retired:
                    # Whoever has the slot or the port next takes them, from the same queue.
                    await up.stop_listening()
                    await asyncio.sleep(LAST_ANSWERS_GRACE)
                log.info("stopping")
        finally:
            await tasks.close()
            if os.getppid() != self._supervisor:  # it is gone, and cannot tidy up any more
                shutil.rmtree(os.environ[telemetry.FOLDER], ignore_errors=True)

    async def _say_when_ready(self, server: Server) -> None:
        async def look() -> None:
            await server.store.ping()
            if not server.store.pipeline.connected:
                raise StoreUnavailable

        await until_redis_answers(look)  # ready or not, the port is open meanwhile
        self._say(READY)


async def _until_alone(reader: asyncio.StreamReader, retired: asyncio.Future[bool]) -> None:
    with contextlib.suppress(OSError):  # as good as the end
        await reader.read()
    _decide(retired, True)


def _decide(retired: asyncio.Future[bool], answer: bool) -> None:
    if not retired.done():  # the first word counts
        retired.set_result(answer)
