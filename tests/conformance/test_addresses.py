"""What counts as one client where connections of an address are bounded."""

import pytest

from tests.conformance.servers import MakeEngine

HANDSHAKE = "EIO=4&transport=polling"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        # One IPv6 client has a whole network to choose its addresses from.
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
    ],
)
async def test_one_client(make_engine: MakeEngine, first: str, second: str, same: bool) -> None:
    addresses = iter([first, second])
    engine = await make_engine(address_max=1, address_of=lambda _: next(addresses))
    assert (await engine.endpoint.request("GET", HANDSHAKE)).status == 200
    answer = await engine.endpoint.request("GET", HANDSHAKE)
    assert answer.status == (429 if same else 200)
