"""From the arguments of a socket event to a command."""

from typing import TypeVar

import msgspec

from alphasync.domain.runs import Key
from alphasync.errors import InvalidPayload
from alphasync.protocol.commands import Command, ProfileCommand
from alphasync.protocol.wrong import in_words

C = TypeVar("C", bound=Command)


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
