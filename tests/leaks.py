"""aiohttp's connections that a test leaves open. The garbage collector would complain of them some
time later, in the middle of another test, and not always."""

import contextlib
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from aiohttp.connector import Connection


class Connections:
    """Keeps sight of all there are."""

    def __init__(self) -> None:
        self._all: weakref.WeakSet[Connection] = weakref.WeakSet()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        begin = Connection.__init__

        def begin_and_note(connection: Connection, *given: Any, **named: Any) -> None:
            begin(connection, *given, **named)
            self._all.add(connection)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Connection, "__init__", begin_and_note)
            yield

    def fail_for_abandoned(self) -> None:
        """Fail for each that nobody can close any more: its event loop is closed."""
        left = [c for c in self._all if c.protocol is not None and c._loop.is_closed()]
        if not left:
            return
        told = [self._about(connection) for connection in left]
        for connection in left:
            connection._protocol = None  # it has been complained of
        pytest.fail(f"connections left open: {told}", pytrace=False)

    @staticmethod
    def _about(connection: Connection) -> str:
        answers = [r for r in gc.get_referrers(connection) if isinstance(r, aiohttp.ClientResponse)]
        return f"{connection!r} {[f'{r.method} {r.url} {r.status}' for r in answers]}"
