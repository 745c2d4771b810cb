"""What a device may ask for, to the character."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.domain.usable import PROFILE_ID_MAX
from alphasync.errors import InvalidPayload, MessageBlank, MessageTooLong, MessageTooShort
from alphasync.protocol import commands
from alphasync.protocol.commands import (
    ATTACHMENTS_MAX,
    DRAFT_MAX,
    ClearMessage,
    Command,
    Heartbeat,
    ProfileCommand,
    StartProcessing,
    StopAllProcessing,
    UpdateMessage,
    parse,
)

PICTURE = {"title": "Sea", "link": "https://media.example/1.jpg", "message_type": "SENT_IMAGE"}
NEEDED: dict[type[Command], dict[str, Any]] = {
    commands.StartProcessing: {"profileId": "1", "type": "chat", "message": "Hello"},
    commands.StopProcessing: {"profileId": "1", "type": "chat"},
    commands.StopAllProcessing: {},
    commands.UpdateMessage: {"profileId": "1", "type": "chat", "message": "Hello"},
    commands.ClearMessage: {"profileId": "1", "type": "chat"},
    commands.ClearBlocklist: {"profileId": "1", "type": "chat"},
    commands.CountBlocklist: {"profileId": "1", "type": "chat"},
    commands.ListUncertain: {"profileId": "1", "type": "chat"},
    commands.ResolveUncertain: {"profileId": "1", "type": "chat", "action": "leave"},
    commands.Heartbeat: {},
}
"""The least that each command takes."""
FIELDS = [(model, field) for model, needed in NEEDED.items() for field in needed]
OF_A_PROFILE = [model for model in NEEDED if issubclass(model, ProfileCommand)]
WRONG: dict[str, list[Any]] = {
    "profileId": [None, "", True, False, 1.0, 1.5, [], {}, "x" * (PROFILE_ID_MAX + 1)],
    "type": [None, "", "sms", "Chat", "CHAT", "chat ", 1, True, [], {}],
    "message": [None, 1, True, 1.5, [], {}, ["Hello"]],
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


def test_every_command_of_the_contract_is_here() -> None:
    def leaves(model: type[Command]) -> list[type[Command]]:
        below = [leaf for sub in model.__subclasses__() for leaf in leaves(sub)]
        return below or [model]

    assert set(leaves(Command)) == set(NEEDED)
    assert {model.event_name for model in NEEDED} == {
        "startProcessing",
        "stopProcessing",
        "stopAllProcessing",
        "updateMessage",
        "clearMessage",
        "clearBlocklist",
        "countBlocklist",
        "listUncertain",
        "resolveUncertain",
        "heartbeat",
    }


@pytest.mark.parametrize("model", NEEDED)
def test_the_least_is_enough_and_identity_in_a_payload_is_not_looked_at(
    model: type[Command],
) -> None:
    parse(model, (NEEDED[model],))
    claims: list[Any] = ["someone else", 5, None, [], {"a": 1}, True]
    for claimed in claims:
        parse(model, ({**NEEDED[model], "operatorId": claimed, "deviceId": claimed},))


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_a_missing_field_is_named(model: type[Command], field: str) -> None:
    payload = {name: value for name, value in NEEDED[model].items() if name != field}
    refused(model, payload, f"`{field}` is missing")


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_a_field_of_the_wrong_type_is_named(model: type[Command], field: str) -> None:
    for value in WRONG[field]:
        assert f"`{field}`" in refused(model, {**NEEDED[model], field: value}), repr(value)


@pytest.mark.parametrize("model", NEEDED)
@pytest.mark.parametrize("field", ["extra", "profile_id", "account", "__proto__", "", "\ud83d"])
def test_an_unknown_field_is_refused(model: type[Command], field: str) -> None:
    refused(model, {**NEEDED[model], field: 1})


@pytest.mark.parametrize("model", NEEDED)
@pytest.mark.parametrize("payload", [[], "text", 1, 0, 1.5, True, False, b"bytes", b""])
def test_only_an_object_is_a_payload(model: type[Command], payload: Any) -> None:
    refused(model, payload, "Expected an object")


@pytest.mark.parametrize("model", NEEDED)
def test_one_argument_at_most(model: type[Command]) -> None:
    with pytest.raises(InvalidPayload, match="got 2 arguments"):
        parse(model, (NEEDED[model], NEEDED[model]))


@pytest.mark.parametrize("model", [Heartbeat, StopAllProcessing])
@pytest.mark.parametrize("arguments", [(), (None,), ({},)])
def test_a_command_without_fields_may_come_with_nothing(
    model: type[Command], arguments: tuple[object, ...]
) -> None:
    assert isinstance(parse(model, arguments), model)


@pytest.mark.parametrize("model", OF_A_PROFILE)
@pytest.mark.parametrize("arguments", [(), (None,), ({},)])
def test_a_command_about_a_profile_may_not(
    model: type[Command], arguments: tuple[object, ...]
) -> None:
    with pytest.raises(InvalidPayload, match="is missing"):
        parse(model, arguments)


@pytest.mark.parametrize("model", OF_A_PROFILE)
@pytest.mark.parametrize(
    ("given_id", "profile"),
    [
        (123, "123"),
        ("123", "123"),
        (0, "0"),
        (-5, "-5"),
        (2**63, "9223372036854775808"),
        ("0123", "0123"),
        ("x" * PROFILE_ID_MAX, "x" * PROFILE_ID_MAX),
        (10 ** (PROFILE_ID_MAX - 1), "1" + "0" * (PROFILE_ID_MAX - 1)),
        ("*", "*"),
        ("a/b", "a/b"),
        ("{a}", "{a}"),
        ("ß😀", "ß😀"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_profile_ids_are_strings_from_here_on(
    model: type[ProfileCommand], given_id: str | int, profile: str
) -> None:
    command = parse(model, ({**NEEDED[model], "profileId": given_id},))
    assert command.profile == command.profile_id == profile


@pytest.mark.parametrize(
    "profile",
    [
        "a\nb",
        "a\x00b",
        "\x1b[2J",
        "\u2028",
        "\u202e",
        "\ud83d",
        "\ude00x",
        10**PROFILE_ID_MAX,
        -(10**PROFILE_ID_MAX),
        10**4299,
        10**5000,
    ],
    ids=lambda value: ascii(value)[:20] if isinstance(value, str) else "number",
)
def test_a_profile_id_that_could_be_mistaken_for_another_or_is_too_long_is_refused(
    profile: str | int,
) -> None:
    refused(ClearMessage, {"profileId": profile, "type": "chat"})


# Length at start: UTF-16 code units, both ends included.


@pytest.mark.parametrize(("type_", "shortest", "longest"), [("chat", 1, 300), ("mail", 150, 5000)])
@pytest.mark.parametrize(("unit", "units"), [("a", 1), ("é", 1), ("😀", 2), ("\ud83d", 1)])
def test_limits_of_a_message(
    type_: str, shortest: int, longest: int, unit: str, units: int
) -> None:
    def of_length(length: int) -> StartProcessing:
        return start(type=type_, message=unit * (length // units) + "x" * (length % units))

    for fits in (shortest, shortest + 1, longest - 1, longest):
        of_length(fits).check_length()
    with pytest.raises(MessageTooShort, match=f"at least {shortest} .* has {shortest - 1}"):
        of_length(shortest - 1).check_length()
    with pytest.raises(MessageTooLong, match=f"can have {longest} .* has {longest + 1}"):
        of_length(longest + 1).check_length()


def test_a_family_counts_as_a_browser_counts_it() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"  # eleven units, one sign
    start(message=family * 27).check_length()
    with pytest.raises(MessageTooLong, match="this one has 308"):
        start(message=family * 28).check_length()


@pytest.mark.parametrize("type_", ["chat", "mail"])
def test_a_draft_may_be_empty_and_over_the_limit_of_its_type(type_: str) -> None:
    def draft(message: str) -> UpdateMessage:
        return parse(UpdateMessage, ({"profileId": "1", "type": type_, "message": message},))

    draft("").check_length()
    draft("a" * DRAFT_MAX).check_length()
    draft("😀" * (DRAFT_MAX // 2)).check_length()
    for too_long in ("a" * (DRAFT_MAX + 1), "😀" * (DRAFT_MAX // 2) + "a"):
        with pytest.raises(MessageTooLong, match=f"this one has {DRAFT_MAX + 1}"):
            draft(too_long).check_length()


def test_half_an_emoji_is_replaced_before_anything_else_sees_it() -> None:
    assert start(message="a\ud83d").message == "a\ufffd"
    payload = {"profileId": "1", "type": "chat", "message": "\ude00"}
    assert parse(UpdateMessage, (payload,)).message == "\ufffd"
    broken = {**PICTURE, "title": "a\ud83d", "link": "https://media.example/\ude00"}
    [attachment] = start_mail(attachments=[broken]).attachments or []
    assert (attachment.title, attachment.link) == ("a\ufffd", "https://media.example/\ufffd")
    msgspec.json.encode(attachment)


@pytest.mark.parametrize("recipient", ["", 5, True, [], {}, "x" * 513])
def test_a_recipient_to_decide_about_is_named_by_a_short_text(recipient: Any) -> None:
    needed = NEEDED[commands.ResolveUncertain]
    refused(commands.ResolveUncertain, {**needed, "recipientId": recipient}, "recipientId")
    everybody = parse(commands.ResolveUncertain, ({**needed, "recipientId": None},))
    assert everybody.recipient_id is None
    one = parse(commands.ResolveUncertain, ({**needed, "recipientId": "r\ud83d"},))
    assert one.recipient_id == "r\ufffd"


# Attachments.


@pytest.mark.parametrize("absent", [None, []])
@pytest.mark.parametrize("type_", ["chat", "mail"])
def test_no_attachments_is_fine_for_both(type_: str, absent: list[Any] | None) -> None:
    assert not start(type=type_, attachments=absent).attachments
    assert start(type=type_).attachments is None


def test_a_mail_takes_five_attachments_and_no_more() -> None:
    attachments = start_mail(attachments=[PICTURE] * ATTACHMENTS_MAX).attachments
    assert attachments is not None
    assert len(attachments) == ATTACHMENTS_MAX == 5
    about = "`attachments` is not valid"
    for too_many in (6, 10_000):
        payload = {**NEEDED[StartProcessing], "type": "mail", "attachments": [PICTURE] * too_many}
        refused(StartProcessing, payload, about)


def test_a_chat_takes_none() -> None:
    payload = {**NEEDED[StartProcessing], "attachments": [PICTURE]}
    refused(StartProcessing, payload, "Only a mail can have `attachments`")


@pytest.mark.parametrize("kind", ["SENT_IMAGE", "SENT_VIDEO", "SENT_AUDIO"])
@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, None), ({"id": None}, None), ({"id": "a1"}, "a1"), ({"id": 17}, "17")],
)
def test_attachments_of_each_kind(kind: str, fields: dict[str, Any], expected: str | None) -> None:
    attachments = start_mail(attachments=[{**PICTURE, "message_type": kind, **fields}]).attachments
    [attachment] = attachments or []
    assert attachment.message_type == kind
    assert (None if attachment.id is None else str(attachment.id)) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"title": 5},
        {"title": "x" * 301},
        {"link": ""},
        {"link": None},
        {"link": "x" * 2049},
        {"message_type": "SENT_FILE"},
        {"message_type": None},
        {"message_type": "sent_image"},
        {"id": True},
        {"id": ""},
        {"id": 1.5},
        {"id": "x" * 129},
        {"id": 10**128},
        {"extra": 1},
        {"messageType": "SENT_IMAGE"},
    ],
    ids=lambda change: ascii(change)[:40],
)
def test_an_attachment_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    fields = {**NEEDED[StartProcessing], "type": "mail"}
    refused(StartProcessing, {**fields, "attachments": [{**PICTURE, **change}]}, "attachments")


@pytest.mark.parametrize("field", PICTURE)
def test_an_attachment_that_lacks_a_field_is_refused(field: str) -> None:
    lacking = {name: value for name, value in PICTURE.items() if name != field}
    payload = {**NEEDED[StartProcessing], "type": "mail", "attachments": [lacking]}
    refused(StartProcessing, payload, f"`{field}` is missing")


@pytest.mark.parametrize("attachments", [{}, "x", 1, True, [None], [[]], ["x"]])
def test_attachments_are_a_list_of_objects(attachments: Any) -> None:
    payload = {**NEEDED[StartProcessing], "type": "mail", "attachments": attachments}
    refused(StartProcessing, payload, "attachments")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.sampled_from(["profileId", "type", "message", "chat", "mail", "attachments", "id"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["profileId", "type", "message", "attachments", "id", "link", "x"])
            | st.text(st.characters(), max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("model", NEEDED)
@given(arguments=st.lists(JSON, max_size=2))
def test_whatever_comes_is_a_command_or_an_invalid_payload(
    model: type[Command], arguments: list[Any]
) -> None:
    try:
        command = parse(model, tuple(arguments))
    except InvalidPayload as error:
        error.message.encode()
    else:
        if isinstance(command, ProfileCommand):
            command.profile.encode()
            assert 1 <= len(command.profile) <= PROFILE_ID_MAX


BLANK = [
    "    ",
    "\u00a0",
    "\u200b\u200d\ufeff",
    "\t\n",
    "\u2800",
    "\u3164",
    "\u202e \u2066",
    "\ufe0f",
]


@pytest.mark.parametrize("blank", BLANK, ids=ascii)
def test_a_message_of_nothing_to_be_seen_starts_nothing(blank: str) -> None:
    for type_, text in (("chat", blank), ("mail", blank * 150)):
        command = parse(StartProcessing, ({"profileId": "1", "type": type_, "message": text},))
        with pytest.raises(MessageBlank) as refused:
            command.check_length()
        assert refused.value.code == "message_blank"


@pytest.mark.parametrize(
    "text", [" a ", "\u200b.", "👍", "👩\u200d👩\u200d👧", "é", "\u00a0ß", "0"]
)
def test_a_message_of_which_something_can_be_seen_is_one(text: str) -> None:
    parse(StartProcessing, ({"profileId": "1", "type": "chat", "message": text},)).check_length()


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({}, "`profileId` is missing"),
        ({"profileId": "1", "type": "chat", "message": 5}, "`message` is not valid"),
        ({"profileId": "1", "type": "x", "message": "a"}, "`type` is not valid"),
        ({"profileId": "1", "type": "chat", "message": "a", "x": 1}, "`x` is not known"),
        (
            {
                "profileId": "1",
                "type": "mail",
                "message": "a",
                "attachments": [
                    {"title": "t", "link": "x" * 2049, "message_type": "SENT_IMAGE"},
                ],
            },
            "`attachments[0].link` is not valid",
        ),
        (
            {"profileId": "a\nb", "type": "chat", "message": "a"},
            "Expected a printable `profileId`",
        ),
    ],
)
def test_no_validators_words_reach_a_device(payload: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidPayload) as refused:
        parse(StartProcessing, (payload,))
    assert refused.value.message == words


def test_an_unknown_field_is_said_back_in_part_only() -> None:
    with pytest.raises(InvalidPayload) as refused:
        parse(Heartbeat, ({"x" * 50_000: 1},))
    assert len(refused.value.message) < 100
