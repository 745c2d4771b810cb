"""A JSON Schema in Markdown: tables of fields, and types in words."""

from collections.abc import Iterable, Sequence
from typing import Any

Schema = dict[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def fields(schema: Schema, ref: Schema, without: Sequence[str] = ()) -> str:
    """The fields of a model, and behind each that is a model of its own those of that one."""
    rows = list(_rows(schema, ref, "", {}, without))
    return table(["field", "type", ""], rows) if rows else "It has no fields."


def _rows(
    schema: Schema, ref: Schema, before: str, shown: dict[str, str], without: Sequence[str] = ()
) -> Iterable[list[str]]:
    """``shown``: the models whose fields stand in the table already, and where."""
    model = schema["$defs"][ref["$ref"].rpartition("/")[2]]
    for name, field in model["properties"].items():
        if name in without:
            continue
        optional = "" if name in model["required"] else ", optional"
        inside = _model_in(field)
        same_as = shown.get(inside["$ref"]) if inside else None
        about = f"{field['description']} As `{same_as}`." if same_as else field["description"]
        yield [f"`{before}{name}`", _words(field) + optional, about]
        if inside and not same_as:
            place = f"{before}{name}{'[]' if _is_list(field) else ''}"
            shown[inside["$ref"]] = place
            yield from _rows(schema, inside, f"{place}.", shown)


def _model_in(field: Schema) -> Schema | None:
    """The model that a field is, or that its items are."""
    if "$ref" in field:
        return field
    inside = [*field.get("anyOf", ()), *([field["items"]] if "items" in field else [])]
    return next(filter(None, map(_model_in, inside)), None)


def _is_list(field: Schema) -> bool:
    return field.get("type") == "array" or any(map(_is_list, field.get("anyOf", ())))


def _words(field: Schema) -> str:
    if "enum" in field:
        return " or ".join(f'`"{value}"`' for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(_words(kind) for kind in field["anyOf"])
    if "$ref" in field:
        return "object"
    match field.get("type"):
        case "string":
            return "string" + _bounds(field.get("minLength"), field.get("maxLength"), "characters")
        case "integer":
            return "integer" + _bounds(field.get("minimum"), field.get("maximum"), "")
        case "array":
            most = f"at most {field['maxItems']} " if "maxItems" in field else ""
            return f"list of {most}{_plural(field['items'])}"
        case other:
            return str(other or "anything")


def _plural(items: Schema) -> str:
    kind, of, bounds = _words(items).partition(" of ")
    return f"{kind}s{of}{bounds}"


def _bounds(least: int | None, most: int | None, unit: str) -> str:
    if most is None:
        return "" if least is None else f" from {least}"
    count = f"{most:,}" if most < 2**53 else "2^53"
    said = f" of {least} to {count}" if least is not None else f" of at most {count}"
    return f"{said} {unit}".rstrip()
