"""What is left of a connection to Redis that is given up."""

import asyncio
import contextlib
import socket

from alphasync.store.redis.wire import Wire
from tests.harness import PATIENCE, wait_until

WRITTEN = 500_000
KEPT_AT_MOST = 1_000_000
"""Bytes that the system takes of a connection whose other side does not read."""


async def everything_from(there: socket.socket) -> int:
    """How many bytes come until the connection ends, however."""
    loop, count = asyncio.get_running_loop(), 0
    with contextlib.suppress(ConnectionError):
        while data := await loop.sock_recv(there, 65_536):
            count += len(data)
    return count


async def test_what_the_system_has_not_got_rid_of_by_then_never_arrives() -> None:
    """Or it would be carried out behind what is written to the next connection."""
    loop = asyncio.get_running_loop()
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        here = socket.socket()
        here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT_AT_MOST)
        here.setblocking(False)
        await loop.sock_connect(here, listening.getsockname())
        there, _ = await loop.sock_accept(listening)
        with there:
            transport, _ = await loop.create_connection(asyncio.Protocol, sock=here)
            wire = Wire(transport, Exception, lambda _reply: None, lambda: None)
            wire.write(b"." * WRITTEN)
            wire.cut(TimeoutError("no answer"))
            await wait_until(lambda: here.fileno() < 0, what="closed")
            async with asyncio.timeout(PATIENCE):
                assert await everything_from(there) < WRITTEN / 2
