"""docs/settings.md, whole: each setting with what stands beside its field."""

import ast
import inspect
from itertools import pairwise
from typing import Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo

from alphasync.config import VARIABLES, Settings
from alphasync.config.essentials import Section
from alphasync.config.values import UNITS, Seconds, WhenUnset

HEAD = """\
# Settings

All come from the environment, by exactly these names; a blank one is as good as unset. Durations
are `90s`, `30m`, `9h`, `30d`, `500ms` or plain seconds. A wrong one stops the start with one line
that names it, and `alphasync doctor` looks at all of them and says what to do.

`python -m alphasync.reference` makes this page from `alphasync/config/`, where each setting is
described beside its field.
"""


SECTIONS = [base for base in Settings.__bases__ if issubclass(base, Section)]


def page() -> str:
    """The whole of docs/settings.md, as Markdown."""
    return "\n".join([HEAD, *map(_section, SECTIONS)])


def _section(section: type[Section]) -> str:
    title, _, rest = (section.__doc__ or "").partition(".")
    said = descriptions(section)
    rows = [_row(name, field, said[name]) for name, field in section.model_fields.items()]
    text = [f"## {title}", ""]
    if rest:
        text += [_joined(rest), ""]
    return "\n".join([*text, "| setting | default | allowed | |", "|---|---|---|---|", *rows, ""])


def descriptions(section: type[Section]) -> dict[str, str]:
    """What stands below each field. Read here and not by pydantic, whom it would cost a tenth of
    the time that the settings take at each start."""
    tree = ast.parse(inspect.getsource(section))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef))
    found = {}
    for field, below in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match below:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    found[field.target.id] = _joined(text)
    return found


def _row(name: str, field: FieldInfo, described: str) -> str:
    return f"| `{VARIABLES[name][0]}` | {_default(field)} | {_allowed(field)} | {described} |"


def _joined(text: str) -> str:
    return " ".join(text.split())


def _default(field: FieldInfo) -> str:
    value = field.default
    for mark in field.metadata:
        if isinstance(mark, WhenUnset):
            return mark.words
    if value is None:
        return "none"
    if isinstance(value, list | tuple):
        return f"`{','.join(value)}`"
    return f"`{_said(value, field)}`"


def _allowed(field: FieldInfo) -> str:
    """What the model refuses to go beyond; nothing for texts, which each say it themselves."""
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(field.annotation))
    if field.annotation is bool:
        return "`true`, `false`"
    least = next((m.ge for m in field.metadata if isinstance(m, Ge)), None)
    most = next((m.le for m in field.metadata if isinstance(m, Le)), None)
    if any(isinstance(mark, Gt) for mark in field.metadata):
        return "above 0" if most is None else f"up to {_said(most, field)}"
    if least is None:
        return ""
    if most is None:
        return f"{least} or more"
    return f"{_said(least, field)} to {_said(most, field)}"


def _said(value: object, field: FieldInfo) -> str:
    """A value in the form in which it is set, with the largest unit that leaves a whole number."""
    if isinstance(value, bool):
        return str(value).lower()
    if Seconds in field.metadata and isinstance(value, int | float):
        unit = max(
            (unit for unit in ("s", "m", "h", "d") if value % UNITS[unit] == 0),
            key=UNITS.__getitem__,
            default="s",
        )
        return f"{value / UNITS[unit]:g}{unit}" if value else "0"
    return f"{value:.15g}" if isinstance(value, float) else str(value)
