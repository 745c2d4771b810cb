"""Payloads of commands that are as they should be, and how a wrong one is refused."""

from typing import Any

import pytest

from alphasync.domain.usable import PROFILE_ID_MAX, RECIPIENT_ID_MAX
from alphasync.errors import InvalidPayload
from alphasync.protocol import (
    commands,
    device_commands,
    draft_commands,
    list_commands,
    plan_commands,
    run_commands,
    version_commands,
)
from alphasync.protocol.commands import Command, ProfileCommand
from alphasync.protocol.parsing import parse
from alphasync.protocol.run_commands import StartProcessing

PICTURE = {"title": "Sea", "link": "https://media.example/1.jpg", "message_type": "SENT_IMAGE"}
NEEDED: dict[type[Command], dict[str, Any]] = {
    run_commands.StartProcessing: {"profileId": "1", "type": "chat", "message": "Hello"},
    run_commands.PreviewRun: {"profileId": "1", "type": "chat"},
    run_commands.ReadRun: {"profileId": "1", "type": "chat"},
    run_commands.StopProcessing: {"profileId": "1", "type": "chat"},
    run_commands.PauseProcessing: {"profileId": "1", "type": "chat"},
    run_commands.ResumeProcessing: {"profileId": "1", "type": "chat"},
    run_commands.ListFailed: {"profileId": "1", "type": "chat"},
    run_commands.TakeOverProcessing: {"profileId": "1", "type": "chat"},
    plan_commands.PlanRun: {"profileId": "1", "type": "chat", "message": "Hello", "startAt": 2**40},
    plan_commands.ChangePlan: {"profileId": "1", "type": "chat", "planId": "0a" * 8},
    plan_commands.CancelPlan: {"profileId": "1", "type": "chat", "planId": "0a" * 8},
    run_commands.StopAllProcessing: {},
    draft_commands.UpdateMessage: {"profileId": "1", "type": "chat", "message": "Hello"},
    draft_commands.ClearMessage: {"profileId": "1", "type": "chat"},
    version_commands.ListVersions: {"profileId": "1", "type": "chat"},
    version_commands.ReadVersion: {"profileId": "1", "type": "chat", "version": 5},
    version_commands.RestoreVersion: {"profileId": "1", "type": "chat", "version": 5},
    draft_commands.UpdateAttachments: {"profileId": "1", "type": "mail", "attachments": [PICTURE]},
    list_commands.ClearBlocklist: {"profileId": "1", "type": "chat"},
    list_commands.CountBlocklist: {"profileId": "1", "type": "chat"},
    list_commands.ListBlocklist: {"profileId": "1", "type": "chat"},
    list_commands.RemoveFromBlocklist: {"profileId": "1", "type": "chat", "recipientId": "r1"},
    list_commands.AddDoNotContact: {"recipientId": "r1"},
    list_commands.RemoveDoNotContact: {"recipientId": "r1"},
    list_commands.ListDoNotContact: {},
    list_commands.ListUncertain: {"profileId": "1", "type": "chat"},
    list_commands.ResolveUncertain: {"profileId": "1", "type": "chat", "action": "leave"},
    device_commands.RenameDevice: {"name": "Front desk"},
    device_commands.SignOutDevice: {"deviceId": "a0"},
    device_commands.SubscribePush: {
        "endpoint": "https://push.example/1",
        "p256dh": "B",
        "auth": "A",
        "key": "K",
    },
    device_commands.UnsubscribePush: {},
    commands.Heartbeat: {},
}
"""The least that each command takes."""
FIELDS = [(model, field) for model, needed in NEEDED.items() for field in needed]
OF_A_PROFILE = [model for model in NEEDED if issubclass(model, ProfileCommand)]
WRONG: dict[str, list[Any]] = {
    "profileId": [None, "", True, False, 1.0, 1.5, [], {}, "x" * (PROFILE_ID_MAX + 1)],
    "type": [None, "", "sms", "Chat", "CHAT", "chat ", 1, True, [], {}],
    "name": [None, "", " ", "\u200b", "a\nb", "\u202ea", "\ud83d", "x" * 65, 1, True, [], {}],
    "endpoint": [None, "", 1, [], {}, "x" * 1025],
    "p256dh": [None, 1, [], {}, "x" * 101],
    "auth": [None, 1, [], {}, "x" * 31],
    "key": [None, 1, [], {}, "x" * 101],
    "deviceId": [None, "", 1, True, "x" * 65, [], {}],
    "message": [None, 1, True, 1.5, [], {}, ["Hello"]],
    "attachments": [None, {}, "x", 1, True, [PICTURE] * 6],
    "version": [None, "5", True, 1.5, 0, -1, 2**53 + 1, 2**64, [], {}],
    "recipientId": [None, "", 1, True, 1.5, "\ud83d" * 600, "x" * (RECIPIENT_ID_MAX + 1), [], {}],
    "startAt": [None, "5", True, 1.5, -1, 2**53 + 1, 2**64, [], {}],
    "planId": [None, "", "0A" * 8, "0a" * 7, "0a" * 9, "0a" * 8 + "\n", 1, True, [], {}],
    "action": [None, "", "send", True, 1, [], {}],
}


def refused(model: type[Command], payload: Any, about: str = ".+") -> str:
    with pytest.raises(InvalidPayload, match=about) as caught:
        parse(model, (payload,))
    assert caught.value.code == "invalid_payload"
    caught.value.message.encode()  # it is sent back, as UTF-8
    return caught.value.message


def start(**fields: Any) -> StartProcessing:
    return parse(StartProcessing, ({**NEEDED[StartProcessing], **fields},))


def start_mail(**fields: Any) -> StartProcessing:
    return start(type="mail", **fields)
