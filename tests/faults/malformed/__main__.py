"""``python -m tests.faults.malformed URL...``: makes cases and brings them to a server.

A process of its own, which lets the others go first by as much as it is told: what the making costs
is not to show in the times that they note. Each line of its standard input names a layer, how many
cases, the seed of the first, and the round; for each it prints what became of them. The first
address is that of a server before the real sandbox, the second that of one before the gateway that
answers what a case says, and the third that of this gateway; then comes what its niceness is raised
by.
"""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from typing import Any

from tests.faults.malformed.layers import LAYERS, Layer
from tests.faults.malformed.making import examples
from tests.faults.malformed.odd_gateway import Told
from tests.faults.malformed.pulse import Pulse
from tests.faults.malformed.wire import Hand, address

AT_ONCE = 200
"""Cases of one kind that are made before they are brought."""
FAULTS_MAX = 20
"""Faults after which no more cases are brought."""
SHOWN = 500
"""Characters of a case that are said."""


class Bringer:
    """``gateway``: the one of the layer's server, where it is to be told of the cases."""

    def __init__(self, layer: Layer, url: str, gateway: Told | None, round_: int) -> None:
        self.faults: list[str] = []
        self.outcomes: dict[str, Counter[str]] = {kind: Counter() for kind in layer.kinds}
        self._layer = layer
        self._pulse = Pulse(*address(url))
        numbers = range(layer.hands)
        self._hands = [Hand(round_, number, url, self._pulse, gateway) for number in numbers]

    async def bring(self, count: int, seed: int) -> None:
        """So many cases of each kind, or a few more; then everyone takes leave."""
        pulse = asyncio.create_task(self._pulse.run(), name="pulse")
        try:
            await self._bring_each(count, seed)
            for hand in self._hands:
                await hand.part()
        finally:
            pulse.cancel()
            await asyncio.gather(pulse, return_exceptions=True)

    async def _bring_each(self, count: int, seed: int) -> None:
        places = [(kind, at) for at in range(0, count, AT_ONCE) for kind in self._layer.kinds]
        for number, (kind, at) in enumerate(places):
            strategy = self._layer.kinds[kind]()
            cases = examples(strategy, min(AT_ONCE, count - at), seed + number)
            await self._bring_all(kind, cases, seed + number)

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


async def main(plain: str, odd: str, gateway: str, niceness: int) -> None:
    os.nice(niceness)
    told = Told(gateway)
    say({"ready": True})
    while line := await asyncio.to_thread(sys.stdin.readline):
        name, count, seed, round_ = line.split()
        layer = LAYERS[name]
        tells = name == "gateway"
        url, gateway_told = (odd, told) if tells else (plain, None)
        bringer = Bringer(layer, url, gateway_told, int(round_))
        begun = time.monotonic()
        each = -(-int(count) // len(layer.kinds))
        await bringer.bring(each, int(seed))
        say(
            {
                "cases": sum(sum(found.values()) for found in bringer.outcomes.values()),
                "seconds": round(time.monotonic() - begun, 1),
                "outcomes": bringer.outcomes,
                "faults": bringer.faults,
            }
        )


def say(what: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    plain, odd, gateway, niceness = sys.argv[1:]
    asyncio.run(main(plain, odd, gateway, int(niceness)))
