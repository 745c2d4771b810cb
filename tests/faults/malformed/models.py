"""Values of the models by which the server reads what comes: right ones, and ones at a bound."""

import functools
import re
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from tests.faults.malformed.making import examples
from tests.faults.malformed.values import marred, odd

KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "profileId": st.sampled_from(["1001", "1002", 1003]),
    "email": st.just("demo@example.com"),
    "password": st.just("demo"),
    "title": st.just("Sea"),
    "url": st.just("https://hook.example.com/"),
    "link": st.just("https://media.example/1.jpg"),
}
"""What there is at the sandbox, or what no type says enough of."""
PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126)
RIGHT = 16
"""Right values of a model."""
LENGTH_MAX = 20
"""Characters of a right text, where its model lets it be longer."""


def of_model(model: Any) -> st.SearchStrategy[Any]:
    """Right values of a type, as JSON has them."""
    return _right(inspect.type_info(model), "")


def _right(kind: Any, name: str) -> st.SearchStrategy[Any]:
    if name in KNOWN:
        return KNOWN[name]
    match kind:
        case inspect.Metadata():
            return _right(kind.type, name)
        case inspect.StrType(pattern=str() as pattern):
            return st.one_of(
                st.from_regex(pattern, fullmatch=True), st.sampled_from(_at_edges(pattern))
            )
        case inspect.StrType():
            shortest = kind.min_length or 0
            longest = max(shortest, min(kind.max_length or LENGTH_MAX, LENGTH_MAX))
            return st.text(PRINTABLE, min_size=shortest, max_size=longest)
        case inspect.IntType():
            return st.integers(_least(kind), _most(kind))
        case inspect.FloatType():
            return st.floats(_least(kind), _most(kind) or 1e6, allow_nan=False)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.UnionType():
            return st.one_of([_right(each, name) for each in kind.types])
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType():
            return st.lists(_right(kind.item_type, ""), max_size=kind.max_length or 3)
        case inspect.DictType():
            return st.dictionaries(_right(kind.key_type, ""), _right(kind.value_type, ""))
        case inspect.StructType() | inspect.TypedDictType() | inspect.DataclassType():
            return _record(kind)
        case inspect.AnyType():
            return st.none() | st.text(max_size=5)
    raise TypeError(f"no values of {kind!r}")


def _at_edges(pattern: str) -> list[str]:
    """Texts that a pattern takes and no examples have by chance: of the smallest numbers, and of
    the largest ones."""
    some = examples(st.from_regex(pattern, fullmatch=True), RIGHT, seed=0)
    edges = {re.sub("[0-9]", digit, text) for text in some for digit in "09"}
    return sorted(text for text in {*edges, *some} if re.search(pattern, text))


def _least(kind: Any) -> Any:
    return kind.ge if kind.ge is not None else None if kind.gt is None else kind.gt + 1


def _most(kind: Any) -> Any:
    return kind.le if kind.le is not None else None if kind.lt is None else kind.lt - 1


def _record(kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    fields = {field.encode_name: _right(field.type, field.encode_name) for field in kind.fields}
    needed = {field.encode_name for field in kind.fields if field.required}
    return st.fixed_dictionaries(
        {name: value for name, value in fields.items() if name in needed},
        optional={name: value for name, value in fields.items() if name not in needed},
    )


def bounds_of(model: Any) -> list[Any]:
    """Values at each bound of a model's fields, and just beyond it."""
    return list(_bounds(inspect.type_info(model)))


def _bounds(kind: Any) -> list[Any]:
    match kind:
        case inspect.Metadata():
            return _bounds(kind.type)
        case inspect.StrType():
            lengths = [n for n in (kind.min_length, kind.max_length) if n is not None]
            return ["x" * max(0, n + by) for n in lengths for by in (-1, 0, 1)]
        case inspect.IntType() | inspect.FloatType():
            ends = [n for n in (kind.ge, kind.gt, kind.le, kind.lt) if n is not None]
            return [end + by for end in ends for by in (-1, 0, 1)]
        case inspect.UnionType():
            return [value for each in kind.types for value in _bounds(each)]
        case inspect.ListType():
            return [[None] * (kind.max_length + 1)] if kind.max_length else []
        case inspect.StructType() | inspect.TypedDictType():
            return [value for field in kind.fields for value in _bounds(field.type)]
    return []


@functools.cache
def around(model: Any) -> st.SearchStrategy[Any]:
    """Values of a model: right, at a bound of one field, or marred. Of right ones there are a few,
    as many of the cases are of the same model."""
    bounds = bounds_of(model)
    instead = st.one_of(st.sampled_from(bounds), odd) if bounds else odd
    found = [value for value in examples(of_model(model), RIGHT, seed=0) if _fits(value, model)]
    right = st.sampled_from(found)
    return st.one_of(right, right.flatmap(lambda good: marred(good, instead)))


def _fits(value: Any, model: Any) -> bool:
    """Also what a model says of its fields together."""
    try:
        msgspec.convert(value, model)
    except msgspec.ValidationError:
        return False
    return True
