"""Packets: what the service encodes and a script completes is what a client can read."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain import events
from alphasync.domain.drafts import Attachment
from alphasync.protocol import packets
from alphasync.protocol.packets import EVENTS, decode, encode, head, narrow, progress_head

TEXT = st.text(st.characters(codec="utf-8"))
COUNTERS = '"current":3,"total":9,"sent":1,"skipped":1,"failed":1,"uncertain":0'
TAIL = ',"timestamp":1700000000000,"revision":12}]'
"""As ``emit`` in ``log.lua`` ends every packet."""
RUN: dict[str, Any] = {"profile_id": "1", "type": "chat", "device_id": "d", "operator_id": "o"}


def payload_of(packet: str) -> tuple[str, dict[str, object]]:
    """Read as any Socket.IO client does."""
    assert packet[0] == "2"
    assert "\n" not in packet
    name, payload = json.loads(packet[1:])
    assert isinstance(payload, dict)
    return name, payload


@given(TEXT, TEXT, TEXT)
def test_a_draft_with_what_the_script_adds(text: str, profile: str, device: str) -> None:
    event = events.MessageUpdated(profile_id=profile, type="mail", message=text, device_id=device)
    packet = head(event) + TAIL
    name, payload = payload_of(packet)
    assert name == "messageUpdated"
    assert payload == {
        "profileId": profile,
        "type": "mail",
        "message": text,
        "deviceId": device,
        "timestamp": 1700000000000,
        "revision": 12,
    }
    assert decode(packet) == msgspec.structs.replace(event, timestamp=1700000000000, revision=12)


@given(TEXT, st.none() | TEXT)
def test_progress_is_completed_inside_its_nested_object(line: str, error: str | None) -> None:
    progress = events.Progress(message=line, device_id="d", started_at=5)
    if error is not None:
        progress = msgspec.structs.replace(progress, error=error)
    event = events.ProcessingProgress(**RUN, progress=progress)
    packet = progress_head(event) + "," + COUNTERS + "}" + TAIL
    name, payload = payload_of(packet)
    assert name == "processingProgress"
    assert payload["revision"] == 12
    assert payload["progress"] == {
        "message": line,
        "deviceId": "d",
        "startedAt": 5,
        "current": 3,
        "total": 9,
        "sent": 1,
        "skipped": 1,
        "failed": 1,
        "uncertain": 0,
        **({} if error is None else {"error": error}),
    }
    assert isinstance(decode(packet), events.ProcessingProgress)


STATS = f'"stats":{{{COUNTERS},"duration":40}}'
IDENTITY = '"profileId":"1","type":"chat","deviceId":"d","operatorId":"o"'
COMPLETED_BY_SCRIPT: list[tuple[events.LoggedEvent, str, dict[str, object]]] = [
    (events.ProcessingStarted(**RUN), ',"startedAt":5', {"started_at": 5}),
    (
        events.ProcessingComplete(**RUN),
        f',"completedAt":6,{STATS}',
        {"completed_at": 6},
    ),
    (
        events.ProcessingStopped(stopped_by="d2", message="Stopped"),
        f',"stoppedAt":7,{IDENTITY}',
        {"stopped_at": 7, "profile_id": "1", "device_id": "d"},
    ),
    (
        events.ProcessingInterrupted(reason="Device disconnected", code="device_disconnected"),
        f",{IDENTITY}",
        {"profile_id": "1", "operator_id": "o"},
    ),
    (events.RunSettled(**RUN, message="m"), f",{COUNTERS}", {"current": 3, "total": 9}),
    (
        events.AllProcessingStopped(device_id="d", stopped_by="d", message="m"),
        ',"stoppedAt":8,"stoppedProfiles":[{"profileId":"1","type":"mail"}]',
        {"stopped_at": 8},
    ),
    (events.MessageCleared(profile_id="1", type="chat", device_id="d"), "", {}),
    (
        events.AttachmentsUpdated(profile_id="1", type="mail", device_id="d"),
        ',"attachments":[{"link":"https:\\/\\/m.example\\/1","title":"a","message_type":"SENT_IMAGE"}]',
        {"attachments": [Attachment("a", "https://m.example/1", "SENT_IMAGE")]},
    ),
    (
        events.BlocklistCleared(profile_id="1", type="chat", device_id="d"),
        ',"deletedCount":4,"message":"Cleared 4 blocked recipients"',
        {"deleted_count": 4},
    ),
]


@pytest.mark.parametrize(
    ("event", "script", "fields"), COMPLETED_BY_SCRIPT, ids=lambda value: type(value).__name__
)
def test_heads_are_completed_to_their_models(
    event: events.LoggedEvent, script: str, fields: dict[str, object]
) -> None:
    packet = head(event) + script + TAIL
    payload_of(packet)
    done = decode(packet)
    assert type(done) is type(event)
    assert msgspec.structs.asdict(done).items() >= {**fields, "revision": 12}.items()


def test_the_wire_has_one_name_per_model_and_all_of_them() -> None:
    def leaves(model: type[events.Event]) -> list[type[events.Event]]:
        below = [leaf for sub in model.__subclasses__() for leaf in leaves(sub)]
        return below or [model]

    assert sorted(EVENTS) == sorted(model.event_name for model in leaves(events.Event))
    assert set(EVENTS.values()) == set(leaves(events.Event))


@pytest.mark.parametrize(
    "packet",
    [
        '2["messageCleared",{"profileId":"1","type":"chat","deviceId":"d","x":1}]',
        '2["messageCleared",{"profileId":1,"type":"chat","deviceId":"d"}]',
        '2["messageCleared",{"profileId":"1","type":"sms","deviceId":"d"}]',
        '2["messageCleared",{"profileId":"1","type":"chat"}]',
        '2["messageCleared",[]]',
    ],
)
def test_a_payload_that_does_not_fit_its_model_is_not_decoded(packet: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(packet)


def test_absent_fields_are_absent_and_not_null() -> None:
    plain = events.ErrorEvent(message="No", code="locked")
    assert encode(plain) == '2["error",{"message":"No","code":"locked"}]'
    owned = events.ErrorEvent(message="No", code="locked", lock_owner="d")
    assert payload_of(encode(owned))[1]["lockOwner"] == "d"


def all_stopped(*profiles: str) -> str:
    return encode(
        events.AllProcessingStopped(
            device_id="d",
            stopped_by="d",
            message="m",
            stopped_at=1,
            stopped_profiles=[
                events.StoppedProfile(profile_id=profile, type="chat") for profile in profiles
            ],
            timestamp=1,
            revision=2,
        )
    )


def seen(packet: str | None) -> list[str]:
    assert packet is not None
    event = packets.decode(packet)
    assert isinstance(event, events.AllProcessingStopped)
    assert event.revision == 2
    return [item.profile_id for item in events.filled(event.stopped_profiles)]


def test_narrowing_leaves_what_a_device_may_see() -> None:
    packet = all_stopped("1", "2", "11")
    assert seen(narrow(packet, frozenset({"1"}))) == ["1"]
    assert seen(narrow(packet, frozenset({"2", "11", "5"}))) == ["2", "11"]
    assert narrow(packet, frozenset({"5"})) is None
    assert narrow(packet, frozenset()) is None
    # Nothing was running: everybody's button was pressed all the same.
    assert seen(narrow(all_stopped(), frozenset({"5"}))) == []


def test_narrowing_leaves_other_events_as_they_are() -> None:
    packet = encode(events.Resync(epoch="e", revision=1))
    assert narrow(packet, frozenset()) == packet
