"""What every work is given: the peers, how long and how often to measure, where results go."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from benchmarks import stacks
from benchmarks.results import Results
from benchmarks.stacks import Peer, Stack


@dataclass(frozen=True)
class Bench:
    results: Results
    peers: dict[str, Peer]
    rounds: int
    quick: bool
    gateway: str
    """Address of a gateway that is up."""

    def seconds(self, whole: float) -> float:
        """How long to measure: less in a smoke test."""
        return min(whole, 1.0) if self.quick else whole

    def chosen(self, *names: str) -> list[Peer]:
        """Those of these peers that take part."""
        return [self.peers[name] for name in (*names, "other") if name in self.peers]

    @contextlib.asynccontextmanager
    async def stacks(self, *names: str, servers: int = 2) -> AsyncIterator[list[Stack]]:
        async with stacks.stacks(self.chosen(*names), self.gateway, servers) as running:
            yield running

    def turns(self, running: list[Stack]) -> list[tuple[int, Stack]]:
        """Every peer once per round, another one first each time."""
        return [
            (number, running[(number + place) % len(running)])
            for number in range(self.rounds)
            for place in range(len(running))
        ]
