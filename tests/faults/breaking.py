"""What breaks in a soak, at random."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable

from tests.faults.harness import ServerProcess, Site


class Breaking:
    def __init__(self, site: Site, rng: random.Random) -> None:
        self.faults: Counter[str] = Counter()
        self.paused: set[ServerProcess] = set()
        self._site = site
        self._random = rng

    async def break_things(self, seconds: float) -> None:
        """For so long, and until each way had its turn, however slow the machine is."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        ways: tuple[Callable[[], Awaitable[None]], ...] = (
            self._kill_server,
            self._restart_server,
            self._pause_server,
            self._kill_valkey,
            self._pause_valkey,
        )
        while loop.time() < until or len(self.faults) < len(ways):
            for way in self._random.sample(ways, len(ways)):
                await asyncio.sleep(self._random.uniform(0.5, 3.0))
                if loop.time() >= until and len(self.faults) == len(ways):
                    return
                self.faults[way.__name__] += 1
                await way()

    def _mortal(self) -> ServerProcess:
        """Any but the first, which is only paused: its memory tells of the whole time."""
        return self._random.choice(self._site.servers[1:])

    async def _kill_server(self) -> None:
        server = self._mortal()
        server.kill()
        await asyncio.sleep(self._random.uniform(0.0, 4.0))
        await server.start()

    async def _restart_server(self) -> None:
        server = self._mortal()
        server.terminate()
        await server.gone()
        await server.start()

    async def _pause_server(self) -> None:
        """Sometimes for longer than its lease, sometimes while Valkey dies."""
        server = self._random.choice(self._site.servers)
        seconds = self._random.choice((1.0, 4.0, 11.0))
        self.paused.add(server)
        server.pause()
        await asyncio.sleep(seconds / 2)
        if self._random.random() < 0.25:
            await self._kill_valkey()
        await asyncio.sleep(seconds / 2)
        server.resume()
        self.paused.remove(server)

    async def _kill_valkey(self) -> None:
        self._site.valkey.stop()
        await asyncio.sleep(self._random.uniform(0.0, 3.0))
        await self._site.valkey.start()

    async def _pause_valkey(self) -> None:
        self._site.valkey.pause()
        await asyncio.sleep(self._random.uniform(0.5, 6.0))
        self._site.valkey.resume()
