"""A script as Python sees it: a function whose parameters are what the script is given.

The function has the script's name and no body. Its first parameter is the object that knows the
script's keys by name, and all others are keywords; calling it gives a ``Call`` to hand to
``Scripts.call``. mypy checks the callers against it, and loading checks it against the header.
"""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Generic, NamedTuple, ParamSpec

from alphasync.store.redis.pipeline import Argument

P = ParamSpec("P")


class Call(NamedTuple):
    """One call of a script, not made yet."""

    name: str
    keys: object
    """Has the keys, and some of the arguments, as attributes."""
    args: dict[str, Argument]


class Declared(Generic[P]):
    """Made by ``script``."""

    def __init__(self, function: Callable[P, None]) -> None:
        self.name = function.__name__
        keys, *args = inspect.signature(function).parameters.values()
        self.known = frozenset(
            name for name, _ in inspect.getmembers(keys.annotation, inspect.isdatadescriptor)
        )
        """What the object with the keys has."""
        self.args = frozenset(parameter.name for parameter in args)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Call:
        return Call(self.name, args[0], kwargs)  # type: ignore[arg-type]  # all are of Argument


def script(function: Callable[P, None]) -> Declared[P]:
    """Declare the script of the function's name."""
    return Declared(function)


def declared_in(*modules: ModuleType) -> dict[str, Declared[...]]:
    """The scripts that modules declare, by name."""
    return {
        declared.name: declared
        for module in modules
        for declared in vars(module).values()
        if isinstance(declared, Declared)
    }
