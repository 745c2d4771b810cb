"""What the sandbox's tests send, read and switch, and servers that are worse than it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from alphasync.gateway.port import Message
from tests.streams import stream_server

# One of the demo cast, and the first two of its recipients.
PROFILE = "1001"
FIRST, SECOND = "10010001", "10010002"

Deliveries = list[dict[str, Any]]


def chat(recipient: str = FIRST, text: str = "Hello") -> Message:
    return Message("chat", recipient, text, ())


async def deliveries(web: aiohttp.ClientSession) -> Deliveries:
    async with web.get("/deliveries") as response:
        found: Deliveries = await response.json()
        return found


async def switch(web: aiohttp.ClientSession, **faults: object) -> None:
    async with web.patch("/faults", json=faults) as response:
        assert response.status == 200, await response.text()


@asynccontextmanager
async def raw_server(answer: bytes | None) -> AsyncIterator[str]:
    """A server that reads a request and gives these bytes, or nothing and stays silent."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await asyncio.Event().wait()
        else:
            writer.write(answer)

    async with stream_server(serve) as port:
        yield f"http://127.0.0.1:{port}"
