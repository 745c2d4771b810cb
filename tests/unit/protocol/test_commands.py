"""Commands as they come from a client: their fields, and whose they are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from alphasync.domain.usable import PROFILE_ID_MAX
from alphasync.errors import InvalidPayload
from alphasync.protocol.commands import Command, Heartbeat, ProfileCommand
from alphasync.protocol.device_commands import RenameDevice, SignOutDevice
from alphasync.protocol.draft_commands import ClearMessage, UpdateMessage
from alphasync.protocol.list_commands import ListUncertain, ResolveUncertain
from alphasync.protocol.parsing import parse
from alphasync.protocol.run_commands import StartProcessing, StopAllProcessing
from tests.unit.protocol.payloads import FIELDS, NEEDED, OF_A_PROFILE, WRONG, refused


def test_every_command_of_the_contract_is_here() -> None:
    def leaves(model: type[Command]) -> list[type[Command]]:
        below = [leaf for sub in model.__subclasses__() for leaf in leaves(sub)]
        return below or [model]

    assert set(leaves(Command)) == set(NEEDED)
    assert {model.event_name for model in NEEDED} == {
        "previewRun",
        "startProcessing",
        "readRun",
        "stopProcessing",
        "pauseProcessing",
        "resumeProcessing",
        "listFailed",
        "takeOverProcessing",
        "planRun",
        "changePlan",
        "cancelPlan",
        "stopAllProcessing",
        "updateMessage",
        "clearMessage",
        "updateAttachments",
        "listVersions",
        "readVersion",
        "restoreVersion",
        "clearBlocklist",
        "countBlocklist",
        "listBlocklist",
        "removeFromBlocklist",
        "addDoNotContact",
        "removeDoNotContact",
        "listDoNotContact",
        "listUncertain",
        "resolveUncertain",
        "renameDevice",
        "signOutDevice",
        "subscribePush",
        "unsubscribePush",
        "heartbeat",
    }


@pytest.mark.parametrize("model", NEEDED)
def test_the_least_is_enough_and_identity_in_a_payload_is_not_looked_at(
    model: type[Command],
) -> None:
    parse(model, (NEEDED[model],))
    claims: list[Any] = ["someone else", 5, None, [], {"a": 1}, True]
    for claimed in claims:
        fields = {"operatorId": claimed, "deviceId": claimed}
        if model in (RenameDevice, SignOutDevice):  # which device, they have to say
            del fields["deviceId"]
        parse(model, ({**NEEDED[model], **fields},))


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


@pytest.mark.parametrize("recipient", ["", 5, True, [], {}, "x" * 513])
def test_a_recipient_to_decide_about_is_named_by_a_short_text(recipient: Any) -> None:
    needed = NEEDED[ResolveUncertain]
    refused(ResolveUncertain, {**needed, "recipientId": recipient}, "recipientId")
    everybody = parse(ResolveUncertain, ({**needed, "recipientId": None},))
    assert everybody.recipient_id is None
    one = parse(ResolveUncertain, ({**needed, "recipientId": "r\ud83d"},))
    assert one.recipient_id == "r\ufffd"


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


def test_a_text_may_say_what_it_was_made_from() -> None:
    payload = NEEDED[UpdateMessage]
    assert parse(UpdateMessage, (payload,)).base is UNSET
    for base in (0, 1, 2**53 - 1):
        assert parse(UpdateMessage, ({**payload, "base": base},)).base == base
    wrong: list[Any] = [None, -1, 2**53, 2**64, True, False, 1.5, "1", "", [], {}]
    for base in wrong:
        assert "`base`" in refused(UpdateMessage, {**payload, "base": base}), repr(base)


def test_a_cursor_is_one_of_ours() -> None:
    payload = NEEDED[ListUncertain]
    assert parse(ListUncertain, ({**payload, "cursor": "17:3"},)).cursor == "17:3"
    wrong: list[Any] = ["", "17", "17:", ":3", "-1:0", "1:0\n", "1" * 19 + ":0", 17, True, [], {}]
    for cursor in wrong:
        assert "cursor" in refused(ListUncertain, {**payload, "cursor": cursor}), repr(cursor)


def test_a_caret_is_within_its_text() -> None:
    payload = {**NEEDED[UpdateMessage], "message": "a📱b"}
    for caret in range(5):
        assert parse(UpdateMessage, ({**payload, "caret": caret},)).caret == caret
    wrong: list[Any] = [5, -1, True, 1.5, "1", None, [], {}]
    for caret in wrong:
        assert "`caret`" in refused(UpdateMessage, {**payload, "caret": caret}), repr(caret)


def test_a_name_is_kept_without_the_white_space_around_it() -> None:
    renamed = parse(RenameDevice, ({"name": "  Anna's phone 📱 ", "deviceId": "a0"},))
    assert (renamed.name, renamed.device_id) == ("Anna's phone 📱", "a0")
