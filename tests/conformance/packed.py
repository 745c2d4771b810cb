"""Socket.IO packets as MessagePack, and clients that speak it, by hand."""

from typing import Any

import msgspec

from tests.conformance.clients import Client
from tests.conformance.servers import Sockets
from tests.conformance.wire import Transport

CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR = range(5)


def packed(type: int, data: object = None, namespace: str = "/", id: int | None = None) -> bytes:
    """As the official client writes it, with its own flags."""
    packet = {"type": type, "data": data, "options": {"compress": True}, "nsp": namespace, "id": id}
    return msgspec.msgpack.encode({name: one for name, one in packet.items() if one is not None})


def unpacked(message: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.msgpack.decode(message)
    return found


async def said(client: Client) -> dict[str, Any]:
    """The next packet, which has to be MessagePack."""
    message = await client.message()
    assert isinstance(message, bytes), message
    return unpacked(message)


async def said_event(client: Client) -> list[Any]:
    """Name and arguments of the next packet, which has to be an event without an id."""
    packet = await said(client)
    assert packet == {"type": EVENT, "nsp": "/", "data": packet["data"]}
    data: list[Any] = packet["data"]
    return data


async def connect(client: Client) -> str:
    await client.send(packed(CONNECT))
    answer = await said(client)
    client.sids["/"] = answer["data"]["sid"]
    assert answer == {"type": CONNECT, "nsp": "/", "data": {"sid": client.sids["/"]}}
    return client.sids["/"]


async def packed_member(sockets: Sockets, transport: Transport = "websocket") -> Client:
    """A client that speaks MessagePack and is in the namespace ``/``."""
    client = await sockets.client(transport)
    await connect(client)
    return client
