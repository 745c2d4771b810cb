"""How tokens are signed, and by whom: our own keys, of which the first signs and any is taken."""

import hashlib
import hmac
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import jwt

from alphasync.nesting import check_nesting

ALGORITHM = "HS256"
"""The only one of our own keys: a token cannot choose how it is checked."""
KID_BYTES = 8

# The keys' strength is judged once, at start; not at every token.
warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)


class Signing:
    """``secrets``: what signs first, and behind it what is taken besides; ``leeway``: in seconds,
    by which the clock of who signs may be ahead."""

    def __init__(self, secrets: tuple[str, ...], leeway: float) -> None:
        self._secrets = {_kid_of(secret): secret for secret in secrets}
        self._leeway = leeway

    def sign(self, claims: dict[str, Any]) -> str:
        """A token that says this."""
        kid, secret = next(iter(self._secrets.items()))
        return jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": kid})

    def read(self, token: str, late: float = 0.0) -> dict[str, Any]:
        """What a token says whose signature and times are good. ``late``: seconds for which it may
        have ended before.

        Raises jwt.PyJWTError and ValueError, whatever is wrong with it.
        """
        # Its payload is read once the signature holds.
        check_nesting(urlsafe_b64decode(token.partition(".")[0] + "=="))
        kid = jwt.get_unverified_header(token).get("kid")
        return self._checked(token, self._candidates(kid), max(self._leeway, late))

    def _candidates(self, kid: object) -> list[str]:
        """Those that may have signed. Whoever else signs with a key of ours calls it what they like
        or nothing."""
        named = self._secrets.get(kid) if isinstance(kid, str) else None
        return [named] if named is not None else list(self._secrets.values())

    def _checked(self, token: str, candidates: list[str], leeway: float) -> dict[str, Any]:
        wrong: jwt.InvalidSignatureError | None = None
        for key in candidates:
            try:
                return jwt.decode(
                    token,
                    key,
                    algorithms=[ALGORITHM],
                    options={"require": ["exp"]},
                    leeway=leeway,
                )
            except jwt.InvalidSignatureError as error:
                wrong = error
        raise wrong or jwt.InvalidSignatureError


def _kid_of(secret: str) -> str:
    """Names a key in the header of a token, and tells nothing of it that its signature does not."""
    digest = hmac.digest(secret.encode(), b"alphasync key id", hashlib.sha256)
    return urlsafe_b64encode(digest[:KID_BYTES]).decode().rstrip("=")
