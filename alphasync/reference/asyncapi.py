"""docs/asyncapi.yaml: the commands and the events, for the tools of AsyncAPI 3."""

from importlib.metadata import version

from alphasync.domain.roles import LEAST
from alphasync.reference.openapi import COMPONENT, REFUSED, command_refused, reachable, rewritten
from alphasync.reference.schema import COMMANDS, Schema, whole

CHANNEL = "events"
ABOUT = (
    "The events of alphasync: Socket.IO 4 or 5 (Engine.IO 4) on the path `/socket.io/`, namespace "
    "`/`, by the official client of any language. A message is one event: its name and one object. "
    "The handshake (`auth`), recovery and limits are in docs/protocol.md, the HTTP calls in "
    "`openapi.yaml`."
)
TO = {
    "all": "To all devices that may see it.",
    "others": "To all devices that may see it, but for the acting one.",
    "device": "To this device.",
}


def asyncapi() -> Schema:
    """The document, as plain JSON values."""
    schema = rewritten(whole(), COMPONENT)
    commands, events = schema["commands"], schema["events"]
    messages = {
        **{name: _command(schema, name) for name in commands},
        **{f"{name}.ack": _acknowledgement(name, commands[name]) for name in commands},
        **{name: _event(schema, name) for name in events},
    }
    return {
        "asyncapi": "3.1.0",
        "info": {"title": "alphasync", "version": version("alphasync"), "description": ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "this": {
                "host": "localhost:3001",
                "pathname": "/socket.io/",
                "protocol": "wss",
                "description": "WebSocket, or long polling by HTTP",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {
            CHANNEL: {
                "address": "/",
                "title": "The namespace /",
                "description": "All that one device sends and gets.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            **{f"receive.{name}": _receives(name, commands[name]) for name in commands},
            **{f"send.{name}": _sends(name) for name in events},
        },
        "components": {
            "messages": messages,
            "schemas": {
                **reachable(schema["$defs"], [schema["handshake"], messages]),
                "CommandRefused": command_refused(),
            },
            "securitySchemes": {
                "token": {
                    "type": "userPassword",
                    "description": "The `token` of a login, in the `auth` of the handshake.",
                }
            },
        },
    }


def _command(schema: Schema, name: str) -> Schema:
    payload = schema["commands"][name]["payload"]
    said = schema["$defs"][payload["$ref"].rpartition("/")[2]]["description"]
    return {
        "name": name,
        "title": name,
        "summary": said,
        "description": f"From the role `{LEAST[COMMANDS[name].right]}` on.",
        "payload": payload,
    }


def _acknowledgement(name: str, command: Schema) -> Schema:
    done = {"type": "object", "required": ["ok"], "properties": {"ok": {"const": True}}}
    return {
        "name": f"{name}.ack",
        "title": f"Acknowledgement of {name}",
        "summary": "What became of the command, if the client asked.",
        "payload": {
            "oneOf": [
                {"allOf": [done, command["acknowledgement"]]},
                REFUSED,
            ]
        },
    }


def _event(schema: Schema, name: str) -> Schema:
    event = schema["events"][name]
    return {
        "name": name,
        "title": name,
        "summary": schema["$defs"][event["payload"]["$ref"].rpartition("/")[2]]["description"],
        "description": TO[event["to"]],
        "payload": event["payload"],
    }


def _receives(name: str, command: Schema) -> Schema:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "summary": f"Refused with {', '.join(f'`{code}`' for code in command['errors'])}.",
        "messages": [_on_the_channel(name)],
        "reply": {
            "channel": {"$ref": f"#/channels/{CHANNEL}"},
            "messages": [_on_the_channel(f"{name}.ack")],
        },
    }


def _sends(name: str) -> Schema:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "messages": [_on_the_channel(name)],
    }


def _on_the_channel(message: str) -> Schema:
    return {"$ref": f"#/channels/{CHANNEL}/messages/{message}"}
