"""The reference says what the models say, and the models say all that it needs."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import jsonschema
import pytest
from msgspec import UnsetType

import alphasync
from alphasync.domain.events import COMMON_FIELDS, INTERRUPTED_BY, Event, PlanEvent, PlanSync
from alphasync.errors import AlphasyncError
from alphasync.protocol.commands import Command
from alphasync.protocol.packets import EVENTS
from alphasync.realtime.handlers import REGISTRY
from alphasync.reference.__main__ import PAGES
from alphasync.reference.calls import CALLS
from alphasync.reference.codes import codes
from alphasync.reference.described import fields_of
from alphasync.reference.page import PART, PARTS, filled
from alphasync.reference.schema import COMMANDS, as_json, whole
from alphasync.web.accounts import Accounts
from alphasync.web.analytics import AnalyticsCalls
from alphasync.web.commanding import Commanding
from alphasync.web.lists import Lists
from alphasync.web.login_list import LoginList
from alphasync.web.past_runs import PastRuns
from alphasync.web.record import Record
from alphasync.web.token_list import TokenList
from alphasync.web.webhook_list import WebhookList

T = TypeVar("T")
DOORS = (
    *(Accounts, Commanding, Lists, LoginList, PastRuns, AnalyticsCalls, Record, TokenList),
    WebhookList,
)
DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = whole()
MAKE = "python -m alphasync.reference"


def subclasses(base: type[T]) -> Iterator[type[T]]:
    for each in base.__subclasses__():
        yield each
        yield from subclasses(each)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_models_make_of_it(name: str) -> None:
    page = DOCS / name
    assert page.read_text() == filled(page), MAKE


def test_the_schema_is_what_the_models_make_of_it() -> None:
    assert (DOCS / "protocol.schema.json").read_text() == as_json(), MAKE


def test_the_page_has_every_part() -> None:
    found = {name for _, name, _ in PART.findall((DOCS / "protocol.md").read_text())}
    assert set(PARTS) <= found


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_must_have_is_listed_with_it(name: str) -> None:
    page = (DOCS / "protocol.md").read_text()
    section = page.partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    model = SCHEMA["commands"][name]["payload"]["$ref"].rpartition("/")[2]
    for field in SCHEMA["$defs"][model]["required"]:
        assert f"| `{field}` |" in section


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", SCHEMA["$defs"])
def test_every_model_and_field_is_described(name: str) -> None:
    model = SCHEMA["$defs"][name]
    said = [model.get("description", "")]
    said += [field.get("description", "") for field in model["properties"].values()]
    for text in said:
        assert text.endswith((".", ".)")), text
        assert "|" not in text, "it would end the cell of the table"
        assert "``" not in text, "these words are for Markdown"


@pytest.mark.parametrize("code", codes())
def test_every_error_is_described(code: str) -> None:
    assert SCHEMA["errors"][code]["description"].endswith(".")


def test_every_command_and_event_is_in_it() -> None:
    named = {each.event_name for each in subclasses(Event) if "event_name" in vars(each)}
    assert set(SCHEMA["events"]) == set(EVENTS) == named
    named = {each.event_name for each in subclasses(Command) if "event_name" in vars(each)}
    assert set(SCHEMA["commands"]) == named


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_answered_as_its_model_says(name: str) -> None:
    model, handler = REGISTRY[name]
    assert get_type_hints(handler)["return"] is model.answer


def test_every_http_call_is_in_it() -> None:
    parts: list[Any] = [part.__new__(part) for part in DOORS]
    assert {(route.method, route.path) for part in parts for route in part.routes()} == {
        (call.method, call.path) for call in CALLS
    }


def test_every_error_that_there_is_has_its_place() -> None:
    for module in pkgutil.walk_packages(alphasync.__path__, "alphasync."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = [each for each in subclasses(AlphasyncError) if each.__module__.startswith("alphasync.")]
    assert {each.code for each in ours} <= {*codes(), *INTERRUPTED_BY}


def kinds(annotation: object) -> set[object]:
    """What a field may be, apart from absent."""
    return set(get_args(annotation | UnsetType)) - {UnsetType}


def test_an_event_that_another_tells_of_has_its_fields() -> None:
    """But for what only the other says: whose device it is, and as of when that is so."""
    event, other = PlanEvent, PlanSync
    assert event.told_by is other
    ours, theirs = get_type_hints(event), get_type_hints(other)
    named = set(inspect.get_annotations(event))
    assert named == set(inspect.get_annotations(other)) - {"is_own_device", "revision"}
    for name in named:
        assert kinds(ours[name]) == kinds(theirs[name]), name
        assert fields_of(event)[name] == fields_of(other)[name], name
    assert fields_of(event)["revision"] == COMMON_FIELDS["revision"]
