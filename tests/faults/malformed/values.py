"""JSON as it should not be: values of every type, and texts that no encoder would write."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

DEPTHS = (10, 63, 64, 65, 1_000, 20_000)
"""Arrays in each other: around the bound, and far beyond it."""
LENGTHS = (65, 129, 513, 5_001, 16_384, 60_000)
"""Characters: around the bounds of names, ids and texts."""


@dataclass(frozen=True)
class Verbatim:
    """Written as it is."""

    text: str


@dataclass(frozen=True)
class Pairs:
    """An object that may have a name twice."""

    items: tuple[tuple[str, Any], ...]


def written(value: Any) -> str:
    """As JSON, or what looks like it."""
    if isinstance(value, Verbatim):
        return value.text
    if isinstance(value, Pairs):
        return _object(value.items)
    if isinstance(value, dict):
        return _object(value.items())
    if isinstance(value, list | tuple):
        return f"[{','.join(written(item) for item in value)}]"
    return json.dumps(value)


def _object(items: Any) -> str:
    fields = ",".join(f"{json.dumps(name)}:{written(value)}" for name, value in items)
    return f"{{{fields}}}"


def to_bytes(text: str) -> bytes:
    """As it goes over the wire; half an emoji is no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def nested(depth: int, opening: str = "[", closing: str = "]") -> Verbatim:
    return Verbatim(opening * depth + ("1" if opening != "[" else "") + closing * depth)


TEXTS = (
    *("", " ", "\x00", "a\nb", "\u200b", "\u202ea", "\ud83d", "\udc4b\ud83d", "👋" * 30, "é" * 70),
    *("__proto__", "constructor", "null", "true", "NaN", "../..", "%00", "as:{o:demo}", "{o:x}"),
    *("1001", "odd", "'; DROP", "=1+1", "*", "a\x7fb", "\ufeff", "\ufffe", "١٢٣"),
)
NUMBERS = (
    *(0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400),
    *(0.5, -0.0, 1.0, 1e15, 1e300),
)
VERBATIM = tuple(
    Verbatim(text)
    for text in (
        *("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "-0", "01", "1.", ".5", "1e-999"),
        *('"\\ud83d"', '"\\u0000"', '"\\x"', '"', "'x'", "undefined", "[1,]", '{"a":1,}', "{a:1}"),
        *("tru", "[", "{", "]", "", "\x00", "1" * 5_000, '{"":{"":{"":0}}}', "// x\n1"),
        '{"_placeholder":true,"num":0}',
        '{"_placeholder":true,"num":-1}',
        '{"_placeholder":1,"num":"0"}',
    )
)
LARGE = tuple(
    [nested(depth) for depth in DEPTHS]
    + [nested(depth, '{"a":', "}") for depth in DEPTHS]
    + [Verbatim(json.dumps("x" * length)) for length in LENGTHS]
    + [Verbatim(f"[{','.join(['{}'] * 10_000)}]")]
)

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=30))
scalars = st.one_of(
    st.none(), st.booleans(), st.sampled_from(NUMBERS), st.integers(), st.floats(), texts
)
containers = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=6,
)
_listed: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, [], {}, [[]], [None], {"": {}}, *TEXTS, *NUMBERS]
)
odd = st.one_of(_listed, _listed, st.sampled_from(VERBATIM), st.sampled_from(LARGE), containers)
"""A value of any type; most are listed above, as to make one up takes longer."""


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a value, itself included."""
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _places(item, (*path, place))


@st.composite
def marred(draw: st.DrawFn, good: Any, instead: st.SearchStrategy[Any] = odd) -> Any:
    """A good value in which one thing is missing, another one, one too many, or there twice."""
    path = draw(st.sampled_from(list(_places(good))))
    if not path:
        how = draw(st.sampled_from(["instead", "more", "twice"]))
        if how == "instead" or not isinstance(good, dict):
            return draw(instead)
        if how == "more":
            return {**good, draw(texts): draw(instead)}
        name = draw(st.sampled_from(sorted(good))) if good else draw(texts)
        return Pairs((*good.items(), (name, draw(instead))))
    changed = copy.deepcopy(good)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    if draw(st.booleans()) or draw(st.booleans()):
        holder[path[-1]] = draw(instead)
    else:
        del holder[path[-1]]
    return changed
