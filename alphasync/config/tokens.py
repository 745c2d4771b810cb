"""Settings of tokens that others sign, and of what all tokens have to say."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from alphasync.config.essentials import Section
from alphasync.config.values import Names, WhenUnset, parts

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
Algorithms = Annotated[tuple[Algorithm, ...], BeforeValidator(parts), Field(min_length=1)]


class TokenSettings(Section):
    """Tokens that are signed elsewhere. Whoever has `JWT_SECRET` signs with `HS256`; others sign
    with a key of their own, whose public part is told here. Both say who it is in `operatorId`,
    or without it in `sub`; where there are both, `operatorId` counts. Only a token that was made
    by a login here is prolonged."""

    jwt_public_key: Path | None = None
    """A file with one or several public keys, in PEM. It is read at the start."""
    jwt_jwks: Path | None = None
    """A file with a JSON Web Key Set (RFC 7517). It is read at the start; keys in it that encrypt,
    and those that are secret, are left out."""
    jwt_algorithms: Algorithms = ("RS256", "EdDSA")
    """How these keys may sign, by comma: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`,
    `ES256`, `ES384`, `ES512`, `EdDSA`. What kind of key it is decides, and no token does."""
    jwt_audience: Annotated[Names, WhenUnset("none")] = ()
    """Of what `aud` a token has to name one, by comma; the first stands in ours. Without it a token
    with an `aud` is refused, as it is for somebody else. The same on all servers; a change of it
    leads everybody to the sign-in."""
    jwt_issuer: Annotated[Names, WhenUnset("any")] = ()
    """Which `iss` a token has to have one of, by comma; the first stands in ours. The same on all
    servers; a change of it leads everybody to the sign-in."""

    @field_validator("jwt_jwks")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        if value is not None and value.parts[0].lower() in ("http:", "https:"):
            raise ValueError("expected the path of a file: an address is not asked")
        return value
