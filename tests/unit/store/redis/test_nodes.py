"""The URL of a cluster."""

import pytest
from redis.asyncio.connection import Connection, SSLConnection

from alphasync.store.connect import make_store
from alphasync.store.redis.nodes import Nodes
from alphasync.store.redis.topology import Address
from alphasync.store.redis.urls import UnsupportedUrl
from alphasync.store.scripts.limits import Lifetimes


def test_where_to_begin_and_who_connects() -> None:
    nodes = Nodes("redis+cluster://user:p%40ss@one.example:7000,[::1]:7001", protocol=2)
    assert nodes.seeds == (Address("one.example", 7000), Address("::1", 7001))
    connection = nodes.connect(Address("two.example", 7002))
    assert type(connection) is Connection
    assert (connection.host, connection.port) == ("two.example", 7002)
    assert (connection.username, connection.password) == ("user", "p@ss")


def test_with_tls() -> None:
    nodes = Nodes("rediss+cluster://one.example:7000?ssl_ca_certs=/etc/ca.pem", protocol=2)
    connection = nodes.connect(nodes.seeds[0])
    assert type(connection) is SSLConnection
    assert connection.ssl_context.ca_certs == "/etc/ca.pem"


@pytest.mark.parametrize(
    "url",
    [
        "redis+cluster://",
        "redis+cluster://:secret@one.example",
        "redis+cluster://:secret@one.example:7000/1",
        "redis+cluster://:secret@one.example:7000/service",
        "redis+cluster://:secret@one.example:7000,,two.example:7000",
        "redis+cluster://:secret@one.example:7000?db=1",
        "redis+cluster://:secret@one.example:7000?ssl_ca_certs=/etc/ca.pem",
    ],
)
def test_what_is_refused(url: str) -> None:
    with pytest.raises(UnsupportedUrl) as refused:
        make_store(url, Lifetimes())
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)
