"""Servers that share a secret and pass on to each other what has come to the wrong one.

A session id names the server that has the session, and is signed: nobody can make one up that sends
a request anywhere. What one server asks another and is answered is signed as well, with the name of
the one that is asked; these are made anew with each process, so that a signature is worth nothing
afterwards.
"""

import functools
import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from typing import NamedTuple

NAME_BYTES, RANDOM_BYTES, PROOF_BYTES = 6, 15, 12
NAME_SIZE, PROOF_SIZE = NAME_BYTES * 4 // 3, PROOF_BYTES * 4 // 3
ID_SIZE = NAME_SIZE + RANDOM_BYTES * 4 // 3 + PROOF_SIZE
"""Characters of a session id."""

KNOWN_MAX = 16_384
"""Session ids of which is remembered whether one of us has made them: each is asked for often."""

PeerAddress = tuple[str, int]
"""Host and port."""
FindPeer = Callable[[str], Awaitable[PeerAddress | None]]
"""Where the server of a name listens for the others; None when it is gone."""


class LineKeys(NamedTuple):
    """Of one line between two servers, a key for each direction."""

    asking: bytes
    answering: bytes


class Peers:
    """This server's name, and how it and the others prove who they are."""

    def __init__(self, shared: tuple[str, ...], find: FindPeer, name: str = "") -> None:
        """``shared``: what signs first, and behind it what another server may still sign with.
        ``name``: NAME_SIZE characters that no other server has, nor any before; '' for some."""
        self.name = name or _text(secrets.token_bytes(NAME_BYTES))
        if len(self.name) != NAME_SIZE:
            raise ValueError(f"a server's name has {NAME_SIZE} characters")
        self.find = find
        self._owner_of = functools.lru_cache(KNOWN_MAX)(self._read)
        self._of_ids = _derived(shared, "alphasync session id")
        self._of_requests = _derived(shared, "alphasync forwarded request")
        self._of_answers = _derived(shared, "alphasync forwarded answer")
        self._of_lines = _derived(shared, "alphasync line")

    def new_id(self) -> str:
        """The id of a session of this server."""
        start = self.name + _text(secrets.token_bytes(RANDOM_BYTES))
        return start + _proof(self._of_ids[0], start)

    def owner_of(self, sid: str) -> str | None:
        """The name of the server that made this id; None when none of us did."""
        return self._owner_of(sid) if len(sid) == ID_SIZE else None

    def _read(self, sid: str) -> str | None:
        start, proof = sid[:-PROOF_SIZE], sid[-PROOF_SIZE:]
        if not _proven(self._of_ids, start, proof):
            return None
        return sid[:NAME_SIZE]

    def sign(self, owner: str, *said: str) -> str:
        """Proof for the server ``owner`` that one of us says this."""
        return _proof(self._of_requests[0], "\n".join((owner, *said)))

    def signed(self, proof: str, *said: str) -> bool:
        """Whether one of us says this, to this server."""
        return _proven(self._of_requests, "\n".join((self.name, *said)), proof)

    def sign_answer(self, *said: str) -> str:
        """Proof that this server answers so."""
        return _proof(self._of_answers[0], "\n".join((self.name, *said)))

    def answered(self, owner: str, proof: str, *said: str) -> bool:
        """Whether the server ``owner`` answers so."""
        return _proven(self._of_answers, "\n".join((owner, *said)), proof)

    def line_keys(self, owner: str, nonce: str, hello: bytes) -> list[LineKeys]:
        """Of a line to the server ``owner``, which began with both of these: with what signs
        first, and then with what another server may still sign with."""

        def key(shared: bytes, direction: str) -> bytes:
            said = "\n".join((direction, owner, nonce, "")).encode() + hello
            return hmac.digest(shared, said, hashlib.sha256)

        return [LineKeys(key(one, "asking"), key(one, "answering")) for one in self._of_lines]


def _derived(shared: tuple[str, ...], purpose: str) -> list[bytes]:
    return [hmac.digest(secret.encode(), purpose.encode(), "sha256") for secret in shared]


def _proven(keys: list[bytes], text: str, proof: str) -> bool:
    """While a key is changed server by server, some sign with the next one and some do not yet."""
    return any(_same(_proof(key, text), proof) for key in keys)


def _proof(key: bytes, text: str) -> str:
    return _text(
        hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)[:PROOF_BYTES]
    )


def _same(one: str, other: str) -> bool:
    # Text of a header that is no UTF-8 holds surrogates: different, not an error.
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "surrogatepass"))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()


def written(address: PeerAddress) -> str:
    """Host and port as a URL has them."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
