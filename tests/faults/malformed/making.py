"""Cases out of strategies: the same ones for the same seed."""

from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

TOGETHER = 8
"""Cases of one example: to begin an example takes longer than most cases."""


def examples(strategy: st.SearchStrategy[Any], count: int, seed: int) -> list[Any]:
    """So many cases."""
    together = min(TOGETHER, count)
    found: list[Any] = []

    @hypothesis.seed(seed)
    @settings(
        max_examples=1 + -(-count // together),
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(strategy, min_size=together, max_size=together))
    def collect(cases: list[Any]) -> None:
        found.extend(cases)

    collect()
    # The first example is the plainest case, as often as it takes.
    return [*found[:1], *found[together:]][:count]
