"""The error codes that a client can see."""

from collections.abc import Iterator
from types import ModuleType

from alphasync import errors
from alphasync.errors import AlphasyncError
from alphasync.gateway import port
from alphasync.services import recipients, tokens

SOURCES: tuple[ModuleType, ...] = (errors, tokens, port, recipients)
"""Where they are; of a code that stands twice the first one says what it means."""
BASES = (AlphasyncError, port.GatewayError)
INTERNAL_ERROR = "A defect of the server's, which is in its log."
INTAKE_STATUS = {
    "unsupported_encoding": 400,
    "malformed_request": 400,
    "body_timeout": 408,
    "unsupported_expectation": 417,
    "unknown_host": 421,
    "too_many_connections": 503,
}
"""HTTP status of what is refused before a request reaches its handler."""


def codes() -> dict[str, type[AlphasyncError]]:
    """Code to error, in the order in which they are written down."""
    found: dict[str, type[AlphasyncError]] = {}
    for source in SOURCES:
        for error in _errors_in(source):
            found.setdefault(error.code, error)
    return found


def _errors_in(source: ModuleType) -> Iterator[type[AlphasyncError]]:
    for value in vars(source).values():
        is_own = isinstance(value, type) and value.__module__ == source.__name__
        if is_own and issubclass(value, AlphasyncError) and value not in BASES:
            yield value
