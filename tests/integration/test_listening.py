"""Where a server listens, and what is said when it cannot."""

import errno
import socket
from typing import Any

import aiohttp
import pytest

from alphasync.checks import CannotStart
from alphasync.config import Settings
from alphasync.intake import Bounds, sockets
from alphasync.intake.sockets import NoSuchHost, listening, open_sockets, unspecified
from alphasync.membership.internal import InternalPort, own_address
from alphasync.serving import serving
from tests.harness import SECRET, Cluster

HAS_IPV6 = socket.has_ipv6
try:
    socket.create_server(("::1", 0), family=socket.AF_INET6).close()
except OSError:
    HAS_IPV6 = False
needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="needs IPv6")

WRONG_HOSTS = [
    "192.0.2.1",
    "2001:db8::1",
    "nobody.invalid",
    "x" * 300,
    ".".join(["x" * 60] * 6),
    "a..b",
    "\x00",
    "http://localhost",
    "999.1.1.1",
    "[::1",
    "fe80::1",  # of which network
    "::ffff:127.0.0.1",
]


@needs_ipv6
@pytest.mark.parametrize("host", ["::", "[::]", "0::0"])
def test_both_families_are_served_at_one_port(host: str) -> None:
    with listening(host, 0, 2) as (port, slots):
        assert len(slots) == 2
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as client:
                client.connect((address, port))
    opened = open_sockets(host, 0)
    assert len({each.getsockname()[1] for each in opened}) == 1
    assert {each.family for each in opened} == {socket.AF_INET, socket.AF_INET6}
    for each in opened:
        each.close()


@needs_ipv6
async def test_a_server_serves_both_by_default(one_server: Cluster) -> None:
    given = Settings(jwt_secret=SECRET, port=0)
    redis, gateway = one_server.redis_url, one_server.sandbox.url
    async with serving(given, redis, gateway) as up, aiohttp.ClientSession() as http:
        for host in ("127.0.0.1", "[::1]", "localhost"):
            async with http.get(f"http://{host}:{up.port}/healthz") as answer:
                assert answer.status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_an_address_of_one_family_is_of_that_family(host: str) -> None:
    opened = open_sockets(host, 0)
    assert [each.family for each in opened] == [socket.AF_INET]
    opened[0].close()


@pytest.mark.parametrize("number", sockets.NOT_HERE)
@pytest.mark.parametrize("host", ["::", "localhost"])
def test_a_machine_without_ipv6_serves_the_other(
    monkeypatch: pytest.MonkeyPatch, host: str, number: int
) -> None:
    real = socket.socket

    def made(family: int = -1, *more: Any, **options: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(number, "no IPv6 here")
        return real(family, *more, **options)

    both = [(socket.AF_INET6, ("::", 0, 0, 0)), (socket.AF_INET, ("127.0.0.1", 0))]
    found = [(family, socket.SOCK_STREAM, 6, "", address) for family, address in both]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket, "socket", made)
    (opened,) = open_sockets(host, 0)
    assert opened.family == socket.AF_INET
    opened.close()


def test_a_port_that_is_taken_in_one_family_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    real, tries = sockets._probed, []

    def probed(*given: Any) -> Any:
        tries.append(given)
        if len(tries) < 3:
            raise OSError(errno.EADDRINUSE, "taken")
        return real(*given)

    monkeypatch.setattr(sockets, "_probed", probed)
    for each in open_sockets("::", 0):
        each.close()
    assert len(tries) == 3


@pytest.mark.parametrize("host", WRONG_HOSTS)
async def test_a_wrong_host_is_named(one_server: Cluster, host: str) -> None:
    with pytest.raises(NoSuchHost), listening(host, 0, 2):
        pass
    given = Settings(jwt_secret=SECRET, host=host, port=0)
    redis, gateway = one_server.redis_url, one_server.sandbox.url
    with pytest.raises(CannotStart, match="HOST: ") as refused:
        async with serving(given, redis, gateway):
            pass
    assert len(str(refused.value)) < 200
    assert "PORT" not in str(refused.value)


async def test_a_port_that_is_taken_is_named(one_server: Cluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = Settings(jwt_secret=SECRET, host="127.0.0.1", port=taken.getsockname()[1])
        redis, gateway = one_server.redis_url, one_server.sandbox.url
        with pytest.raises(CannotStart, match="PORT: "):
            async with serving(given, redis, gateway):
                pass


@pytest.mark.parametrize("host", ["::", "0.0.0.0", "[::]"])
async def test_the_internal_port_at_all_addresses_is_announced_at_one(
    one_server: Cluster, host: str
) -> None:
    assert unspecified(host)
    url = await one_server.add_server(internal_host=host)
    assert url
    server = one_server.servers[-1]
    found = await server.membership.registry.find(server.membership.name.base)
    assert found is not None
    assert found[0] == await own_address(one_server.redis_url)
    assert server.membership.internal.intake is not None
    assert found[1] == server.membership.internal.intake.addresses[0][1]


async def test_the_internal_port_opens_at_the_address_that_is_given() -> None:
    internal = InternalPort("127.0.0.1", 0, "memory://", Bounds())
    host, port = await internal.open(lambda _: None)
    assert internal.intake is not None
    assert internal.intake.addresses == [(host, port)]
    await internal.close()
