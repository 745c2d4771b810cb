"""The handshake: what a client says of itself when it connects."""

from collections.abc import Mapping

import msgspec

from alphasync.services.tokens import MissingToken

BEARER = "bearer "
TOKEN_MAX = 8192
"""Characters. A longer one is refused before it is looked at."""


class Handshake(msgspec.Struct, frozen=True):
    token: str
    device_id: str | None
    resume_token: str | None
    device_name: str
    epoch: str | None
    revision: int
    """The last event that the client has seen, to get only what it missed."""


def read(auth: object, environ: Mapping[str, object]) -> Handshake:
    """The handshake of a connection. Raises MissingToken.

    The token is in ``auth.token``, or else in the ``Authorization: Bearer`` header. The other
    fields are an offer of the client: one that does not fit counts as not sent.
    """
    fields = auth if isinstance(auth, dict) else {}
    token = _text(fields, "token", TOKEN_MAX)
    if token is None:
        header = environ.get("HTTP_AUTHORIZATION")
        if isinstance(header, str) and header[: len(BEARER)].lower() == BEARER:
            token = header[len(BEARER) :].strip()[:TOKEN_MAX] or None
    if token is None:
        raise MissingToken
    revision = fields.get("revision")
    return Handshake(
        token=token,
        device_id=_text(fields, "deviceId", 64),
        resume_token=_text(fields, "resumeToken", 128),
        device_name=_text(fields, "deviceName", 256) or "",
        epoch=_text(fields, "epoch", 64),
        revision=revision if isinstance(revision, int) and revision >= 0 else 0,
    )


def _text(fields: Mapping[object, object], name: str, longest: int) -> str | None:
    value = fields.get(name)
    if isinstance(value, str) and 0 < len(value) <= longest and value.isprintable():
        return value
    return None
