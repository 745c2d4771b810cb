"""How tokens are signed, and by whom: our own keys, of which the first signs and any is taken, and
the public keys of others."""

import hashlib
import hmac
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, NamedTuple

import jwt
import msgspec

from alphasync.nesting import check_nesting
from alphasync.services.key_set import KeySet
from alphasync.services.public_keys import Key, PublicKey

ALGORITHM = "HS256"
"""The only one of our own keys: a token cannot choose how it is checked."""
KID_BYTES = 8

# The keys' strength is judged once, at start; not at every token.
warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)


class Trust(msgspec.Struct, frozen=True):
    """What is taken besides our own keys, and what each token has to say."""

    public: tuple[PublicKey, ...] = ()
    audience: tuple[str, ...] = ()
    """The first stands in ours; none: a token that is for somebody is not for us."""
    issuer: tuple[str, ...] = ()
    """The first stands in ours; none: whoever it was."""


NOBODY_ELSE = Trust()


class Signed(NamedTuple):
    claims: dict[str, Any]
    ours: bool
    """By a key of ours, and not by somebody whose public key we know."""


class Signing:
    """``secrets``: what signs first, and behind it what is taken besides; ``leeway``: in seconds,
    by which the clock of who signs may be ahead. ``key_set``: whose keys are taken as they are at
    that time."""

    def __init__(
        self,
        secrets: tuple[str, ...],
        leeway: float,
        trust: Trust,
        key_set: KeySet | None = None,
    ) -> None:
        self._secrets = {_kid_of(secret): secret for secret in secrets}
        self._leeway = leeway
        self._trust = trust
        self._key_set = key_set

    def sign(self, claims: dict[str, Any]) -> str:
        """A token that says this."""
        kid, secret = next(iter(self._secrets.items()))
        named = {"aud": self._trust.audience, "iss": self._trust.issuer}
        said = {name: values[0] for name, values in named.items() if values} | claims
        return jwt.encode(said, secret, algorithm=ALGORITHM, headers={"kid": kid})

    def read(self, token: str, late: float = 0.0) -> Signed:
        """What a token says whose signature, times, audience and issuer are good. ``late``: seconds
        for which it may have ended before.

        Raises jwt.PyJWTError and ValueError, whatever is wrong with it.
        """
        algorithm, kid = _named(token)
        leeway = max(self._leeway, late)
        if algorithm == ALGORITHM:
            return Signed(self._checked(token, ALGORITHM, self._own(kid), leeway), ours=True)
        if not isinstance(algorithm, str):
            raise jwt.InvalidAlgorithmError
        return Signed(
            self._checked(token, algorithm, self._others(algorithm, kid), leeway), ours=False
        )

    def is_ours(self, token: str) -> bool:
        """Of one whose signature is good: whether it is by a key of ours."""
        return _named(token)[0] == ALGORITHM

    async def seek(self, token: str) -> bool:
        """Look for the key that a token names which is none of those that are known; returns
        whether there was a reason to."""
        if self._key_set is None:
            return False
        try:
            algorithm, kid = _named(token)
        except (jwt.PyJWTError, ValueError):
            return False
        if algorithm not in self._key_set.allowed or not isinstance(kid, str):
            return False
        if any(public.kid == kid for public in self._public()):
            return False
        await self._key_set.seek()
        return True

    def _public(self) -> tuple[PublicKey, ...]:
        return self._trust.public + (self._key_set.public if self._key_set is not None else ())

    def _own(self, kid: object) -> list[str]:
        """Those that may have signed. Whoever else signs with a key of ours calls it what they like
        or nothing."""
        named = self._secrets.get(kid) if isinstance(kid, str) else None
        return [named] if named is not None else list(self._secrets.values())

    def _others(self, algorithm: str, kid: object) -> list[Key]:
        """A key without a name has signed under any."""
        return [
            public.key
            for public in self._public()
            if algorithm in public.algorithms and (kid is None or public.kid in (None, kid))
        ]

    def _checked(
        self, token: str, algorithm: str, candidates: list[str] | list[Key], leeway: float
    ) -> dict[str, Any]:
        wrong = jwt.InvalidSignatureError()
        for key in candidates:
            try:
                return jwt.decode(
                    token,
                    key,
                    algorithms=[algorithm],
                    options={"require": ["exp"]},
                    audience=self._trust.audience or None,
                    issuer=self._trust.issuer or None,
                    leeway=leeway,
                )
            except jwt.InvalidSignatureError as error:
                wrong = error
        raise wrong


def _named(token: str) -> tuple[object, object]:
    """The algorithm and the key that its header names. Raises jwt.PyJWTError and ValueError."""
    # Its payload is read once the signature holds.
    check_nesting(urlsafe_b64decode(token.partition(".")[0] + "=="))
    header = jwt.get_unverified_header(token)
    return header.get("alg"), header.get("kid")


def _kid_of(secret: str) -> str:
    """Names a key in the header of a token, and tells nothing of it that its signature does not."""
    digest = hmac.digest(secret.encode(), b"alphasync key id", hashlib.sha256)
    return urlsafe_b64encode(digest[:KID_BYTES]).decode().rstrip("=")
