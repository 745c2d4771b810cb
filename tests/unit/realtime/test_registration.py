"""The handshake: where the token is, and what else a client may offer."""

from typing import Any

import pytest

from alphasync.realtime.registration import Handshake, read_handshake
from alphasync.services.tokens import TOKEN_MAX, InvalidToken, MissingToken


def only(token: str) -> Handshake:
    return Handshake(
        token=token, device_id=None, resume_token=None, device_name="", epoch=None, revision=0
    )


def test_the_token_is_in_auth() -> None:
    assert read_handshake({"token": "abc"}, {}) == only("abc")


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER abc", "Bearer   abc  "])
def test_or_else_in_the_header(header: str) -> None:
    assert read_handshake(None, {"HTTP_AUTHORIZATION": header}) == only("abc")
    assert read_handshake({}, {"HTTP_AUTHORIZATION": header}) == only("abc")


def test_auth_comes_before_the_header() -> None:
    assert read_handshake({"token": "abc"}, {"HTTP_AUTHORIZATION": "Bearer xyz"}) == only("abc")


@pytest.mark.parametrize("token", [" abc", "abc\n", "\t abc\r\n", "\u00a0abc\u2003"])
def test_white_space_around_a_token_is_not_part_of_it(token: str) -> None:
    assert read_handshake({"token": token}, {}) == only("abc")
    assert read_handshake(None, {"HTTP_AUTHORIZATION": f"Bearer {token}"}) == only("abc")


@pytest.mark.parametrize("token", ["a\nb", "a\0", "\ud83d", "tokén", "x" * (TOKEN_MAX + 1)])
def test_a_text_that_can_be_no_token_is_a_bad_one(token: str) -> None:
    for offered in ({"token": token}, {}):
        with pytest.raises(InvalidToken):
            read_handshake(offered, {"HTTP_AUTHORIZATION": f"Bearer {token}"})


@pytest.mark.parametrize("token", [None, "", "  ", "\n", 5, True, [], {}, ["abc"]])
def test_what_is_no_token_leaves_the_header_to_look_at(token: Any) -> None:
    assert read_handshake({"token": token}, {"HTTP_AUTHORIZATION": "Bearer abc"}) == only("abc")
    with pytest.raises(MissingToken) as caught:
        read_handshake({"token": token}, {})
    assert caught.value.message == "Authentication token required"


@pytest.mark.parametrize("offered", [None, "", "abc", 5, True, [], ["token"], {"Token": "abc"}])
def test_nothing_offered(offered: Any) -> None:
    with pytest.raises(MissingToken):
        read_handshake(offered, {})


@pytest.mark.parametrize(
    "header",
    [
        "",
        "abc",
        "Bearer",
        "Bearer ",
        "Bearer    ",
        "Basic abc",
        "Token abc",
        b"Bearer x",
    ],
)
def test_a_header_without_a_bearer_token(header: object) -> None:
    with pytest.raises(MissingToken):
        read_handshake(None, {"HTTP_AUTHORIZATION": header})


def test_a_token_is_bounded() -> None:
    longest = "x" * TOKEN_MAX
    assert read_handshake({"token": longest}, {}).token == longest
    assert read_handshake(None, {"HTTP_AUTHORIZATION": f"Bearer {longest}  "}).token == longest


def test_an_earlier_identity_and_a_name_are_offers() -> None:
    offered = {"token": "t", "deviceId": "d", "resumeToken": "r", "deviceName": "Anna's phone 📱"}
    handshake = read_handshake(offered, {})
    assert (handshake.device_id, handshake.resume_token) == ("d", "r")
    assert handshake.device_name == "Anna's phone 📱"


@pytest.mark.parametrize("name", [" ", "\u3164", "\u200d", "\u202ename"])
def test_a_name_that_cannot_be_seen_is_none(name: str) -> None:
    assert read_handshake({"token": "t", "deviceName": name}, {}).device_name == ""


@pytest.mark.parametrize("wrong", [None, "", 5, True, [], {}, "a\nb", "a\0", "\ud83d", "x" * 257])
def test_an_offer_that_does_not_fit_counts_as_not_made(wrong: Any) -> None:
    names = ("deviceId", "resumeToken", "deviceName", "epoch")
    assert read_handshake({"token": "t", **dict.fromkeys(names, wrong)}, {}) == only("t")


@pytest.mark.parametrize(
    "wrong", [None, "", "5", "\ud83d", -1, 1.5, 2.0, True, False, 2**53 + 1, 2**64, 10**400, [], {}]
)
def test_a_revision_that_is_no_revision_counts_as_none(wrong: Any) -> None:
    assert read_handshake({"token": "t", "revision": wrong}, {}) == only("t")
    assert read_handshake({"token": "t", "epoch": "e.1", "revision": 12}, {}).revision == 12
    assert read_handshake({"token": "t", "revision": 2**53}, {}).revision == 2**53
