"""docs/openapi.yaml: the HTTP calls, for the tools of OpenAPI 3.1."""

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from alphasync.domain.roles import LEAST
from alphasync.reference.call import BEARER, Call
from alphasync.reference.calls import CALLS
from alphasync.reference.codes import INTAKE_STATUS, codes
from alphasync.reference.schema import COMMANDS, Schema, whole
from alphasync.web.commanding import KEY_HEADER, KEY_MAX
from alphasync.web.json_bodies import STATUS

BY_NAME = "/api/commands/{name}"
"""Stands for a call of each command."""
COMPONENT = "#/components/schemas/{name}"
INTERNAL = "internal_error"
ANYWHERE = (*INTAKE_STATUS, "too_many_requests", INTERNAL)
"""Codes with which any request can be refused."""
BROKEN = 500
REFUSAL = {"$ref": COMPONENT.format(name="Refusal")}
REFUSED = {"$ref": COMPONENT.format(name="CommandRefused")}
LOCK_OWNER = {"lockOwner": {"type": "string", "description": "The device that holds the lock."}}
KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "description": "Names the request: sent again with the same key it is answered as before.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[ -~]+$"},
}
ABOUT = (
    "The HTTP calls of alphasync. What is typed, started and shown goes through its events, which "
    "`asyncapi.yaml` describes; docs/protocol.md has both in words."
)
SAID_BY_STATUS = {
    400: "What was sent cannot be read",
    401: "Nobody is known by it, or not any more",
    403: "This is for others",
    404: "There is no such thing, or it is another's",
    408: "The body did not come in time",
    409: "There is no more room",
    413: "It is too long",
    415: "It is no JSON, or no CSV",
    417: "There is nothing to expect",
    421: "This server has other names",
    422: "Some lines are wrong",
    429: "Too much, too fast: try again later",
    BROKEN: "A defect of the server's",
    502: "The gateway refused, or does not answer",
    503: "Not now: try again",
}
SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The `token` of a login or, where it may, a service token.",
    },
    "handle": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Alpha-Date-Token",
        "description": "The `alphaDateToken` of a login.",
    },
}


def openapi() -> Schema:
    """The document, as plain JSON values."""
    schema = rewritten(whole(), COMPONENT)
    paths: dict[str, dict[str, Schema]] = {}
    for call in CALLS:
        if call.path == BY_NAME:
            paths.update(_commands(schema, call))
        else:
            paths.setdefault(call.path, {})[call.method.lower()] = _operation(schema, call)
    used = reachable(schema["$defs"], paths)
    return {
        "openapi": "3.1.1",
        "info": {"title": "alphasync", "version": version("alphasync"), "description": ABOUT},
        "servers": [{"url": "/", "description": "Where this document is from"}],
        "paths": paths,
        "components": {
            "schemas": {**used, "Refusal": _refusal(), "CommandRefused": command_refused()},
            "securitySchemes": SECURITY,
        },
    }


def rewritten(value: Any, template: str) -> Any:
    """The same with its references to definitions where another document has them."""
    match value:
        case {"$ref": str(ref), **rest}:
            return {"$ref": template.format(name=ref.rpartition("/")[2]), **rest}
        case dict():
            return {name: rewritten(each, template) for name, each in value.items()}
        case list():
            return [rewritten(each, template) for each in value]
    return value


def reachable(definitions: Schema, root: Any) -> Schema:
    """Those that are referred to, by whatever way."""
    found: dict[str, Schema] = {}
    waiting = [root]
    while waiting:
        for name in _referred(waiting.pop()):
            if name in definitions and name not in found:
                found[name] = definitions[name]
                waiting.append(definitions[name])
    return dict(sorted(found.items()))


def _referred(value: Any) -> Iterable[str]:
    match value:
        case dict():
            if isinstance(ref := value.get("$ref"), str):
                yield ref.rpartition("/")[2]
            for each in value.values():
                yield from _referred(each)
        case list():
            for each in value:
                yield from _referred(each)


def _operation(schema: Schema, call: Call) -> Schema:
    said = schema["calls"][call.title]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", call.path)
    ]
    if "query" in said:
        parameters += _of_the_query(schema["$defs"], said["query"])
    sent: Schema = {}
    if "body" in said:
        sent = _content("application/json", said["body"])
    elif call.csv and "answer" in said:
        sent = _content("text/csv", {"type": "string"})
    answer = _content("text/csv", {"type": "string"})
    if "answer" in said:
        answer = _content("application/json", said["answer"])
    return {
        "operationId": _identifier(call),
        "summary": call.about.split(". ")[0].split(": ")[0].rstrip("."),
        "description": _without_links(f"{call.about} {call.csv}".strip()),
        "tags": [call.path.split("/")[2]],
        "security": [{"token" if call.header == BEARER else "handle": []}] if call.header else [],
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": {"required": True, **sent}} if sent else {}),
        "responses": {
            "200": {"description": "It is done", **answer},
            **_refusals([*said["errors"], *ANYWHERE], REFUSAL),
        },
    }


def _commands(schema: Schema, call: Call) -> dict[str, dict[str, Schema]]:
    """What the call by name is for each command that is taken over HTTP."""
    refused = schema["calls"][call.title]["errors"]
    return {
        BY_NAME.format(name=name): {"post": _command(schema, name, refused)}
        for name, command in schema["commands"].items()
        if command["overHttp"]
    }


def _command(schema: Schema, name: str, refused: Iterable[str]) -> Schema:
    command = schema["commands"][name]
    model = schema["$defs"][command["payload"]["$ref"].rpartition("/")[2]]
    done = {"type": "object", "required": ["ok"], "properties": {"ok": {"const": True}}}
    answer = {"allOf": [done, command["acknowledgement"]]}
    needed = bool(model.get("required"))
    sent = command["payload"] if needed else {"anyOf": [command["payload"], {"type": "null"}]}
    return {
        "operationId": name,
        "summary": model["description"].split(". ")[0].split(": ")[0].rstrip("."),
        "description": f"{model['description']} From the role `{LEAST[COMMANDS[name].right]}` on.",
        "tags": ["commands"],
        "security": [{"token": []}],
        "parameters": [KEY],
        "requestBody": {"required": needed, **_content("application/json", sent)},
        "responses": {
            "200": {"description": "It is done", **_content("application/json", answer)},
            # Before it is known which command is asked for, as by an unknown token, it is refused
            # as any call.
            **_refusals([*refused, *command["errors"], *ANYWHERE], {"anyOf": [REFUSED, REFUSAL]}),
        },
    }


def _content(kind: str, schema: Schema) -> Schema:
    return {"content": {kind: {"schema": schema}}}


def _identifier(call: Call) -> str:
    """`GET /api/sessions/{session}` is `getSessionsSession`."""
    words = re.findall(r"\w+", call.path.removeprefix("/api"))
    return call.method.lower() + "".join(
        part.capitalize() for word in words for part in word.replace("_", "-").split("-")
    )


def _without_links(text: str) -> str:
    """Those lead about the page that the text is from."""
    return re.sub(r"\[([^]]*)\]\(#[^)]*\)", r"\1", text)


def _of_the_query(definitions: Schema, ref: Schema) -> list[Schema]:
    model = definitions[ref["$ref"].rpartition("/")[2]]
    parameters = []
    for name, field in model["properties"].items():
        kind = {key: value for key, value in field.items() if key != "description"}
        parameters.append(
            {
                "name": name,
                "in": "query",
                "required": name in model.get("required", ()),
                "description": field.get("description", ""),
                "schema": _as_text(kind),
            }
        )
    return parameters


def _as_text(kind: Schema) -> Schema:
    """What may be left out of a query is not null there."""
    kinds: list[Schema] = [each for each in kind.get("anyOf", ()) if each != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else kind


def _refusals(refused: Iterable[str], said: Schema) -> Schema:
    by_status: dict[int, list[str]] = {}
    status = {**STATUS, **INTAKE_STATUS}
    for code in dict.fromkeys(refused):
        by_status.setdefault(status.get(code, BROKEN), []).append(code)
    return {
        str(number): {
            "description": f"{SAID_BY_STATUS[number]}: "
            + ", ".join(f"`{code}`" for code in by_status[number]),
            **_content("application/json", said),
        }
        for number in sorted(by_status)
    }


def _refusal() -> Schema:
    return {
        "type": "object",
        "description": "Why something was not done.",
        "required": ["status", "message", "code", "retryable"],
        "properties": {"status": {"const": False}, **_why()},
    }


def command_refused() -> Schema:
    return {
        "type": "object",
        "description": "Why a command was not carried out.",
        "required": ["ok", "message", "code", "retryable"],
        "properties": {"ok": {"const": False}, **_why(), **LOCK_OWNER},
    }


def _why() -> Schema:
    return {
        "message": {"type": "string", "description": "For people; it may change."},
        "code": {"enum": [*codes(), INTERNAL], "description": "Stable."},
        "retryable": {"type": "boolean", "description": "Whether to try it again."},
    }
