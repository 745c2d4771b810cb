"""Who a session is: what its client says in the handshake, and what it is registered as."""

from collections.abc import Mapping
from typing import Annotated, TypedDict, TypeVar

import msgspec

from alphasync.domain.devices import UNKNOWN, named_by
from alphasync.domain.identity import Identity
from alphasync.domain.usable import is_blank, is_printable
from alphasync.services.tokens import MissingToken, bearer, given

REVISION_MAX = 2**53
"""What a number in JSON is exact up to."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Proof = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Revision = Annotated[int, msgspec.Meta(ge=0, le=REVISION_MAX)]

Field = TypeVar("Field")


class Auth(TypedDict, total=False):
    """What a client gives as `auth` when it connects."""

    token: str
    """That of a login. It may come in the header `Authorization: Bearer <token>` instead."""
    deviceId: Id
    """With `resumeToken`: which device it is. Both are of an earlier `deviceRegistered`."""
    resumeToken: Proof
    """Proves that it is that device."""
    deviceName: Name
    """What other people may call it; cut at 64 characters. Without one it is called by the header
    `User-Agent`, e.g. `Chrome on Android`."""
    epoch: Id
    """With `revision`: what the client has seen last, to get only what it missed."""
    revision: Revision
    """That of the last event that it has handled."""


class Handshake(msgspec.Struct, frozen=True):
    token: str
    device_id: str | None
    resume_token: str | None
    device_name: str
    epoch: str | None
    revision: int
    """That of the last event that the client has seen; 0 where it offers none."""
    usual_name: str = UNKNOWN
    """What it is called where it was never given a name."""


class Registration(msgspec.Struct, array_like=True):
    """Who a session is. It goes whole with the session to another server."""

    sid: str
    who: Identity
    offer: Handshake
    """What the client said of itself."""
    device_id: str = ""
    resumed: bool = False
    name: str = ""
    resume_token: str = ""
    warned: bool = False
    """Whether it was told that its token is about to expire."""
    server: str = ""
    """On record as the one that has the device."""

    def log_fields(self) -> Mapping[str, str]:
        return {"account": self.who.account, "device": self.device_id}


def read_handshake(auth: object, environ: Mapping[str, object]) -> Handshake:
    """The handshake of a connection. Raises MissingToken, and InvalidToken for what can be none.

    The token is in ``auth.token``, or else in the ``Authorization: Bearer`` header. The other
    fields are an offer of the client: one that does not fit counts as not sent.
    """
    fields = auth if isinstance(auth, dict) else {}
    token = given(fields.get("token")) or bearer(environ.get("HTTP_AUTHORIZATION"))
    if token is None:
        raise MissingToken
    name = _field(fields, "deviceName", Name) or ""
    return Handshake(
        token=token,
        device_id=_field(fields, "deviceId", Id),
        resume_token=_field(fields, "resumeToken", Proof),
        device_name="" if is_blank(name) else name,
        usual_name=named_by(str(environ.get("HTTP_USER_AGENT") or "")),
        epoch=_field(fields, "epoch", Id),
        revision=_field(fields, "revision", Revision) or 0,
    )


def _field(fields: Mapping[object, object], name: str, kind: type[Field]) -> Field | None:
    return _value(fields.get(name), kind)


def _value(value: object, kind: type[Field]) -> Field | None:
    """The value if it is one of this kind, strictly: true is no number."""
    # Nothing that is printable has half an emoji or a NUL in it.
    if isinstance(value, str) and not is_printable(value):
        return None
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return None
