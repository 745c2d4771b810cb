"""What the contract's tests share: the sandbox's own books, raw sockets, the shape of a payload."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People
from alphasync.gateway.sandbox.people import Account, Person, person
from tests.harness import PATIENCE, Cluster, Device, Event, wait_until

Payload = dict[str, Any]

MAIL = "A mail that is long enough to be sent, because a mail has to say a little. " * 2
assert 150 <= len(MAIL) <= 5000

RUN_EVENTS = (
    "processingStarted",
    "processingProgress",
    "processingComplete",
    "processingStopped",
    "processingInterrupted",
    "allProcessingStopped",
    "runSettled",
)


async def deliveries(cluster: Cluster, profile: str | None = None) -> list[Payload]:
    """What the gateway delivered, by its own list."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{cluster.sandbox.url}/deliveries") as response,
    ):
        found: list[Payload] = await response.json()
    return [d for d in found if profile is None or d["profileId"] == profile]


async def reached(cluster: Cluster, profile: str | None = None) -> Counter[str]:
    """How often each recipient was messaged, by the gateway's own list."""
    return Counter(d["recipientId"] for d in await deliveries(cluster, profile))


async def switch(cluster: Cluster, **faults: object) -> None:
    """Set the sandbox's switches; those that are not named are off."""
    async with (
        aiohttp.ClientSession() as session,
        session.put(f"{cluster.sandbox.url}/faults", json=faults) as response,
    ):
        assert response.status == 200, await response.text()


def people(**sizes: int) -> People:
    """The demo account with profiles ``p<name>`` of these numbers of recipients."""
    profiles: dict[str, Person] = {}
    for name, count in sizes.items():
        recipients = [Recipient(f"{name}-{place}", f"Recipient {place}") for place in range(count)]
        profiles[name] = person(name, f"Profile {name}", recipients)
    return People.of([Account("demo@example.com", "demo", "demo", profiles)])


def check(data: Payload, **shape: object) -> None:
    """Fail unless ``data`` has these fields, of a type or equal to a value; it may have more."""
    assert set(shape) <= set(data), f"{sorted(set(shape) - set(data))} missing in {data}"
    for field, expected in shape.items():
        value = data[field]
        if isinstance(expected, type):
            assert type(value) is expected, f"{field}: {value!r} is no {expected.__name__}"
        else:
            assert value == expected, f"{field}: {value!r} is not {expected!r}"
            assert type(value) is type(expected), f"{field}: {value!r} is a {type(value)}"


def run_events(device: Device, profile: str | None = None) -> list[Event]:
    """The events about runs that a device got, in order."""
    return [
        (name, data)
        for name, data in device.events
        if name in RUN_EVENTS and (profile is None or data.get("profileId") == profile)
    ]


async def settled(*devices: Device, marker: str = "marker") -> None:
    """Return when every device has all events of the account up to now.

    A text is typed by the first device, which the others see behind all earlier events, and then
    by the second one for the first.
    """
    for typing, seeing in ((devices[0], devices[1:]), (devices[-1], devices[:1])):
        ack = await typing.call(
            "updateMessage", {"profileId": marker, "type": "chat", "message": "here"}
        )
        assert ack["ok"], ack
        for device in seeing:
            if device is not typing:
                await device.wait_for("messageUpdated", revision=ack["revision"])


async def snapshot(cluster: Cluster, **options: Any) -> tuple[int, list[Event]]:
    """What a device that comes now is told of runs and drafts: the newest revision of one, and the
    events of the snapshot."""
    device = await cluster.device(**options)
    ack = await device.call("heartbeat")
    assert ack["ok"], ack
    events = [(n, d) for n, d in device.events if n in ("processingStateSync", "messageSync")]
    revision = max((data["revision"] for _, data in events), default=0)
    await device.close()
    return revision, events


def by_profile(events: list[Event]) -> dict[tuple[str, str, str], Payload]:
    """Snapshot events by name, profile and type; fails when two are about the same thing."""
    found: dict[tuple[str, str, str], Payload] = {}
    for name, data in events:
        key = (name, data["profileId"], data["type"])
        assert key not in found, f"{key} twice"
        found[key] = data
    return found


class RawSocket:
    """A WebSocket that shows Engine.IO frames as they are; it answers pings and nothing else."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.frames: list[str] = []
        self.closed = False
        self._ws = ws
        self._reader = asyncio.create_task(self._read(), name="raw socket")

    async def _read(self) -> None:
        async for message in self._ws:
            if message.type is aiohttp.WSMsgType.TEXT:
                if message.data == "2":
                    await self._ws.send_str("3")
                else:
                    self.frames.append(message.data)
        self.closed = True

    @property
    def close_code(self) -> int | None:
        return self._ws.close_code

    async def send(self, frame: str | bytes) -> None:
        with contextlib.suppress(ConnectionError):  # closed by the server by now
            if isinstance(frame, bytes):
                await self._ws.send_bytes(frame)
            else:
                await self._ws.send_str(frame)

    async def frame(self, start: str) -> str:
        """The first frame that starts so."""
        await wait_until(lambda: any(f.startswith(start) for f in self.frames), what=start)
        return next(f for f in self.frames if f.startswith(start))

    async def register(self, token: str, **offer: str) -> str:
        """Connect to the namespace and return the deviceId. ``offer``: what it says besides."""
        await self.send(f"40{json.dumps({'token': token, **offer})}")
        frame = await self.frame('42["deviceRegistered"')
        return str(json.loads(frame[2:])[1]["deviceId"])

    async def close(self) -> None:
        await self._ws.close()
        await self._reader


@contextlib.asynccontextmanager
async def raw(url: str, **options: Any) -> AsyncIterator[RawSocket]:
    """A WebSocket connection without a Socket.IO client."""
    address = f"{url}/socket.io/?EIO=4&transport=websocket"
    async with aiohttp.ClientSession() as session:
        async with asyncio.timeout(PATIENCE):
            ws = await session.ws_connect(address, max_msg_size=0, **options)
        socket = RawSocket(ws)
        try:
            yield socket
        finally:
            await socket.close()
