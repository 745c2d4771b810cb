"""Fixtures of the tests of the command line."""

import socket
from collections.abc import Iterator

import pytest

from tests import ports


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port where somebody listens and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


@pytest.fixture
def free_port() -> int:
    """A port where nobody listens."""
    return ports.free_port()
