"""What the tests of runs share."""

from tests.integration.support import Payload

CHAT = {"profileId": "1001", "type": "chat"}
SLOW = 0.15
"""Seconds per message of a sandbox that is to be caught in the middle of one."""


def counted(data: Payload) -> Payload:
    return {name: data[name] for name in ("current", "total", "sent", "skipped", "failed")}
