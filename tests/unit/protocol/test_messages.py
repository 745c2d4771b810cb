"""Texts and attachments of commands: lengths, and what counts as one."""

from typing import Any

import msgspec
import pytest

from alphasync.domain.drafts import ATTACHMENTS_MAX
from alphasync.errors import MessageBlank, MessageTooLong, MessageTooShort
from alphasync.protocol.draft_commands import (
    DRAFT_MAX,
    UpdateAttachments,
    UpdateMessage,
    check_draft_length,
)
from alphasync.protocol.parsing import parse
from alphasync.protocol.run_commands import StartProcessing
from tests.unit.protocol.payloads import NEEDED, PICTURE, refused, start, start_mail

# Length at start: UTF-16 code units, both ends included.


@pytest.mark.parametrize(("type_", "shortest", "longest"), [("chat", 1, 300), ("mail", 150, 5000)])
@pytest.mark.parametrize(("unit", "units"), [("a", 1), ("é", 1), ("😀", 2), ("\ud83d", 1)])
def test_limits_of_a_message(
    type_: str, shortest: int, longest: int, unit: str, units: int
) -> None:
    def of_length(length: int) -> StartProcessing:
        return start(type=type_, message=unit * (length // units) + "x" * (length % units))

    for fits in (shortest, shortest + 1, longest - 1, longest):
        of_length(fits).check_content()
    with pytest.raises(MessageTooShort, match=f"at least {shortest} .* has {shortest - 1}"):
        of_length(shortest - 1).check_content()
    with pytest.raises(MessageTooLong, match=f"can have {longest} .* has {longest + 1}"):
        of_length(longest + 1).check_content()


def test_a_family_counts_as_a_browser_counts_it() -> None:
    family = "👨\u200d👩\u200d👧\u200d👦"  # eleven units, one sign
    start(message=family * 27).check_content()
    with pytest.raises(MessageTooLong, match="this one has 308"):
        start(message=family * 28).check_content()


@pytest.mark.parametrize("type_", ["chat", "mail"])
def test_a_draft_may_be_empty_and_over_the_limit_of_its_type(type_: str) -> None:
    def check(message: str) -> None:
        payload = {"profileId": "1", "type": type_, "message": message}
        check_draft_length(parse(UpdateMessage, (payload,)).message)

    check("")
    check("a" * DRAFT_MAX)
    check("😀" * (DRAFT_MAX // 2))
    for too_long in ("a" * (DRAFT_MAX + 1), "😀" * (DRAFT_MAX // 2) + "a"):
        with pytest.raises(MessageTooLong, match=f"this one has {DRAFT_MAX + 1}"):
            check(too_long)


def test_half_an_emoji_is_replaced_before_anything_else_sees_it() -> None:
    assert start(message="a\ud83d").message == "a\ufffd"
    payload = {"profileId": "1", "type": "chat", "message": "\ude00"}
    assert parse(UpdateMessage, (payload,)).message == "\ufffd"
    broken = {**PICTURE, "title": "a\ud83d", "link": "https://media.example/\ude00"}
    [attachment] = start_mail(attachments=[broken]).attachments or []
    assert (attachment.title, attachment.link) == ("a\ufffd", "https://media.example/\ufffd")
    msgspec.json.encode(attachment)


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


def attach(**fields: Any) -> UpdateAttachments:
    return parse(UpdateAttachments, ({**NEEDED[UpdateAttachments], **fields},))


def test_what_is_attached_to_a_draft_is_what_a_start_takes() -> None:
    command = attach(attachments=[{**PICTURE, "id": 17}])
    assert command.attachments == start_mail(attachments=[{**PICTURE, "id": 17}]).attachments
    assert command.base is None
    assert attach(attachments=[]).attachments == []
    assert attach(base=["a\ud83d"]).base == ["a\ufffd"]


@pytest.mark.parametrize(
    ("fields", "about"),
    [
        ({"type": "chat"}, "Only a mail can have `attachments`"),
        ({"attachments": [PICTURE, {**PICTURE, "title": "other"}]}, "each `link` only once"),
        ({"attachments": [{**PICTURE, "extra": 1}]}, "attachments"),
        ({"base": [""]}, "base"),
        ({"base": ["x" * 2049]}, "base"),
        ({"base": ["x"] * 6}, "base"),
        ({"base": [1]}, "base"),
        ({"base": "x"}, "base"),
        ({"base": 5}, "base"),
    ],
)
def test_attachments_of_a_draft_that_do_not_fit_are_refused(
    fields: dict[str, Any], about: str
) -> None:
    refused(UpdateAttachments, {**NEEDED[UpdateAttachments], **fields}, about)


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
            command.check_content()
        assert refused.value.code == "message_blank"


@pytest.mark.parametrize(
    "text", [" a ", "\u200b.", "👍", "👩\u200d👩\u200d👧", "é", "\u00a0ß", "0"]
)
def test_a_message_of_which_something_can_be_seen_is_one(text: str) -> None:
    parse(StartProcessing, ({"profileId": "1", "type": "chat", "message": text},)).check_content()
