"""Writes docs/settings.md: ``python -m alphasync.config.page > docs/settings.md``."""

import sys
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

`python -m alphasync.config.page > docs/settings.md` makes this page from `alphasync/config/`, where
each setting is described beside its field.
"""


def page() -> str:
    """The whole of docs/settings.md, as Markdown."""
    sections = [base for base in Settings.__bases__ if issubclass(base, Section)]
    return "\n".join([HEAD, *map(_section, sections)])


def _section(section: type[Section]) -> str:
    title, _, rest = (section.__doc__ or "").partition(".")
    rows = [_row(name, field) for name, field in section.model_fields.items()]
    text = [f"## {title}", ""]
    if rest:
        text += [_joined(rest), ""]
    return "\n".join([*text, "| setting | default | allowed | |", "|---|---|---|---|", *rows, ""])


def _row(name: str, field: FieldInfo) -> str:
    described = _joined(field.description or "")
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
    if isinstance(value, list):
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


if __name__ == "__main__":
    sys.stdout.write(page())
