"""The URL of a cluster."""

import pytest
from redis.asyncio.connection import Connection, SSLConnection

from alphasync.store.addresses import UnsupportedUrl
from alphasync.store.connect import make_store
from alphasync.store.scripts import Lifetimes
from alphasync.store.servers import Servers
from alphasync.store.topology import Address


def test_where_to_begin_and_who_connects() -> None:
    servers = Servers("redis+cluster://user:p%40ss@one.example:7000,[::1]:7001", protocol=2)
    assert servers.seeds == (Address("one.example", 7000), Address("::1", 7001))
    connection = servers.connect(Address("two.example", 7002))
    assert type(connection) is Connection
    assert (connection.host, connection.port) == ("two.example", 7002)
    assert (connection.username, connection.password) == ("user", "p@ss")


def test_with_tls() -> None:
    servers = Servers("rediss+cluster://one.example:7000?ssl_ca_certs=/etc/ca.pem", protocol=2)
    connection = servers.connect(servers.seeds[0])
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
