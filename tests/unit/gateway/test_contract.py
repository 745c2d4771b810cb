"""The JSON of the gateway's contract, read leniently where it may vary and not where it matters."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alphasync.domain.roles import Role
from alphasync.gateway.contract import (
    DETAIL_MAX,
    decode_attachments,
    decode_login,
    decode_profiles,
    decode_recipients,
    encode_login,
    encode_message,
    explanation,
)
from alphasync.gateway.port import (
    Attachment,
    Attachments,
    GatewayUnavailable,
    Login,
    Media,
    Message,
    Profile,
    Recipient,
    RecipientPage,
)


def to_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def test_login_with_numbers_as_ids() -> None:
    body = to_bytes({"operatorId": 42, "token": "t", "profiles": [1, "2"], "more": True})
    assert decode_login(body)[0] == Login("42", "t", ("1", "2"))


def test_login_of_a_team_and_a_role() -> None:
    login = {"operatorId": "a", "token": "t", "team": 7, "role": "viewer"}
    for more in ({}, {"profiles": ["1"]}):
        read = decode_login(to_bytes({**login, **more}))[0]
        assert (read.team, read.role) == ("7", Role.VIEWER)
    read = decode_login(to_bytes({**login, "team": None, "role": None}))[0]
    assert (read.team, read.role) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [{"role": role} for role in ("owner", "", 1, "Admin", ["admin"])]
    + [{"team": team} for team in ("", True, ["a"], "a\nb")],
)
def test_a_team_or_role_that_cannot_be_read_lets_nobody_in(wrong: dict[str, object]) -> None:
    with pytest.raises(GatewayUnavailable):
        decode_login(to_bytes({"operatorId": "a", "token": "t", **wrong}))


def test_login_without_profiles_means_all_and_with_none_means_none() -> None:
    login = {"operatorId": "a", "token": "t"}
    assert decode_login(to_bytes(login))[0].profiles is None
    assert decode_login(to_bytes({**login, "profiles": []}))[0].profiles == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"operatorId": "a"}',
        b'{"operatorId": null, "token": "t"}',
        b'{"operatorId": true, "token": "t"}',
        b'{"operatorId": "a", "token": 5}',
        b'{"operatorId": "a", "token": "\xff"}',
        b"<html>",
    ],
)
def test_an_unreadable_login_is_unavailable(body: bytes) -> None:
    with pytest.raises(GatewayUnavailable):
        decode_login(body)


def test_a_full_profile() -> None:
    given_profile = {
        "id": 7,
        "name": "Ana",
        "external_id": 1001,
        "photo_link": "https://media.example.com/a.jpg",
        "age": 30,
        "gender": "female",
        "country_name": "Italy",
        "status": "active",
    }
    assert decode_profiles(to_bytes([given_profile]))[0] == [
        Profile(
            "7", "Ana", "1001", "https://media.example.com/a.jpg", 30, "female", "Italy", "active"
        )
    ]


def test_a_bare_profile_goes_by_its_id() -> None:
    assert decode_profiles(to_bytes([{"id": "7", "age": None}]))[0] == [
        Profile("7", "", "7", "", None, "", "", "")
    ]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (30, 30),
        ("30", 30),
        (30.0, 30),
        ("", None),
        ("old", None),
        ("٣٠", None),
        (1e300, None),
        (True, None),
        ([], None),
    ],
)
def test_ages(age: object, expected: int | None) -> None:
    assert decode_profiles(to_bytes([{"id": 1, "age": age}]))[0][0].age == expected


def test_the_list_decides_the_kind_of_media() -> None:
    item = {"id": 1, "link": "https://m.example/l", "content_type": "image", "filename": None}
    body = to_bytes({"images": [], "videos": [item], "audios": None})
    assert decode_attachments(body)[0] == Attachments(
        images=(), videos=(Media("1", "1", "video", "https://m.example/l", "", ""),), audios=()
    )


@pytest.mark.parametrize(
    ("sent", "read"),
    [("c2", "c2"), (7, "7"), (5.0, "5"), (0, "0"), (None, None), ("", None), (False, None)],
)
def test_cursors(sent: object, read: str | None) -> None:
    body = to_bytes({"recipients": [{"id": 5, "name": "Max"}, {"id": "6"}], "next": sent})
    assert decode_recipients(body, honours_keys=True) == RecipientPage(
        (Recipient("5", "Max"), Recipient("6", None)), read, True
    )


def test_a_last_page_may_leave_its_cursor_out() -> None:
    assert decode_recipients(b'{"recipients": []}', honours_keys=False).next is None


def test_a_page_without_recipients_is_unavailable() -> None:
    with pytest.raises(GatewayUnavailable):
        decode_recipients(b'{"next": null}', honours_keys=False)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_unavailable(body: bytes) -> None:
    for decode in (
        decode_login,
        decode_profiles,
        decode_attachments,
        lambda given: decode_recipients(given, True),
    ):
        with contextlib.suppress(GatewayUnavailable):
            decode(body)
    assert isinstance(explanation(body).words, str)


def test_a_deeply_nested_answer_is_unavailable() -> None:
    with pytest.raises(GatewayUnavailable):
        decode_profiles(b"[" * 200_000)


def test_the_body_of_a_send() -> None:
    attachments = (
        Attachment("Sea", "https://media.example.com/sea.jpg", "SENT_IMAGE"),
        Attachment("Hi", "https://media.example.com/hi.mp3", "SENT_AUDIO", "9"),
    )
    assert json.loads(encode_message(Message("mail", "17", "Hello 👋", attachments))) == {
        "type": "mail",
        "recipientId": "17",
        "message": "Hello 👋",
        "attachments": [
            {
                "title": "Sea",
                "link": "https://media.example.com/sea.jpg",
                "message_type": "SENT_IMAGE",
            },
            {
                "title": "Hi",
                "link": "https://media.example.com/hi.mp3",
                "message_type": "SENT_AUDIO",
                "id": "9",
            },
        ],
    }


def test_the_body_of_a_login() -> None:
    assert json.loads(encode_login("a@b.example", 'p"w')) == {
        "email": "a@b.example",
        "password": 'p"w',
    }


def test_half_a_character_cannot_be_encoded() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode_message(Message("chat", "1", "\ud83d", ()))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message": "Mailbox full"}', "Mailbox full"),
        (b'{"error": "No"}', "No"),
        (b'{"message": "two\\n  lines\\u0000\\u202e"}', "two lines"),
        (b'{"message": {"a": 1}}', ""),
        (b"<html>", ""),
        (b"", ""),
        (b"[]", ""),
    ],
)
def test_explanations(body: bytes, words: str) -> None:
    assert explanation(body).words == words


def test_a_long_explanation_is_cut() -> None:
    assert len(explanation(to_bytes({"message": "x" * 10_000})).words) == DETAIL_MAX
