"""docs/openapi.yaml and docs/asyncapi.yaml: what the models make of them, and what the tools of
these formats understand."""

import json
import re
import subprocess
from collections.abc import Callable

import pytest
from openapi_spec_validator import validate

from alphasync.protocol.packets import EVENTS
from alphasync.reference.__main__ import DOCUMENTS, SHOWN, as_json_line, as_yaml
from alphasync.reference.asyncapi import asyncapi
from alphasync.reference.calls import CALLS
from alphasync.reference.openapi import BY_NAME, SAID_BY_STATUS, openapi
from alphasync.reference.schema import COMMANDS, Schema, errors_of
from alphasync.web.json_bodies import STATUS
from tests.js.node import HERE, node_with_client
from tests.unit.reference.test_reference import DOCS, MAKE

DOCUMENT = openapi()
BY_COMMAND = {
    BY_NAME.format(name=name): model for name, model in COMMANDS.items() if not model.needs_device
}
OPERATIONS = [(path, method) for path, item in DOCUMENT["paths"].items() for method in item]


@pytest.mark.parametrize(("name", "make"), DOCUMENTS.items())
def test_the_file_is_what_the_models_make_of_it(name: str, make: Callable[[], Schema]) -> None:
    document = make()
    assert (DOCS / f"{name}.yaml").read_text() == as_yaml(document), MAKE
    shown = DOCS.parent / SHOWN / f"{name}.json"
    assert shown.read_text() == as_json_line(document), MAKE


def test_openapi_is_valid() -> None:
    validate(DOCUMENT)


def test_each_call_is_one_operation_with_a_name_of_its_own() -> None:
    calls = [(call.path, call.method.lower()) for call in CALLS if call.path != BY_NAME]
    assert sorted(OPERATIONS) == sorted([*calls, *((path, "post") for path in BY_COMMAND)])
    names = [DOCUMENT["paths"][path][method]["operationId"] for path, method in OPERATIONS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_says_what_its_call_says(path: str, method: str) -> None:
    operation = DOCUMENT["paths"][path][method]
    refused = " ".join(answer["description"] for answer in operation["responses"].values())
    asked = BY_NAME if path in BY_COMMAND else path
    call = next(c for c in CALLS if (c.path, c.method.lower()) == (asked, method))
    for code in [error.code for error in call.refused_with] + (
        errors_of(BY_COMMAND[path]) if path in BY_COMMAND else []
    ):
        assert f"`{code}`" in refused
    named = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
    assert named == re.findall(r"{(\w+)}", path)
    assert "](#" not in operation["description"], "a link that leads nowhere here"
    assert bool(operation["security"]) == bool(call.header)


def test_each_status_is_said_in_words() -> None:
    assert set(STATUS.values()) <= set(SAID_BY_STATUS)


def test_asyncapi_has_each_command_with_its_acknowledgement_and_each_event() -> None:
    document = asyncapi()
    operations = document["operations"]
    assert list(operations) == [f"receive.{c}" for c in COMMANDS] + [f"send.{e}" for e in EVENTS]
    for name in COMMANDS:
        (reply,) = operations[f"receive.{name}"]["reply"]["messages"]
        assert reply["$ref"].endswith(f"/{name}.ack")


@pytest.mark.slow
def test_asyncapi_is_understood_by_its_own_parser() -> None:
    done = subprocess.run(
        [*node_with_client(), str(HERE / "asyncapi.mjs"), str(DOCS / "asyncapi.yaml")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"understood": True, "complaints": []}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_reference_leads_nowhere(name: str) -> None:
    document = DOCUMENTS[name]()
    for ref in set(re.findall(r'"\$ref":"(#/[^"]+)', as_json_line(document))):
        node = document
        for step in ref.removeprefix("#/").split("/"):
            assert step in node, ref
            node = node[step]
