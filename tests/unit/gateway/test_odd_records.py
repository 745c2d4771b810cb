"""Records as they are: what can be read is, the odd one is left out and named, nobody else is."""

import json
import time

import msgspec
import pytest

from alphasync.domain.drafts import Attachment
from alphasync.gateway.contract import (
    Explanation,
    decode_attachments,
    decode_login,
    decode_profiles,
    decode_recipients,
    explanation,
)
from alphasync.gateway.port import (
    Attachments,
    GatewayRefused,
    GatewayUnavailable,
    Odd,
    Profile,
    Recipient,
)


def to_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("cursor", [True, [], {}, [1], "x" * 4097, 1.5, 1e300])
def test_a_cursor_that_cannot_be_sent_back_ends_it(cursor: object) -> None:
    """Without it the rest of the list would be left out without a word."""
    with pytest.raises(GatewayRefused, match="next page"):
        decode_recipients(to_bytes({"recipients": [], "next": cursor}), honours_keys=False)


@pytest.mark.parametrize(
    ("record", "called", "why"),
    [
        ({"id": "", "name": "Ana"}, "Ana", "its id is empty"),
        ({"id": None, "name": "Ana"}, "Ana", "it has no id"),
        ({"name": "Ana"}, "Ana", "it has no id"),
        ({}, "", "it has no id"),
        ({"id": True, "name": 7}, "7", "its id cannot be read"),
        ({"id": [1]}, "", "its id cannot be read"),
        ({"id": {"a": 1}}, "", "its id cannot be read"),
        ({"id": 1.5}, "", "its id cannot be read"),
        ({"id": 1e300}, "", "its id cannot be read"),
        ({"id": "x" * 513, "name": "Ana"}, "Ana", "its id is longer than 512 characters"),
        ({"id": int("9" * 513)}, "", "its id is longer than 512 characters"),
        ({"id": "\ud83d", "name": "Ana"}, "Ana", "its id is no text"),
        ("text", "", "it is no record"),
        (5, "", "it is no record"),
        (None, "", "it is no record"),
        ([], "", "it is no record"),
        ({"id": "", "name": "x" * 3_000_000}, "x" * 256, "its id is empty"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_recipient_that_cannot_be_used_is_named_and_nobody_else_touched(
    record: object, called: str, why: str, place: int
) -> None:
    records: list[object] = [{"id": "1", "name": "Good"}, {"id": "2", "name": "Good"}]
    records.insert(place, record)
    page = decode_recipients(to_bytes({"recipients": records}), honours_keys=False)
    assert page.recipients == (Recipient("1", "Good"), Recipient("2", "Good"))
    assert page.odd == (Odd(place + 1, called, why),)


@pytest.mark.parametrize(
    ("record", "read"),
    [
        ({"id": 5.0, "name": "A"}, Recipient("5", "A")),
        ({"id": -5, "name": 17}, Recipient("-5", "17")),
        ({"id": 12345678901234567890123, "name": 1.5}, Recipient("12345678901234567890123", "1.5")),
        ({"id": "a", "name": False}, Recipient("a", None)),
        ({"id": "a", "name": ["x"]}, Recipient("a", None)),
        ({"id": "a", "name": ""}, Recipient("a", None)),
        ({"id": "a", "name": "half \ud83d"}, Recipient("a", "half \ufffd")),
        ({"id": "a", "name": "é" * 1_000_000}, Recipient("a", "é" * 256)),
        ({"id": "x" * 512}, Recipient("x" * 512, None)),
        ({"id": " \t\u00a0"}, Recipient(" \t\u00a0", None)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_can_be_read_of_a_recipient_is(record: object, read: Recipient) -> None:
    page = decode_recipients(to_bytes({"recipients": [record]}), honours_keys=False)
    assert (page.recipients, page.odd) == ((read,), ())


def test_bytes_that_are_no_text_mar_one_name_and_one_id() -> None:
    body = (
        b'{"recipients": [{"id": "1", "name": "Jos\xe9"}, {"id": "\xff", "name": "B"}, {"id":3}]}'
    )
    page = decode_recipients(body, honours_keys=False)
    assert page.recipients == (Recipient("1", "Jos\ufffd"), Recipient("3", None))
    assert [record.shown for record in page.odd] == ["B (its id is no text)"]


@pytest.mark.parametrize("number", ["1e400", "NaN", "Infinity", "9" * 6000])
def test_numbers_out_of_range_mar_one_record(number: str) -> None:
    body = f'{{"recipients": [{{"id": {number}}}, {{"id": "2"}}]}}'.encode()
    page = decode_recipients(body, honours_keys=False)
    assert (page.recipients, len(page.odd)) == ((Recipient("2", None),), 1)


def test_a_byte_order_mark_is_no_part_of_an_answer() -> None:
    mark = b"\xef\xbb\xbf"
    assert decode_recipients(mark + b'{"recipients": [{"id": 1}]}', True).recipients
    assert decode_profiles(mark + b'[{"id": 1}]')[0]
    assert decode_login(mark + b'{"operatorId": 1, "token": "t"}')[0].operator_id == "1"
    assert explanation(mark + b'{"message": "No"}') == Explanation("No")


@pytest.mark.parametrize("nothing", [None, False, []])
def test_lists_of_nothing_are_empty(nothing: object) -> None:
    assert decode_recipients(to_bytes({"recipients": nothing}), True).recipients == ()
    assert decode_attachments(to_bytes({"images": nothing}))[0] == Attachments((), (), ())


UNUSABLE: list[object] = ["", None, False, "x" * 129, "a\u00a0b", "a\nb", ".", "..", [], 1.5]


@pytest.mark.parametrize("unusable", UNUSABLE)
def test_a_profile_goes_by_the_one_of_its_ids_that_can_be_used(unusable: object) -> None:
    for ids in ({"id": "7", "external_id": unusable}, {"id": unusable, "external_id": "7"}):
        profiles, odd = decode_profiles(to_bytes([{**ids, "name": "Ana"}]))
        assert [(p.id, p.external_id) for p in profiles] == [("7", "7")]
        assert odd == []


def test_a_profile_that_cannot_be_used_is_not_offered() -> None:
    given_profiles = [
        {"id": "a\u00a0b", "external_id": "", "name": "Odd"},
        {"name": "Without"},
        "text",
        {"id": "9", "external_id": "1", "name": "Good"},
        # Its id is the one that the good one goes by: it would message for somebody else.
        {"id": "1", "external_id": "x" * 129, "name": "Taken"},
    ]
    profiles, odd = decode_profiles(to_bytes(given_profiles))
    assert [p.name for p in profiles] == ["Good"]
    assert [(record.position, record.name) for record in odd] == [
        (1, "Odd"),
        (2, "Without"),
        (3, ""),
        (5, "Taken"),
    ]


def test_fields_of_other_types_leave_a_profile_usable() -> None:
    odd_fields = {"name": 5, "photo_link": False, "age": [], "gender": {}, "country_name": True}
    profiles, odd = decode_profiles(to_bytes([{"id": 1, **odd_fields, "status": 3}]))
    assert profiles == [Profile("1", "5", "1", "", None, "", "", "3")]
    assert odd == []


def test_a_name_of_megabytes_reaches_nobody() -> None:
    huge = "x" * 1_000_000
    fields = ("name", "photo_link", "gender", "country_name", "status")
    (profile,) = decode_profiles(to_bytes([{"id": 1, **dict.fromkeys(fields, huge)}]))[0]
    assert len(msgspec.json.encode(profile)) < 2_000
    item = {"id": 1, "link": "https://m.example/l", "filename": huge, "thumb_link": huge}
    (media,) = decode_attachments(to_bytes({"images": [item]}))[0].images
    assert (len(media.filename), media.thumb_link) == (256, "")


@pytest.mark.parametrize(
    "media",
    [
        {"id": 1, "link": "x" * 2049},
        {"id": 1, "link": ""},
        {"id": 1, "link": "  "},
        {"id": 1, "link": "/media/1.jpg"},
        {"id": 1, "link": "javascript:alert(1)"},
        {"id": 1, "link": "data:image/png;base64,AA=="},
        {"id": 1, "link": "half \ud83d"},
        {"id": 1, "link": None},
        {"id": 1, "link": 5},
        {"id": 1},
        {"id": "x" * 129, "link": "https://m.example/l"},
        {"link": "https://m.example/l"},
        "text",
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_no_mail_could_take_is_not_offered(media: object) -> None:
    good = {"id": 2, "link": "https://m.example/".ljust(2048, "x"), "filename": "f" * 400}
    attachments, odd = decode_attachments(to_bytes({"images": [media, good]}))
    assert [m.id for m in attachments.images] == ["2"]
    assert [record.position for record in odd] == [1]
    # What is offered is taken.
    offered = attachments.images[0]
    taken = {"title": offered.filename, "link": offered.link, "id": offered.id}
    msgspec.convert({**taken, "message_type": "SENT_IMAGE"}, Attachment)


@pytest.mark.parametrize("profiles", [False, True, "1001", {}, 5])
def test_rights_that_cannot_be_read_are_not_taken_for_all(profiles: object) -> None:
    with pytest.raises(GatewayUnavailable):
        decode_login(to_bytes({"operatorId": "a", "token": "t", "profiles": profiles}))


def test_a_right_to_a_profile_that_cannot_be_used_is_left_out() -> None:
    profiles = [1, 2.0, "3", None, "", "x" * 129, "a\u00a0b", [], True]
    login, odd = decode_login(to_bytes({"operatorId": "a", "token": "t", "profiles": profiles}))
    assert login.profiles == ("1", "2", "3")
    assert [record.position for record in odd] == [4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    "login",
    [
        {"operatorId": "x" * 129, "token": "t"},
        {"operatorId": "a\u00a0b", "token": "t"},
        {"operatorId": "", "token": "t"},
        {"operatorId": "a", "token": ""},
        {"operatorId": "a", "token": "a\nb"},
        {"operatorId": "a", "token": "é"},
        {"operatorId": "a", "token": "x" * 8001},
        {"operatorId": "a", "token": None},
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_login_that_nobody_could_use_is_refused_at_once(login: object) -> None:
    with pytest.raises(GatewayUnavailable, match="can be used"):
        decode_login(to_bytes(login))


@pytest.mark.parametrize("value", [b"[],", b"1,", b"{},"])
def test_an_answer_of_very_many_values_is_refused_before_it_is_read(value: bytes) -> None:
    body = b'{"recipients": [' + value * (3_900_000 // len(value)) + b"1]}"
    before = time.process_time()
    with pytest.raises(GatewayUnavailable, match="too large"):
        decode_recipients(body, honours_keys=False)
    assert time.process_time() - before < 0.1


@pytest.mark.parametrize("body", [b"", b"5", b"null", b"[]", b'"x"', b"[" * 9999, b'{"a":'])
def test_no_validators_words_are_shown(body: bytes) -> None:
    for decode in (decode_login, decode_attachments, lambda given: decode_recipients(given, True)):
        with pytest.raises(GatewayUnavailable) as error:
            decode(body)
        assert str(error.value) in {
            "The gateway's answer is not JSON",
            "The gateway's answer has another shape",
        }


@pytest.mark.parametrize(
    ("said", "sent"),
    [(True, True), (False, False), (1, False), ("true", False), (None, False), ([True], False)],
)
def test_an_answer_says_sent_only_by_true(said: object, sent: bool) -> None:
    assert explanation(to_bytes({"sent": said, "message": "Here"})) == Explanation("Here", sent)
