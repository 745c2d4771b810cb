"""What other servers and external emitters publish on python-socketio's own channel.

Anybody who reaches Redis may write there, so what comes is read strictly before python-socketio
gets it, which expects each field to be there and of the right type.
"""

from typing import Any

import msgspec

from alphasync.nesting import decode_json

Room = str | int
Namespace = str | None


class _Message(msgspec.Struct, tag_field="method"):
    host_id: str | None = None
    namespace: Namespace = None


class _Emit(_Message, tag="emit", kw_only=True):
    event: str
    data: Any
    binary: bool | None = None
    room: Room | list[Room] | None = None
    skip_sid: str | list[str] | None = None
    callback: list[Any] | None = None


class _Callback(_Message, tag="callback", kw_only=True):
    sid: str
    id: int
    args: list[Any]


class _Disconnect(_Message, tag="disconnect", kw_only=True):
    sid: str
    superseded: bool = False
    signed_out: bool = False


class _EnterRoom(_Message, tag="enter_room", kw_only=True):
    sid: str
    room: Room


class _LeaveRoom(_Message, tag="leave_room", kw_only=True):
    sid: str
    room: Room


class _CloseRoom(_Message, tag="close_room", kw_only=True):
    room: Room


_Any = _Emit | _Callback | _Disconnect | _EnterRoom | _LeaveRoom | _CloseRoom


class NoMessage(ValueError):
    """What came is nothing that python-socketio publishes."""


def read(raw: bytes) -> dict[str, Any]:
    """The message. Raises NoMessage."""
    try:
        message: dict[str, Any] = decode_json(raw)
        msgspec.convert(message, _Any)
    except (msgspec.MsgspecError, ValueError) as error:
        raise NoMessage(str(error)) from None
    return message
