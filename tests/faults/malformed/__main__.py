"""``python -m tests.faults.malformed URL...``: makes cases and brings them to a server.

A process of its own, which lets the others go first: what the making costs is not to show in the
times that they note. Each line of its standard input names a layer, how many cases, and the seed of
the first; for each it prints what became of them. The first address is that of a server before the
real sandbox, the second that of one whose gateway is here, at the port that is given last.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from typing import Any

from tests.faults.malformed.answers import Gateway
from tests.faults.malformed.layers import LAYERS, Layer
from tests.faults.malformed.making import examples
from tests.faults.malformed.wire import Hand
from tests.streams import StreamServer

AT_ONCE = 200
"""Cases of one kind that are made before they are brought."""
FAULTS_MAX = 20
"""Faults after which no more cases are brought."""
SHOWN = 500
"""Characters of a case that are said."""


class Bringer:
    """``gateway``: the one of the layer's server, where it is here."""

    def __init__(self, layer: Layer, url: str, gateway: Gateway | None) -> None:
        self.faults: list[str] = []
        self.outcomes: dict[str, Counter[str]] = {kind: Counter() for kind in layer.kinds}
        self._layer = layer
        self._hands = [Hand(number, url, gateway) for number in range(layer.hands)]

    async def bring(self, count: int, seed: int) -> None:
        """So many cases of each kind, or a few more."""
        places = [(kind, at) for at in range(0, count, AT_ONCE) for kind in self._layer.kinds]
        for number, (kind, at) in enumerate(places):
            strategy = self._layer.kinds[kind]()
            cases = examples(strategy, min(AT_ONCE, count - at), seed + number)
            await self._bring_all(kind, cases, seed + number)

    async def part(self) -> None:
        for hand in self._hands:
            await hand.part()

    async def _bring_all(self, kind: str, cases: list[Any], seed: int) -> None:
        left = iter(cases)

        async def work(hand: Hand) -> None:
            for case in left:
                if len(self.faults) >= FAULTS_MAX:
                    return
                try:
                    outcome = await self._layer.bring(hand, case)
                except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
                    said = f"{type(error).__name__}: {error}"
                    self.faults.append(f"{kind}, seed {seed}: {said[:SHOWN]}; {case!r:.{SHOWN}}")
                    await hand.lose()
                    outcome = "FAULT"
                self.outcomes[kind][outcome] += 1

        await asyncio.gather(*(work(hand) for hand in self._hands))


async def main(plain: str, odd: str, port: int) -> None:
    os.nice(10)
    gateway = Gateway()
    server = StreamServer(gateway.talk)
    await server.start(port)
    say({"listening": port})
    while line := await asyncio.to_thread(sys.stdin.readline):
        name, count, seed = line.split()
        layer = LAYERS[name]
        here = name == "gateway"
        bringer = Bringer(layer, odd if here else plain, gateway if here else None)
        begun = time.monotonic()
        each = -(-int(count) // len(layer.kinds))
        await bringer.bring(each, int(seed))
        await bringer.part()
        say(
            {
                "cases": sum(sum(found.values()) for found in bringer.outcomes.values()),
                "seconds": round(time.monotonic() - begun, 1),
                "outcomes": bringer.outcomes,
                "faults": bringer.faults,
            }
        )
    await server.close()


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
