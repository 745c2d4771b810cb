"""Whom to believe about the address of a client."""

import ipaddress

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from alphasync.web.addresses import ClientAddress

PROXIES = "10.0.0.0/8,192.0.2.7,2001:db8::/32"


class Transport:
    """As much of one as a request asks for."""

    def __init__(self, peer: str) -> None:
        self._peer = peer

    def get_extra_info(self, name: str, default: object = None) -> object:
        return (self._peer, 4711) if name == "peername" else default


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("198.51.100.1", [], "198.51.100.1"),
        ("198.51.100.1", ["203.0.113.9"], "198.51.100.1"),  # who says so is nobody
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", [" 203.0.113.9 "], "203.0.113.9"),
        ("192.0.2.7", ["203.0.113.9"], "203.0.113.9"),
        ("192.0.2.8", ["203.0.113.9"], "192.0.2.8"),
        ("::ffff:10.1.2.3", ["203.0.113.9"], "203.0.113.9"),
        ("2001:db8::1", ["2001:db9::5"], "2001:db9::5"),
        # Through two proxies; what stands before them was written by the client.
        ("10.1.2.3", ["203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("10.1.2.3", ["1.1.1.1, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("10.1.2.3", ["1.1.1.1", "203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", ["10.7.7.7"], "10.7.7.7"),
        # No address is no reason to believe what stands before it.
        ("10.1.2.3", ["1.1.1.1, unknown"], "10.1.2.3"),
        ("10.1.2.3", ["1.1.1.1, , 10.9.9.9"], "10.9.9.9"),
        ("10.1.2.3", [""], "10.1.2.3"),
        # As some proxies write them.
        ("10.1.2.3", ["203.0.113.9:1234"], "203.0.113.9"),
        ("10.1.2.3", ['"203.0.113.9:1234"'], "203.0.113.9"),
        ("10.1.2.3", ["[2001:db9::5]"], "2001:db9::5"),
        ("10.1.2.3", ["[2001:DB9:0::5]:443"], "2001:db9::5"),
        ("10.1.2.3", ['"[2001:db9::5]:443"'], "2001:db9::5"),
        ("10.1.2.3", ["fe80::1%eth0"], "fe80::1"),
        ("10.1.2.3", ["::ffff:203.0.113.9"], "203.0.113.9"),
        ("10.1.2.3", ["[::ffff:203.0.113.9]:80"], "203.0.113.9"),
        ("10.1.2.3", ["203.0.113.9:1, 10.9.9.9:2"], "203.0.113.9"),
        # Whatever else stands there.
        ("10.1.2.3", ['"203.0.113.9'], "10.1.2.3"),
        ("10.1.2.3", ["[203.0.113.9]"], "203.0.113.9"),
        ("10.1.2.3", ["[2001:db9::5"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.9:x"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.9:123456"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.999"], "10.1.2.3"),
        ("10.1.2.3", ["203.0.113.09"], "10.1.2.3"),
        ("10.1.2.3", ["_hidden"], "10.1.2.3"),
        ("10.1.2.3", ["for=203.0.113.9"], "10.1.2.3"),
        ("10.1.2.3", ["1.1.1.1 203.0.113.9"], "10.1.2.3"),
        ("10.1.2.3", ["\u0663.1.1.1"], "10.1.2.3"),
        ("10.1.2.3", [":" * 1000], "10.1.2.3"),
    ],
)
def test_the_nearest_address_that_is_no_proxy(peer: str, said: list[str], address: str) -> None:
    of = ClientAddress([ipaddress.ip_network(text) for text in PROXIES.split(",")])
    headers = CIMultiDict([("X-Forwarded-For", text) for text in said])
    request = make_mocked_request("GET", "/", headers, transport=Transport(peer))
    assert of(request) == address


def test_nobody_is_believed_where_nobody_is_named() -> None:
    headers = CIMultiDict([("X-Forwarded-For", "203.0.113.9")])
    request = make_mocked_request("GET", "/", headers, transport=Transport("127.0.0.1"))
    assert ClientAddress([])(request) == "127.0.0.1"
