"""Socket.IO packets as they stand in Engine.IO messages."""

import json
from typing import Any

from tests.conformance.clients import Client

RESERVED = ["connect", "connect_error", "disconnect", "disconnecting"]
"""Event names that only a server or client library itself may use, on either side."""


def event(name: str, *data: Any, id: int | None = None, namespace: str = "/") -> str:
    """An EVENT packet; with an id it asks for an acknowledgement."""
    payload = json.dumps([name, *data], separators=(",", ":"))
    return f"2{prefix(namespace)}{'' if id is None else id}{payload}"


def prefix(namespace: str) -> str:
    return "" if namespace == "/" else f"{namespace},"


def data_of(packet: str, start: str) -> Any:
    """The payload of a packet that has to begin with these characters."""
    assert packet.startswith(start), packet
    return json.loads(packet.removeprefix(start))


async def connect(client: Client, namespace: str = "/", auth: object = None) -> str:
    """Connect to a namespace, which has to be the next that is answered; returns the sid there."""
    payload = "" if auth is None else json.dumps(auth)
    await client.send(f"0{prefix(namespace)}{payload}")
    answer = data_of(await client.text(), f"0{prefix(namespace)}")
    assert list(answer) == ["sid"], answer
    client.sids[namespace] = answer["sid"]
    return client.sids[namespace]


async def next_event(client: Client, namespace: str = "/") -> list[Any]:
    """Name and arguments of the next packet, which has to be an event without an id."""
    found = data_of(await client.text(), f"2{prefix(namespace)}")
    assert isinstance(found, list), found
    return found


async def nothing_before(client: Client, marker: str, namespace: str = "/") -> None:
    """Fail when anything comes before the event of this name, which was sent after all else."""
    assert await next_event(client, namespace) == [marker]
