"""The limits of the console are those of the server, and are measured in the same way."""

import json
import subprocess
from typing import Any

import pytest

from alphasync.domain.drafts import ATTACHMENTS_MAX, browser_length
from alphasync.protocol.draft_commands import DRAFT_MAX
from alphasync.protocol.run_commands import MESSAGE_LIMITS
from alphasync.realtime.realtime import PAYLOAD_MAX
from tests.harness import Cluster
from tests.js.node import STATIC, node_with_client

TEXTS = [
    *("", "hello", "Grüße", "漢字", "\U0001f44b\U0001f3fd", "\U0001f469\u200d\U0001f467"),
    *("e\u0301", "\u200b", "\x00\n", "\ud83d", "a\udc4b"),
]
"""Composed, surrogate pairs, joiners, what cannot be seen, and halves of an emoji."""
ABOUT = {"profileId": "1001", "type": "mail"}
PROGRAM = """
import { readFileSync } from 'node:fs';
const { measure, tooBigToSend, tooLongToSync, ...limits } = await import(process.argv[1]);
const { texts, drafts, payloads } = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify({
  limits,
  lengths: texts.map((text) => measure('chat', text).length),
  tooLong: drafts.map(tooLongToSync),
  tooBig: payloads.map((payload) => tooBigToSend('startProcessing', payload)),
}));
"""


def payload(size: int) -> dict[str, str]:
    """A command that the console counts as so many bytes."""
    empty = json.dumps(["startProcessing", {**ABOUT, "message": ""}], separators=(",", ":"))
    return {**ABOUT, "message": "x" * (size - len(empty) - 32)}


@pytest.fixture(scope="module")
def console() -> dict[str, Any]:
    """What static/limits.js says, and how it judges."""
    asked = {
        "texts": TEXTS,
        "drafts": ["x" * DRAFT_MAX, "x" * (DRAFT_MAX + 1)],
        "payloads": [payload(PAYLOAD_MAX), payload(PAYLOAD_MAX + 1)],
    }
    module = (STATIC / "limits.js").as_uri()
    done = subprocess.run(
        [*node_with_client(), "--input-type=module", "-e", PROGRAM, module],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_they_have_the_same_numbers(console: dict[str, Any]) -> None:
    assert console["limits"] == {
        "LIMITS": {
            kind: {"min": least, "max": most} for kind, (least, most) in MESSAGE_LIMITS.items()
        },
        "MAX_ATTACHMENTS": ATTACHMENTS_MAX,
        "SYNC_MAX": DRAFT_MAX,
        "COMMAND_MAX": PAYLOAD_MAX,
    }, "every number of static/limits.js has one of the server's beside it"


def test_they_count_the_same_characters(console: dict[str, Any]) -> None:
    assert console["lengths"] == [browser_length(text) for text in TEXTS]


def test_they_draw_the_line_at_the_same_place(console: dict[str, Any]) -> None:
    assert console["tooLong"] == [False, True]
    assert console["tooBig"] == [False, True]


async def test_the_server_takes_the_largest_that_the_console_sends(one_server: Cluster) -> None:
    device = await one_server.device()
    assert (await device.call("startProcessing", payload(PAYLOAD_MAX)))[
        "code"
    ] == "message_too_long"
    assert device.client.connected
