"""Where the gateway's name may lead: a name of the public DNS to no private address.

Whoever can answer for a name can point it into our network, where much is open to those inside. An
address that stands in GATEWAY_URL itself is the administrator's word, as is a name that the
public DNS does not have. What else this server asks for at a name that others answer for, the keys
of who signs tokens (services/key_source.py), is asked by https only, and nothing is sent with it.
"""

import ipaddress
import re
import socket
from collections.abc import Callable

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

PRIVATE_ZONES = tuple(
    f".{zone}"
    for zone in (
        *("corp", "home", "home.arpa", "internal", "intranet", "lan", "local", "localdomain"),
        *("localhost", "private", "svc", "test"),
    )
)
"""Ends of names that the public DNS has for nobody (RFC 6761, RFC 6762 appendix G, RFC 8375,
ICANN's `internal`), and Kubernetes' `svc`."""
HOLD_IPV4 = tuple(
    ipaddress.IPv6Network(network) for network in ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96")
)
"""Networks whose addresses end with one of IPv4: of networks that speak IPv6 only (RFC 6052, 8215
and 7915), and as it was written once (RFC 4291, section 2.5.5.1)."""
HOLD_IPV4_SOMEWHERE = ipaddress.IPv6Network("64:ff9b:1::/48")
"""Where each network says itself how long its prefix is, and by that where in an address one of
IPv4 stands (RFC 8215, 6052)."""
THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
UNSPECIFIED_OR_OWN = frozenset(map(ipaddress.IPv6Address, ("::", "::1")))
SECRETS = frozenset(
    map(
        ipaddress.ip_address,
        # Amazon, Google, Alibaba, Azure, Oracle; all have 169.254.169.254 besides or instead.
        ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    )
)
"""Where clouds give out secrets to whoever asks from one of their machines, and which is not of the
nearest wire only."""

_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE | re.DOTALL)
"""What ends so is an address, however short or odd: no name of the DNS does."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(OSError):
    """The name leads to an address where no gateway is to be asked; the text says which."""


def host_of(url: str) -> str:
    """The host that is asked for at an address; '' for none. Unicode has other digits and dots, by
    which whoever asks means those of ASCII. Raises ValueError."""
    try:
        return URL(url).raw_host or ""
    except LookupError:  # of one that has only an address of IPv6 in front of its @
        raise ValueError("no address") from None


def is_odd_address(host: str) -> bool:
    """Whether it is an address in none of the usual forms, such as ``127.1`` or ``0x7f.1``."""
    return not is_address(host) and bool(_NUMBER.fullmatch(host))


def is_private_name(host: str) -> bool:
    """Whether only a network of one's own can say where it leads."""
    name = host.lower().removesuffix(".")
    return "." not in name or name.endswith(PRIVATE_ZONES)


def is_address(host: str) -> bool:
    """Whether it is an address, and no name."""
    try:
        _meant(host)
    except ValueError:
        return False
    return True


def gives_out_secrets(text: str) -> bool:
    """Whether it is an address of the nearest wire only, or another where clouds give out secrets.
    A name is none."""
    return is_address(text) and any(
        address.is_link_local or address in SECRETS for address in _meant(text)
    )


def objection(text: str, *, private: bool) -> str | None:
    """Why nothing is to be sent to this address; None where there is nothing against it."""
    for address in _meant(text):
        if address in SECRETS:
            return f"{text} is where a cloud gives out secrets: nothing is asked there"
        if address.is_link_local or address.is_multicast:
            return (
                f"{text} is an address of the nearest wire only, or of many: nothing is asked there"
            )
        is_local = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
        if not private and (is_local or not address.is_global):
            return f"{text} is a private address; GATEWAY_PRIVATE=true allows those"
    return None


def open_socket(info: AddrInfoType, *, private: bool) -> socket.socket:
    """A socket to this address: the last look, also at what was never a name, and so never looked
    up. Raises AddressRefused."""
    family, kind, protocol, _, (host, *_) = info
    if reason := objection(str(host), private=private):
        raise AddressRefused(reason)
    return socket.socket(family, kind, protocol)


def _meant(text: str) -> tuple[Address, ...]:
    """The address, in its plain form: IPv6 can say an IPv4 address in several ways. More than one
    where it is not known which it is. Raises ValueError."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address) or address in UNSPECIFIED_OR_OWN:
        return (address,)
    last = ipaddress.IPv4Address(address.packed[-4:])
    if address in HOLD_IPV4_SOMEWHERE:
        # Behind 48, 56, 64 or 96 bits, without those from 64 to 71.
        bits = address.packed[:8] + address.packed[9:]
        inside = [last, *(ipaddress.IPv4Address(bits[at : at + 4]) for at in (6, 7, 8))]
        return tuple(one for one in inside if one not in THIS_NETWORK) or (last,)
    if any(address in network for network in HOLD_IPV4):
        return (last,)
    through = address.teredo[1] if address.teredo else None
    return (address.ipv4_mapped or address.sixtofour or through or address,)


class Resolver(AbstractResolver):
    """Looks names up, and leaves out addresses where nothing is to be sent.

    ``private``: whether private addresses will do for every name; ``own_names``: whether they will
    do for those that only a network of one's own has.
    """

    def __init__(
        self,
        *,
        private: bool,
        own_names: bool = True,
        made: Callable[[], AbstractResolver] = ThreadedResolver,
    ) -> None:
        self._private = private
        self._own_names = own_names
        self._resolver = made()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises AddressRefused where no address is left, and OSError."""
        found = await self._resolver.resolve(host, port, family)
        private = self._private or (self._own_names and is_private_name(host))
        against = [objection(one["host"], private=private) for one in found]
        good = [one for one, wrong in zip(found, against, strict=True) if wrong is None]
        if found and not good:
            raise AddressRefused(f"{host}: {against[0]}")
        return good

    async def close(self) -> None:
        await self._resolver.close()
