"""docs/protocol.schema.json: JSON Schema of all that clients send and get."""

import json
from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

import msgspec

from alphasync.domain.roles import LEAST, Right
from alphasync.errors import NotAllowed, SignInAgain
from alphasync.gateway.port import GatewayRefused, GatewayUnavailable
from alphasync.protocol.commands import COMMON_ERRORS, Command
from alphasync.protocol.packets import EVENTS
from alphasync.realtime.handlers import REGISTRY
from alphasync.realtime.registration import Auth
from alphasync.reference.calls import CALLS
from alphasync.reference.codes import codes
from alphasync.reference.described import about, fields_of
from alphasync.services.recipients import EndlessListing, TooManyRecipients

Schema = dict[str, Any]

COMMANDS: dict[str, type[Command]] = {name: model for name, (model, _) in REGISTRY.items()}
GATEWAY_ERRORS = (
    SignInAgain,
    GatewayRefused,
    GatewayUnavailable,
    TooManyRecipients,
    EndlessListing,
)
"""Of a command that asks the gateway. What else it is refused with has codes of other errors."""
REF = "#/$defs/{name}"
ABOUT = (
    "What clients of alphasync send and get: docs/protocol.md in words. The payload of each "
    "command and event, what the acknowledgement of a command that was carried out says besides "
    "`ok: true`, the bodies of the HTTP calls, and the error codes. Events may get more fields in "
    "later versions."
)


def own_errors(command: type[Command]) -> list[str]:
    """The codes that a command can be refused with besides those of every command."""
    own = [error.code for error in command.errors]
    if LEAST[command.right] is not LEAST[Right.SEE]:
        own.append(NotAllowed.code)
    return own + [error.code for error in GATEWAY_ERRORS if command.asks_gateway]


def errors_of(command: type[Command]) -> list[str]:
    """The codes that a command can be refused with, its own first."""
    common = [error.code for error in COMMON_ERRORS]
    if command.only_asks:
        common.remove("unknown_outcome")
    return own_errors(command) + common


def whole() -> Schema:
    """The schema, as plain JSON values."""
    refs, definitions = _components()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "alphasync",
        "description": ABOUT,
        "handshake": refs[Auth],
        "commands": {
            name: {
                "payload": refs[model],
                "acknowledgement": refs[model.answer],
                "errors": errors_of(model),
                "overHttp": not model.needs_device,
            }
            for name, model in COMMANDS.items()
        },
        "events": {
            name: {"to": model.audience.value, "payload": refs[model]}
            for name, model in EVENTS.items()
        },
        "calls": {
            call.title: {
                **({"body": refs[call.body]} if call.body else {}),
                **({"query": refs[call.query]} if call.query else {}),
                **({"answer": refs[call.answer]} if call.answer else {}),
                "errors": [error.code for error in call.refused_with],
            }
            for call in CALLS
        },
        "errors": {
            code: {"retryable": error.retryable, "description": about(error)}
            for code, error in codes().items()
        },
        "$defs": dict(sorted(definitions.items())),
    }


def as_json() -> str:
    return json.dumps(whole(), indent=2, ensure_ascii=False) + "\n"


def _components() -> tuple[dict[object, Schema], dict[str, Schema]]:
    """The schema of each model that is used as a whole, and those that they refer to."""
    received: list[object] = [Auth, *COMMANDS.values()]
    received += [call.body for call in CALLS if call.body is not None]
    received += [call.query for call in CALLS if call.query is not None]
    sent: list[object] = [*EVENTS.values(), *(command.answer for command in COMMANDS.values())]
    sent += [call.answer for call in CALLS if call.answer is not None]
    wanted = list(dict.fromkeys([*received, *sent]))
    schemas, definitions = msgspec.json.schema_components(wanted, ref_template=REF)
    for model in _models(wanted):
        _describe(definitions[model.__name__], model)
    for model in _models(sent):
        _complete(definitions[model.__name__], model)
    return dict(zip(wanted, schemas, strict=True)), dict(definitions)


def _models(roots: Iterable[object]) -> list[type]:
    """The models, and those that stand in their fields, whatever they stand in there."""
    found: dict[type, None] = {}
    waiting = list(roots)
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if (
            isinstance(kind, type)
            and kind.__module__.startswith("alphasync.")
            and kind not in found
        ):
            found[kind] = None
            waiting += _hints(kind).values()
    return list(found)


def _hints(model: type) -> dict[str, Any]:
    """The types of the model's fields, by their names in Python."""
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name, _ in _names(model)}


def _describe(definition: Schema, model: type) -> None:
    """Put in what is said of the model and its fields."""
    definition["description"] = about(model)
    said = fields_of(model)
    for name, encoded in _names(model):
        if name in said:
            definition["properties"][encoded]["description"] = said[name]


def _complete(definition: Schema, model: type) -> None:
    """Put in what msgspec does not know of what is sent: a field is there, unless it was left out
    on purpose."""
    hints = _hints(model)
    omits = issubclass(model, msgspec.Struct) and model.__struct_config__.omit_defaults
    required = set(definition.get("required", ()))
    for name, encoded in _names(model):
        field = definition["properties"][encoded]
        by_script = any(getattr(mark, "extra", None) for mark in get_args(hints[name]))
        has_default = "default" in field
        if by_script or (has_default and not omits):
            required.add(encoded)
        elif has_default:
            field.update(next(kind for kind in field.pop("anyOf") if kind != {"type": "null"}))
        field.pop("default", None)
    definition["required"] = [name for name in definition["properties"] if name in required]
    definition.pop("additionalProperties", None)


def _names(model: type) -> list[tuple[str, str]]:
    """The names of the fields in Python, and on the wire."""
    if issubclass(model, msgspec.Struct):
        return list(zip(model.__struct_fields__, model.__struct_encode_fields__, strict=True))
    return [(name, name) for name in get_type_hints(model)]
