"""Settings of tokens that others sign, and of what all tokens have to say."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator

from alphasync.config.essentials import Section
from alphasync.config.values import DAY, Names, Seconds, WhenUnset, parts
from alphasync.gateway.addresses import gives_out_secrets, host_of

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
HTTPS = "https://"
"""How an address of a key set begins; all else is a file."""
Algorithms = Annotated[tuple[Algorithm, ...], BeforeValidator(parts), Field(min_length=1)]


class TokenSettings(Section):
    """Tokens that are signed elsewhere. Whoever has `JWT_SECRET` signs with `HS256`; others sign
    with a key of their own, whose public part is told here. Both say who it is in `operatorId`,
    or without it in `sub`; where there are both, `operatorId` counts. Only a token that was made
    by a login here is prolonged."""

    jwt_public_key: Path | None = None
    """A file with one or several public keys, in PEM. It is read at the start."""
    jwt_jwks: str | None = None
    """A JSON Web Key Set (RFC 7517): a file, or an `https://` address where it is to be had. It is
    read at the start, every `JWT_JWKS_INTERVAL`, and when a token names a key that is not in it, at
    most every 30 s; while it cannot be read,
    [its last keys are used](deploy/README.md#tokens-that-are-signed-elsewhere). Keys in it that
    encrypt, and those that are secret, are left out. An address may be private, and none where
    clouds give out secrets, as link-local ones are; it is asked without a redirect, and its answer
    may take 10 s and 64 KiB."""
    jwt_jwks_ca_file: Path | None = None
    """With an address in `JWT_JWKS`: a file with the certificate of who signs its server's. Then
    they alone are believed, and not whom the system knows. The certificate is looked at in any
    case."""
    jwt_jwks_interval: Annotated[float, Seconds, Field(ge=30, le=7 * DAY)] = 3600.0
    """How often the key set is read again. For so long a key is taken that was left out of it."""
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
    def _place(cls, value: str | None) -> str | None:
        if value is None or "://" not in value:
            return value
        if any(char.isspace() or not char.isprintable() for char in value):
            raise ValueError("expected an address without white space in it")
        parts = urlsplit(value)
        if not value.startswith(HTTPS) or not parts.hostname:
            raise ValueError("expected the path of a file, or an https:// address")
        if "@" in parts.netloc or parts.fragment:
            raise ValueError("expected an address without credentials or fragment")
        if gives_out_secrets(host_of(value)):
            raise ValueError(
                "there is no key set where clouds give out secrets, as at link-local addresses"
            )
        _ = parts.port  # raises for one that is none
        return value
