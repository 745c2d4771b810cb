"""Clients that do not read, and what they cost."""

import contextlib
import gc
import json
import tracemalloc
from collections.abc import AsyncIterator

from tests.conformance.frames import TEXT, RawWebSocket, frame, raw_websocket
from tests.conformance.servers import Sockets

BUFFER_MAX = 400_000
"""Bytes that may wait for one client."""
WRITE_BUFFER = 65_536
"""Bytes that may be on their way besides."""
KERNEL = 8_192
"""Bytes that each end's kernel is asked to buffer; Linux takes twice as many."""
SIZE = 2_000
MESSAGE = "x" * SIZE
FLOOD = 4_000
"""Messages: ten times what may wait."""
OVERHEAD = 100_000
"""Bytes of objects around the bytes that wait, and of the test itself."""
ALLOWED = BUFFER_MAX + WRITE_BUFFER + SIZE + OVERHEAD
"""Bytes that one client may cost, and the counting itself."""
LINES_TOLD = 8


class Memory:
    """What Python has allocated since ``start``."""

    def start(self) -> None:
        gc.collect()  # else what earlier tests have left ends in the middle of this one
        self._before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()

    @property
    def peak(self) -> int:
        """Bytes, at the most so far."""
        return tracemalloc.get_traced_memory()[1] - self._before

    def told(self) -> str:
        """The peak, and the lines that have the most now."""
        most = tracemalloc.take_snapshot().statistics("lineno")[:LINES_TOLD]
        return "\n".join([f"{self.peak} bytes at the most; now", *map(str, most)])


def numbered(number: int) -> str:
    """A message that is no other's object."""
    return f"{number:06}{MESSAGE}"[:SIZE]


class Stalled:
    """A client in the namespace ``/`` that reads only when told to."""

    def __init__(self, ws: RawWebSocket) -> None:
        self._ws = ws

    async def read_on(self) -> list[list[object]]:
        """Read events to the one that is called ``end``."""
        found: list[list[object]] = []
        while not found or found[-1][0] != "end":
            text = await self._ws.text()
            assert text.startswith("42"), text
            found.append(json.loads(text[2:]))
        return found


@contextlib.asynccontextmanager
async def stalled(sockets: Sockets) -> AsyncIterator[Stalled]:
    async with raw_websocket(sockets.endpoint.url, receive_buffer=KERNEL) as ws:
        assert (await ws.text()).startswith("0")
        ws.write(frame(TEXT, b"40"))
        assert (await ws.text()).startswith("40")
        yield Stalled(ws)
