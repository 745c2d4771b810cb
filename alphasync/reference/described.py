"""What docstrings say of a model and of its fields."""

import ast
import functools
import inspect
import itertools
import textwrap
from collections.abc import Mapping

from alphasync.domain.events import COMMON_FIELDS


def about(model: type) -> str:
    """The model's docstring, as one paragraph."""
    return _joined(model.__dict__.get("__doc__") or "")


def fields_of(model: type) -> dict[str, str]:
    """Field name, as in Python, to what is said of it: in the line below it, here or in a class
    that the model inherits from."""
    said = dict(COMMON_FIELDS)
    for each in reversed(model.__mro__):
        if each.__module__.startswith("alphasync."):
            said.update(_told_elsewhere(each))
            said.update(_fields_in(each))
    return said


def _told_elsewhere(model: type) -> dict[str, str]:
    """What another event says of the fields that the model has in its own definition."""
    other = model.__dict__.get("told_by")
    if other is None:
        return {}
    own = inspect.get_annotations(model)
    return {name: said for name, said in fields_of(other).items() if name in own}


@functools.cache  # several documents say it, and most models inherit from the same
def _fields_in(model: type) -> Mapping[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    lines = definition.body if isinstance(definition, ast.ClassDef) else []
    found = {}
    for field, below in itertools.pairwise(lines):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[field.target.id] = _joined(str(below.value.value))
    return found


def _joined(text: str) -> str:
    return " ".join(text.split())
