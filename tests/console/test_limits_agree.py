"""The limits of the console are those of the server."""

import re

from alphasync.protocol.commands import ATTACHMENTS_MAX, DRAFT_MAX, MESSAGE_LIMITS
from alphasync.realtime.server import PAYLOAD_MAX
from tests.js.node import STATIC

LIMITS = (STATIC / "limits.js").read_text()


def number(pattern: str) -> int:
    found = re.search(pattern, LIMITS)
    assert found is not None, pattern
    return int(found.group(1).replace("_", ""))


def test_the_console_and_the_server_have_the_same_limits() -> None:
    for kind, (least, most) in MESSAGE_LIMITS.items():
        assert number(rf"{kind}: .*min: (\d+)") == least
        assert number(rf"{kind}: .*max: (\d+)") == most
    assert number(r"MAX_ATTACHMENTS = (\d+);") == ATTACHMENTS_MAX
    assert number(r"SYNC_MAX = ([\d_]+);") == DRAFT_MAX
    assert number(r"COMMAND_MAX = (\d+) \* 1024;") * 1024 == PAYLOAD_MAX
