"""A request that one server signs for another, to be sent as it is or changed."""

import asyncio
from dataclasses import dataclass, field

from multidict import CIMultiDict

from alphasync.transport.from_peers import FromPeers
from alphasync.transport.proofs import CLIENT, PROOF, Asking
from tests.conformance.servers import Pair
from tests.harness import PATIENCE

CLIENTS = "192.0.2.1"
"""The client's address."""
HOUR = 3600.0


@dataclass
class Request:
    """A request to the inner port, right in every respect until a test changes it."""

    pair: Pair
    sid: str
    method: str = "POST"
    target: str = ""
    body: bytes = b"4x"
    headers: CIMultiDict[str] = field(default_factory=lambda: CIMultiDict({CLIENT: CLIENTS}))
    off: float = 0.0
    """Seconds from the moment that it is for to the one when it comes."""

    def __post_init__(self) -> None:
        self.target = self.target or f"/?EIO=4&transport=polling&sid={self.sid}"

    def sign(self, secret: str = "known to the street only", owner: str = "") -> "Request":
        peers = self.pair.street.peers(secret)
        asking = Asking(peers, owner or self.pair.peers.name)
        now = owner_side(self.pair).door.now() - self.off
        proof = asking.proof(now, self.method, self.target, self.headers, self.body)
        self.headers[PROOF] = proof
        return self

    def written(self) -> bytes:
        length = f"Content-Length: {len(self.body)}"
        lines = [f"{self.method} {self.target} HTTP/1.1", "Host: inner", length]
        lines += ["Connection: close", *(f"{n}: {v}" for n, v in self.headers.items()), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body

    async def send(self) -> int:
        """Returns the status of the answer."""
        reader, writer = await asyncio.open_connection(
            *self.pair.street.addresses[self.pair.peers.name]
        )
        writer.write(self.written())
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        writer.close()
        return int(answer.split(b" ", 2)[1])


def owner_side(pair: Pair) -> FromPeers:
    assert pair.owner.eio.from_peers
    return pair.owner.eio.from_peers


async def untouched(pair: Pair, sid: str) -> None:
    """Nothing has come through to this session, and it goes on."""
    assert (pair.owner.received, pair.owner.ended) == ([], {})
    assert (await pair.endpoint.post(sid, "4y")).text == "ok"
    await pair.owner.got(sid, "4y"[1:])
