"""The parts of a page that are made from the models and programs; the words around them stay."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from alphasync.domain.events import INTERRUPTED_BY, PLAN_ENDED_BY
from alphasync.domain.roles import LEAST, Right
from alphasync.errors import AlphasyncError
from alphasync.protocol.commands import Command
from alphasync.reference.call import Call
from alphasync.reference.calls import CALLS
from alphasync.reference.codes import INTAKE_STATUS, INTERNAL_ERROR, codes
from alphasync.reference.limits import limits
from alphasync.reference.schema import COMMANDS, Schema, own_errors, whole
from alphasync.reference.tables import fields, table
from alphasync.web.json_bodies import STATUS

PART = re.compile(r"(<!-- made: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
"""Where a part stands in a page."""
LANGUAGES = {".mjs": "js", ".py": "python"}
NOT_READ = {"operator_id": "operatorId", "device_id": "deviceId"}
"""Fields that every command may carry and most do not read."""
TO = {
    "all": "all devices that may see it",
    "others": "all devices that may see it, but for the acting one",
    "device": "this device",
}


def filled(page: Path) -> str:
    """The page with each of its parts made anew: a part that is called as a file beside the page is
    that file. Raises KeyError for a part that there is not."""
    schema = whole()

    def part(found: re.Match[str]) -> str:
        name = found[2]
        file = page.parent / name
        made = _program(file) if file.is_file() else PARTS[name](schema)
        return f"{found[1]}{made}\n{found[3]}"

    return PART.sub(part, page.read_text())


def _program(file: Path) -> str:
    return f"```{LANGUAGES[file.suffix]}\n{file.read_text().rstrip()}\n```"


def _handshake(schema: Schema) -> str:
    return fields(schema, schema["handshake"])


def _calls(schema: Schema) -> str:
    return "\n\n".join(_call(schema, call) for call in CALLS)


def _call(schema: Schema, said: Call) -> str:
    call = schema["calls"][said.title]
    parts = [f"### {said.title}", said.about]
    if said.header:
        parts.append(f"Header: `{said.header}`.")
    if said.right is not None:
        parts.append(_least(said.right) + (" Also by a service token." if said.services else ""))
    if "query" in call:
        parts += ["Query:", fields(schema, call["query"])]
    parts += [words for words in (said.csv, said.in_words) if words]
    if "body" in call:
        parts += ["Body:", fields(schema, call["body"])]
    if "answer" in call:
        several = call["answer"].get("type") == "array"
        parts += [
            "Answer, a list of:" if several else "Answer:",
            fields(schema, call["answer"]["items"] if several else call["answer"]),
        ]
    parts.append(f"Refused with {_codes(call['errors'])}.")
    return "\n\n".join(parts)


def _commands(schema: Schema) -> str:
    parts = []
    for name, command in schema["commands"].items():
        own = own_errors(COMMANDS[name])
        parts += [
            f"### {name}",
            schema["$defs"][_name(command["payload"])]["description"],
            _least(COMMANDS[name].right)
            + (" Not taken over HTTP." if COMMANDS[name].needs_device else ""),
            fields(schema, command["payload"], without=_not_read(COMMANDS[name])),
        ]
        if schema["$defs"][_name(command["acknowledgement"])]["properties"]:
            parts += ["Acknowledged with:", fields(schema, command["acknowledgement"])]
        if own:
            parts.append(f"Refused with {_codes(own)}.")
    return "\n\n".join(parts)


def _least(right: Right) -> str:
    return f"From the role `{LEAST[right]}` on."


def _not_read(command: type[Command]) -> list[str]:
    """Those of the fields that every command may have that this one has no use of its own for."""
    own = command.__annotations__
    return [name for field, name in NOT_READ.items() if field not in own]


def _common_errors(schema: Schema) -> str:
    asking = {name for name, command in COMMANDS.items() if command.only_asks}
    one = next(name for name in COMMANDS if name not in asking)
    own = own_errors(COMMANDS[one])
    common = [code for code in schema["commands"][one]["errors"] if code not in own]
    only = ", ".join(f"`{name}`" for name in COMMANDS if name in asking)
    return f"Every command: {_codes(common)}; {only} not with `unknown_outcome`."


def _events(schema: Schema) -> str:
    parts = []
    for name, event in schema["events"].items():
        parts += [
            f"### {name}",
            schema["$defs"][_name(event["payload"])]["description"],
            f"To {TO[event['to']]}.",
            fields(schema, event["payload"]),
        ]
    return "\n\n".join(parts)


def _errors(_: Schema) -> str:
    rows = [_error(code, error) for code, error in codes().items()]
    rows.append(["`internal_error`", "no", "500", INTERNAL_ERROR])
    return table(["code", "try again", "HTTP", "what it means, and what a client does"], rows)


def _error(code: str, error: type[AlphasyncError]) -> list[str]:
    status = {**STATUS, **INTAKE_STATUS}.get(code)
    said = " ".join((error.__doc__ or "").split())
    return [f"`{code}`", "yes" if error.retryable else "no", str(status or ""), said]


def _roles(_: Schema) -> str:
    rows = [[f"`{role}`", right.value] for right, role in LEAST.items()]
    return table(["from the role on", "may"], rows)


def _interruptions(_: Schema) -> str:
    rows = [[f"`{code}`", meaning] for code, meaning in INTERRUPTED_BY.items()]
    return table(["code", "the run ended because"], rows)


def _unstarted(_: Schema) -> str:
    rows = [[f"`{code}`", meaning] for code, meaning in PLAN_ENDED_BY.items()]
    return table(["code", "the planned run was not started because"], rows)


def _limits(_: Schema) -> str:
    return table(["what", "at most", "beyond it"], limits())


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _name(ref: Schema) -> str:
    return str(ref["$ref"]).rpartition("/")[2]


PARTS: dict[str, Callable[[Schema], str]] = {
    "handshake": _handshake,
    "calls": _calls,
    "commands": _commands,
    "common_errors": _common_errors,
    "events": _events,
    "errors": _errors,
    "roles": _roles,
    "interruptions": _interruptions,
    "unstarted": _unstarted,
    "limits": _limits,
}
