"""Where a gateway's name may lead."""

import socket
from collections.abc import Sequence

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from alphasync.gateway.addresses import AddressRefused, Resolver, is_private_name

PUBLIC = [
    *("93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"),
    *("64:ff9b:1::5db8:d822", "64:ff9b:1:5db8:d8:2200::"),
]
PRIVATE = [
    *("10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "0.0.0.0", "100.100.100.2"),
    *("::1", "::", "fd00:ec2::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:a00:1::"),
    # With a prefix of 48, 56 and 64 bits, and something behind.
    *("64:ff9b:1:a00:0:100:808:808", "64:ff9b:1:a:0:1:808:808", "64:ff9b:1:0:a:0:108:808"),
    *("64:ff9b:1::10.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1", "fec0::1"),
]
NOWHERE = [
    *("169.254.169.254", "fe80::1", "fe80::1%2", "224.0.0.1", "ff02::1"),
    *("::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b:1::169.254.169.254"),
    *("64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:a9fe:a9:fe00:808:808"),
    *("::169.254.169.254", "::ffff:0:169.254.169.254", "2002:a9fe:a9fe::"),
    *("2001:0:5db8:d822::5601:5601", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200"),
    *("168.63.129.16", "192.0.0.192", "::ffff:168.63.129.16", "64:ff9b::6464:64c8"),
]
NAME = "gateway.example.com"


class Stub(AbstractResolver):
    """A DNS that says this of every name."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=family, proto=0, flags=0)
            for one in self._addresses
        ]

    async def close(self) -> None:
        pass


async def found(*addresses: str, name: str = NAME, private: bool = False) -> list[str]:
    resolver = Resolver(private=private, made=lambda: Stub(addresses))
    return [one["host"] for one in await resolver.resolve(name, 443)]


@pytest.mark.parametrize("address", PUBLIC)
async def test_a_public_address(address: str) -> None:
    assert await found(address) == [address]


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_public_name_leads_to_no_private_address(address: str) -> None:
    with pytest.raises(AddressRefused, match="GATEWAY_PRIVATE"):
        await found(address)
    assert await found(address, private=True) == [address]
    assert await found(address, name="gateway") == [address]
    assert await found(address, *PUBLIC) == PUBLIC


@pytest.mark.parametrize("address", NOWHERE)
async def test_no_name_leads_to_where_clouds_give_out_secrets(address: str) -> None:
    for name in (NAME, "gateway", "gateway.internal"):
        with pytest.raises(AddressRefused, match="nothing is asked there"):
            await found(address, name=name, private=True)


@pytest.mark.parametrize(
    ("name", "private"),
    [
        *((name, True) for name in ("gateway", "localhost", "a.LOCAL.", "x.home.arpa")),
        *((name, True) for name in ("gateway.shop.svc", "gateway.shop.svc.cluster.local")),
        *(
            (name, False)
            for name in (NAME, "internal.example.com", "10.in-addr.arpa", "notlocal.x")
        ),
    ],
)
def test_names_that_only_a_network_of_ones_own_has(name: str, private: bool) -> None:
    assert is_private_name(name) is private
