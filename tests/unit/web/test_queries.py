"""What may stand behind the question mark of a call."""

from collections.abc import Iterator

import msgspec
import pytest

from alphasync.reference.call import Call
from alphasync.reference.calls import CALLS

ANYTHING = "(?s:.)+$"
"""An id has what it has, also at its end."""
GUARD = r"$(?!\n)"
"""A bare `$` also stands before a line feed at the end, which what reads the value may not take."""


def patterns(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, value in schema.items():
            if name == "pattern":
                yield value
            yield from patterns(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from patterns(value)


@pytest.mark.parametrize(
    "call", [call for call in CALLS if call.query], ids=lambda call: call.title
)
def test_no_pattern_lets_a_line_feed_stand_at_the_end(call: Call) -> None:
    found = list(patterns(msgspec.json.schema(call.query)))
    bare = [one for one in found if one.count("$") != one.count(GUARD)]
    assert not [one for one in bare if not one.endswith(ANYTHING)]
