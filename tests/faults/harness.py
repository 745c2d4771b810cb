"""What the fault tests drive: servers as processes of their own on a Valkey that can be killed."""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from redis.asyncio import Redis

from alphasync.gateway.sandbox import Faults, People, RunningSandbox, start_sandbox
from alphasync.services.tokens import Tokens
from tests.faults.returning import ReturningDevice
from tests.forks import Fork
from tests.harness import PATIENCE, SECRET, Device, Valkey, wait_until
from tests.ports import free_port

START_WITHIN = 150.0
"""Seconds for a process to be ready, with the machine busy."""
GONE_WITHIN = 60.0
"""Seconds from SIGTERM to the end of the process."""
CLOSE_WITHIN = 3.0
"""Seconds for a device to take its leave of a server that may not be there any more."""
TOKEN_LIFETIME = 6 * 3600.0
ON_DISK = ("--appendonly", "yes", "--appendfsync", "always")
"""With ``everysec`` a kill may cost, on a busy disk, commands that were answered already."""
EACH_TEXT = "60s"
"""Of ``TYPED_WAIT``: each key stroke arrives, however busy the machine is."""
OURS = ("ALPHASYNC_ENV", "REDIS_URL", "GATEWAY_URL", "CORS_ORIGINS", "DEVICE_GRACE", "PAGE_GRACE")
"""Settings that the developer's own environment must not bring into a test."""


class ServerProcess:
    """``alphasync serve`` on a port that it keeps over restarts."""

    def __init__(self, log: Path, settings: dict[str, str], program: tuple[str, ...]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._program = program
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        own = {"HOST": "127.0.0.1", "PORT": str(self.port), "JWT_SECRET": SECRET, "WORKERS": "1"}
        own["TYPED_WAIT"] = EACH_TEXT
        self._environment = {**inherited, **own, **settings}
        self._process: Fork | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def start(self) -> None:
        """Start it, also once more, and return when it is ready."""
        with self._log.open("ab") as log:
            # A busy machine may let Redis answer late, which is no reason to have no server.
            words = (*self._program, "serve", "--wait")
            self._process = Fork(words, self._environment, log.fileno(), log.fileno())
        async with asyncio.timeout(START_WITHIN):
            while not await self.ready():
                assert self.running, self.log[-2000:]
                await asyncio.sleep(0.05)

    async def ready(self) -> bool:
        """What ``/readyz`` says; no answer is a no."""
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
                session.get(f"{self.url}/readyz") as response,
            ):
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    async def gone(self, within: float = GONE_WITHIN) -> int:
        """Wait for the end of the process; its return code."""
        assert self._process is not None
        await wait_until(lambda: not self.running, within, f"end of server {self.port}")
        code = self._process.returncode
        assert code is not None
        return code

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


class Site:
    """Servers, the Valkey they share, the gateway they send through, and devices."""

    def __init__(
        self,
        folder: Path,
        valkey: Valkey,
        sandbox: RunningSandbox,
        settings: dict[str, Any],
        program: tuple[str, ...],
    ) -> None:
        self.folder = folder
        self.valkey = valkey
        self.sandbox = sandbox
        self.tokens = Tokens((SECRET,), TOKEN_LIFETIME)
        self.servers: list[ServerProcess] = []
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.redis: Redis = Redis.from_url(valkey.url, decode_responses=True)
        self._settings = settings
        self._program = program
        self._devices: list[Device] = []

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.servers]

    async def add_server(
        self, program: tuple[str, ...] | None = None, **settings: Any
    ) -> ServerProcess:
        """Start one server more, of the site's program unless another one is named, with these
        settings beside the site's."""
        given = {
            "redis_url": self.valkey.url,
            "gateway_url": self.sandbox.url,
            "log_level": "info",
            **self._settings,
            **settings,
        }
        environment = {name.upper(): str(value) for name, value in given.items()}
        log = self.folder / f"server-{len(self.servers)}.log"
        server = ServerProcess(log, environment, program or self._program)
        self.servers.append(server)
        await server.start()
        return server

    def token(self, operator: str = "demo", **claims: Any) -> str:
        return self.tokens.mint(operator, **claims).token

    async def device(self, server: int = 0, token: str | None = None, **options: Any) -> Device:
        """A device on one of the servers, which stays away once its connection is lost."""
        device = Device(self.urls[server], token or self.token(), **options)
        self._devices.append(device)
        await device.connect()
        return device

    async def returning(
        self, *urls: str, token: str | None = None, remembers: bool = True
    ) -> ReturningDevice:
        """A device that comes back by itself, to these addresses in turn (default: all)."""
        device = ReturningDevice(
            self.http, list(urls) or self.urls, token or self.token(), remembers=remembers
        )
        self._devices.append(device)
        await device.connect()
        return device

    async def deliveries(self, profile: str | None = None) -> list[dict[str, Any]]:
        """What the gateway delivered, by its own list."""
        async with self.http.get(f"{self.sandbox.url}/deliveries") as response:
            found: list[dict[str, Any]] = await response.json()
        return [d for d in found if profile is None or d["profileId"] == profile]

    async def reached(self, profile: str | None = None) -> Counter[str]:
        """How often each recipient was messaged, by the gateway's own list."""
        return Counter(d["recipientId"] for d in await self.deliveries(profile))

    async def delivered(self, count: int, profile: str | None = None) -> None:
        """Wait until the gateway has delivered so many messages."""
        async with asyncio.timeout(PATIENCE):
            while len(await self.deliveries(profile)) < count:
                await asyncio.sleep(0.01)

    async def runner(self, profile: str) -> ServerProcess:
        """The server that sends for the profile's chat run; one that has kept its lease."""
        name = await self.redis.hget(f"as:{{o:demo}}:run:chat:{profile}", "replica")
        return next(r for r in self.servers if f'"server": "{name!s}"' in r.log)

    async def change(self, **faults: object) -> None:
        """Set some switches of the sandbox; the others stay."""
        async with self.http.patch(f"{self.sandbox.url}/faults", json=faults) as response:
            assert response.status == 200, await response.text()

    async def switch(self, **faults: object) -> None:
        """Set the gateway's switches; those that are not named are off."""
        async with self.http.put(f"{self.sandbox.url}/faults", json=faults) as response:
            assert response.status == 200, await response.text()

    def complaints(self) -> list[str]:
        """Logs of servers that ran into something that nobody had thought of."""
        signs = ("Traceback (most recent call last)", "never retrieved", "internal_error")
        logs = [server.log for server in self.servers]
        return [log for log in logs if any(sign in log for sign in signs)]

    async def leave(self) -> None:
        """All devices go, on purpose."""
        await asyncio.gather(*(_part_with(device) for device in self._devices))
        self._devices.clear()

    async def close(self) -> None:
        try:
            await self.leave()
        finally:  # a device that cannot close must not leave the processes behind
            for server in self.servers:
                server.kill()
            await self.redis.aclose()
            await self.http.close()


@contextlib.asynccontextmanager
async def site(
    servers: int = 2,
    *,
    people: People | None = None,
    faults: Faults | None = None,
    valkey: tuple[str, ...] = ON_DISK,
    program: tuple[str, ...] = ("-m", "alphasync"),
    **settings: Any,
) -> AsyncIterator[Site]:
    """Servers with these settings; whatever happens, no process of it stays."""
    folder = Path(tempfile.mkdtemp(prefix="as-faults-"))
    server = Valkey(folder, *valkey)
    sandbox = await start_sandbox("127.0.0.1", 0, people=people, faults=faults)
    running = Site(folder, server, sandbox, settings, program)
    try:
        await server.start()
        async with asyncio.TaskGroup() as starting:
            for _ in range(servers):
                starting.create_task(running.add_server())
        yield running
        complaints = "\n".join(running.complaints())
        assert not complaints, complaints
    finally:
        try:
            await running.close()
        finally:
            await sandbox.close()
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)


async def completed(device: Device, count: int = 1, within: float = 60.0) -> None:
    """Wait until the device has heard of so many runs that have come to their end."""
    await wait_until(
        lambda: len(device.named("processingComplete")) >= count, within, "processingComplete"
    )


async def nobody_twice_nobody_lost(
    running: Site, device: Device, profile: str, count: int, uncertain: int = 0
) -> None:
    """Each of the profile's recipients was messaged once, or is one of at most ``uncertain`` who
    may have been and are listed for a person to decide."""
    reached = await running.reached(profile)
    assert set(reached.values()) <= {1}, f"twice: {[r for r, n in reached.items() if n > 1]}"
    ack = await device.call("listUncertain", {"profileId": profile, "type": "chat"})
    listed = {recipient["id"] for recipient in ack["recipients"]}
    assert len(listed) <= uncertain, listed
    lost = {f"{profile}-{place}" for place in range(count)} - set(reached) - listed
    assert not lost, f"neither messaged nor listed: {lost}"


async def _part_with(device: Device) -> None:
    try:
        async with asyncio.timeout(CLOSE_WITHIN):
            await device.close()
    except TimeoutError:  # its server is dead or paused
        await device.drop()
