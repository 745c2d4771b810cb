"""The JSON Web Tokens that prove who is acting."""

import hashlib
import secrets
import time
import warnings
from base64 import urlsafe_b64decode

import jwt
import msgspec

from alphasync.domain.identity import Identity, account_of
from alphasync.errors import AlphasyncError
from alphasync.nesting import check_nesting

ALGORITHM = "HS256"
"""The only one accepted: a token cannot choose how it is checked."""
ID_MAX = 128
"""Characters of an operator, team or profile id."""
TOKEN_MAX = 8192
"""Characters. A longer one is refused before it is looked at."""
LEEWAY = 5.0
"""Seconds by which the clock of who mints a token may be ahead of ours; its end has none."""
BEARER = "bearer "

# The secret's strength is judged once, at start; not at every token.
warnings.filterwarnings("ignore", category=jwt.InsecureKeyLengthWarning)


class InvalidToken(AlphasyncError):
    code = "invalid_token"
    default_message = "Invalid authentication token"


class MissingToken(AlphasyncError):
    code = "missing_token"
    default_message = "Authentication token required"


class Claims(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is read of a token; other registered claims may stand beside it."""

    operator_id: str | int
    exp: int | float
    email: str | None = None
    profiles: list[str | int] | None = None
    role: str | None = None
    team: str | int | None = None
    jti: str | None = None


def given(value: object) -> str | None:
    """The token that a client gave, without white space around it; None for none.

    Raises InvalidToken for a text that can be none.
    """
    token = value.strip() if isinstance(value, str) else ""
    if len(token) > TOKEN_MAX or not (token.isascii() and token.isprintable()):
        raise InvalidToken
    return token or None


def bearer(header: object) -> str | None:
    """The token of an ``Authorization`` header; None for none. Raises InvalidToken."""
    if not isinstance(header, str) or header[: len(BEARER)].lower() != BEARER:
        return None
    return given(header[len(BEARER) :])


class Tokens:
    """``lifetime``: seconds from a token's making to its end; ``leeway``: see LEEWAY."""

    def __init__(self, secret: str, lifetime: float, leeway: float = LEEWAY) -> None:
        self._secret = secret
        self._lifetime = lifetime
        self._leeway = leeway

    def mint(
        self,
        operator_id: str,
        *,
        email: str | None = None,
        profiles: list[str] | None = None,
        team: str | None = None,
        role: str | None = None,
        lifetime: float | None = None,
    ) -> str:
        """A token valid for ``lifetime`` seconds (default: the setting)."""
        now = time.time()
        claims = Claims(
            operator_id=operator_id,
            exp=int(now + (self._lifetime if lifetime is None else lifetime)),
            email=email,
            profiles=list(profiles) if profiles is not None else None,
            team=team,
            role=role,
            jti=secrets.token_hex(8),
        )
        payload = {**msgspec.to_builtins(claims), "iat": int(now)}
        return jwt.encode(payload, self._secret, algorithm=ALGORITHM)

    def verify(self, token: str) -> Identity:
        """Who the token proves. Raises InvalidToken, whatever is wrong with it."""
        try:
            # Its payload is read once the signature holds.
            check_nesting(urlsafe_b64decode(token.partition(".")[0] + "=="))
            payload = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                options={"require": ["exp"]},
                leeway=self._leeway,
            )
            claims = msgspec.convert(payload, Claims)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError) as error:
            raise InvalidToken from error
        if claims.exp <= time.time():
            raise InvalidToken  # the leeway is for the beginning
        operator_id = _id(claims.operator_id)
        team = _id(claims.team) if claims.team is not None else None
        return Identity(
            operator_id=operator_id,
            account=account_of(operator_id, team),
            email=claims.email,
            expires_at=int(claims.exp),
            token_hash=hashlib.sha256(token.encode()).hexdigest()[:32],
            profiles=(
                frozenset(_id(profile) for profile in claims.profiles)
                if claims.profiles is not None
                else None
            ),
            role=claims.role,
            team=team,
        )

    def refresh(self, who: Identity) -> str:
        """A fresh token that says the same."""
        return self.mint(
            who.operator_id,
            email=who.email,
            profiles=sorted(who.profiles) if who.profiles is not None else None,
            team=who.team,
            role=who.role,
        )


def _id(value: str | int) -> str:
    text = str(value)
    if not 1 <= len(text) <= ID_MAX or not text.isprintable():
        raise InvalidToken
    return text
