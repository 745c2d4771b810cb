"""From the arguments of a socket event to a command."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from alphasync.domain.runs import Key, ProcessingType
from alphasync.errors import InvalidPayload
from alphasync.nesting import check_nesting
from alphasync.protocol.commands import Command, ProfileCommand, ProfileId, Revision
from alphasync.protocol.draft_commands import UpdateMessage
from alphasync.protocol.wrong import in_words

C = TypeVar("C", bound=Command)

TEXT = f'["{UpdateMessage.event_name}",'
"""How most of what clients send begins: what they type."""
_text = msgspec.json.Decoder(tuple[Literal["updateMessage"], UpdateMessage])


class _PackedText(msgspec.Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """An ``UpdateMessage`` of which JSON could say all: MessagePack says more where anything may
    stand, and has whole numbers that JavaScript has not."""

    profile_id: ProfileId | Annotated[int, Meta(ge=-(2**53), le=2**53)]
    type: ProcessingType
    message: str
    base: Revision | UnsetType = UNSET
    caret: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    operator_id: str | UnsetType = UNSET
    device_id: str | UnsetType = UNSET


_packed_text = msgspec.msgpack.Decoder(tuple[Literal["updateMessage"], _PackedText])
_PACKED_TEXT = b"\x92" + msgspec.msgpack.encode(UpdateMessage.event_name)
"""How it begins, as ``TEXT`` in JSON."""


def read_text(event: str) -> list[Any] | None:
    """A typed text straight from the JSON of its event, as ``parse`` makes it. None for what is
    another event, or to be refused: that is read as JSON first, and then parsed."""
    if not event.startswith(TEXT):
        return None
    try:
        check_nesting(event)
        return list(_text.decode(event))
    except ValueError:
        return None


def read_packed_text(event: msgspec.Raw) -> list[Any] | None:
    """As ``read_text``, from MessagePack."""
    if bytes(memoryview(event)[: len(_PACKED_TEXT)]) != _PACKED_TEXT:
        return None
    try:
        name, text = _packed_text.decode(event)
        return [name, UpdateMessage(**msgspec.structs.asdict(text))]
    except ValueError:
        return None


def key_in(arguments: tuple[object, ...]) -> Key | None:
    """The profile and type that a command is about, whatever else is wrong with it; None where it
    names none."""
    payload = arguments[0] if arguments else None
    if not isinstance(payload, dict):
        return None
    names = {name: payload.get(name) for name in ("profileId", "type")}
    try:
        about = msgspec.convert(names, ProfileCommand)
    except ValueError:
        return None
    return about.profile, about.type


def parse(model: type[C], arguments: tuple[object, ...]) -> C:
    """The command in the arguments of a socket event (its acknowledgement not among them).

    Raises InvalidPayload, naming the field at fault. A command without fields of its own may come
    with no argument, with null or with an empty object.
    """
    if len(arguments) > 1:
        raise InvalidPayload(f"Expected one object, got {len(arguments)} arguments")
    payload = arguments[0] if arguments else None
    if isinstance(payload, model):
        return payload  # it was read at once
    if payload is None:
        payload = {}
    if not isinstance(payload, dict):
        raise InvalidPayload("Expected an object")
    try:
        return msgspec.convert(payload, model)
    except msgspec.ValidationError as error:
        raise InvalidPayload(in_words(error)) from None
    except UnicodeEncodeError:  # half an emoji where only names and ids may stand
        raise InvalidPayload("Expected well-formed text") from None
