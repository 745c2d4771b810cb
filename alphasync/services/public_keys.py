"""Public keys of those who sign tokens elsewhere: what is read of a file, and which are taken.

The type of a key decides how it signs, and never the token: so that nobody signs with what
everybody may know, as if it were a secret.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from alphasync.nesting import decode_json

PUBLIC_KEYS_MAX = 50
"""Of one file or key set: a service has two or three at a time."""
FILE_MAX = 256 * 1024
"""Bytes."""
RSA_BITS_MIN = 2048
"""RFC 7518, section 3.3."""
KID_MAX = 512
"""Characters."""
NAME_SHOWN = 64
"""Characters of a key's name that are said in the log."""
_END = "-----END PUBLIC KEY-----"
_CURVES = {SECP256R1: "ES256", SECP384R1: "ES384", SECP521R1: "ES512"}

Key = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey


class NoKeys(ValueError):
    """A file with keys that cannot be used; the text says why."""


class PublicKey(NamedTuple):
    key: Key
    algorithms: frozenset[str]
    """What it may be used with."""
    kid: str | None = None


class KeysOfSet(NamedTuple):
    keys: list[PublicKey]
    left_out: tuple[str, ...]
    """The others, by their names, or their places in the set where they have none."""


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[dict[str, object]]


def of_pem(text: str, allowed: Collection[str]) -> list[PublicKey]:
    """The keys of a file in PEM, one or several. Raises NoKeys."""
    _check_size(text)
    if "PRIVATE KEY-----" in text:
        raise NoKeys("holds a private key: give it to nobody but who signs")
    blocks = [block + _END for block in text.split(_END)[:-1]]
    _check_count(blocks)
    try:
        found = [_usable(load_pem_public_key(block.strip().encode())) for block in blocks]
    except (ValueError, UnsupportedAlgorithm):
        raise NoKeys("expected public keys in PEM (-----BEGIN PUBLIC KEY-----)") from None
    return _allowed([PublicKey(key, _algorithms_of(key)) for key in found], allowed)


def of_jwks(text: str | bytes, allowed: Collection[str]) -> KeysOfSet:
    """The keys of a JSON Web Key Set that sign (RFC 7517); others are left out. Raises NoKeys."""
    _check_size(text)
    try:
        given = decode_json(text, _KeySet).keys
    except (msgspec.DecodeError, ValueError):
        raise NoKeys('expected a JSON Web Key Set: {"keys": [...]}') from None
    _check_count(given)
    found = [_of_jwk(one) for one in given]
    left_out = tuple(
        _name_of(one, place)
        for place, (one, key) in enumerate(zip(given, found, strict=True), 1)
        if key is None or not key.algorithms & set(allowed)
    )
    return KeysOfSet(_allowed([key for key in found if key is not None], allowed), left_out)


def _name_of(given: dict[str, object], place: int) -> str:
    kid = given.get("kid")
    return shown(kid) if isinstance(kid, str) and kid else f"number {place}"


def shown(kid: str) -> str:
    """The name of a key as it can stand in a line."""
    return repr(kid[:NAME_SHOWN])


def _of_jwk(given: dict[str, object]) -> PublicKey | None:
    kid, named, use, operations = map(given.get, ("kid", "alg", "use", "key_ops"))
    if "d" in given or use not in (None, "sig"):
        return None
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return None
    if kid is not None and not (isinstance(kid, str) and len(kid) <= KID_MAX):
        return None
    try:
        key = _usable(jwt.PyJWK({n: v for n, v in given.items() if n != "alg"}).key)
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, UnsupportedAlgorithm):
        return None
    algorithms = _algorithms_of(key)
    if named is not None:
        algorithms &= {named} if isinstance(named, str) else set()
    return PublicKey(key, algorithms, kid)


def _usable(key: object) -> Key:
    if not isinstance(key, Key):
        raise NoKeys("expected keys of RSA, Ed25519 or an elliptic curve")
    if isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS_MIN:
        raise NoKeys(f"an RSA key has {RSA_BITS_MIN} bits or more")
    return key


def _algorithms_of(key: Key) -> frozenset[str]:
    match key:
        case RSAPublicKey():
            return frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
        case Ed25519PublicKey():
            return frozenset({"EdDSA"})
        case _:
            return frozenset({_CURVES.get(type(key.curve), "")}) - {""}


def _allowed(found: Sequence[PublicKey], allowed: Collection[str]) -> list[PublicKey]:
    kept = [key._replace(algorithms=key.algorithms & set(allowed)) for key in found]
    usable = [key for key in kept if key.algorithms]
    if not usable:
        raise NoKeys(f"has no key for {', '.join(allowed)} (JWT_ALGORITHMS)")
    return usable


def _check_size(text: str | bytes) -> None:
    if len(text) > FILE_MAX:
        raise NoKeys(f"is larger than {FILE_MAX} bytes")


def _check_count(given: Sequence[object]) -> None:
    if len(given) > PUBLIC_KEYS_MAX:
        raise NoKeys(f"has {len(given)} keys, {PUBLIC_KEYS_MAX} is the most")
