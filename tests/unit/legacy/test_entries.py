"""What the earlier server's keys say, and which are left out."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alphasync.legacy.entries import (
    Draft,
    Entry,
    Kind,
    Messaged,
    Run,
    Unusable,
    entry_of,
    kind_of,
)

AT = 1_790_000_000_000
SENT = {"messageHash": "x", "sentAt": AT, "recipientId": "r1", "type": "chat"}
MESSAGE = {"message": "Hello", "deviceId": "d1", "timestamp": AT}
PROCESSING = {
    "isProcessing": True,
    "current": 2,
    "total": 10,
    "operatorId": "7",
    "profileId": "1001",
    "type": "chat",
    "startedAt": AT,
    "lastUpdate": AT + 5,
    "deviceId": "d1",
    "socketId": "s",
}


def read(key: str, value: dict[str, Any]) -> Entry:
    kind = kind_of(key.encode())
    assert kind is not None
    return entry_of(kind, key.encode(), json.dumps(value).encode())


def test_who_was_messaged() -> None:
    found = read("sent:7:1001:r1:chat", SENT)
    assert isinstance(found, Messaged)
    assert found.place == ("7", "o:7", "1001", "chat")
    assert (found.recipient, found.at) == ("r1", AT)
    found = read("sent:7:1001:42:mail", {"sentAt": float(AT), "recipientId": 42})
    assert isinstance(found, Messaged)
    assert (found.recipient, found.place.type) == ("42", "mail")


def test_a_draft() -> None:
    found = read("message:7:1001:mail", MESSAGE)
    assert isinstance(found, Draft)
    assert found.place == ("7", "o:7", "1001", "mail")
    assert found.draft == ("Hello", "d1", AT)
    found = read("message:7:1001:mail", {**MESSAGE, "deviceId": None})
    assert isinstance(found, Draft)
    assert found.draft.device_id == "earlier-server"


@pytest.mark.parametrize("going_on", [True, False])
def test_a_run(going_on: bool) -> None:
    found = read("processing:7:1001:chat", {**PROCESSING, "isProcessing": going_on})
    assert isinstance(found, Run)
    assert found.run == ("d1", AT, 2, 10)
    assert found.going_on is going_on


def test_the_value_says_where_a_name_with_more_colons_is_split() -> None:
    found = read("sent:7:1001:a:b:chat", {**SENT, "recipientId": "a:b"})
    assert isinstance(found, Messaged)
    assert (found.place.profile, found.recipient) == ("1001", "a:b")
    value = {**PROCESSING, "operatorId": "7:8", "profileId": "1:2"}
    found = read("processing:7:8:1:2:chat", value)
    assert isinstance(found, Run)
    assert found.place == ("7:8", "o:7%3A8", "1:2", "chat")


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("sent:7:1001:a:b:chat", {"sentAt": AT}, "ambiguous"),
        ("sent:7:8:1001:r1:chat", SENT, "ambiguous"),
        ("message:7:8:1001:chat", MESSAGE, "ambiguous"),
        ("sent:7:1001:r2:chat", SENT, "differ"),
        ("sent:7:1001:r1:mail", SENT, "differ"),
        ("processing:7:1002:chat", PROCESSING, "differ"),
        ("sent:7:1001:r1:sms", SENT, "neither"),
        ("message:7", MESSAGE, "neither"),
        ("message:7:chat", MESSAGE, "no usable id"),
        ("message:7::chat", MESSAGE, "no usable id"),
        ("message:7:" + "x" * 129 + ":chat", MESSAGE, "no usable id"),
        ("message:a\nb:1001:chat", MESSAGE, "no usable id"),
        ("sent:7:1001::chat", {**SENT, "recipientId": ""}, "no usable id"),
        ("sent:7:1001:" + "r" * 513 + ":chat", {**SENT, "recipientId": "r" * 513}, "no usable id"),
        ("sent:7:1001:r1:chat", {**SENT, "sentAt": AT // 1000}, "milliseconds"),
        ("sent:7:1001:r1:chat", {**SENT, "sentAt": AT * 1000}, "milliseconds"),
        ("sent:7:1001:r1:chat", {**SENT, "sentAt": str(AT)}, "another type"),
        ("sent:7:1001:r1:chat", {"recipientId": "r1"}, "lacks"),
        ("message:7:1001:chat", {**MESSAGE, "message": 5}, "another type"),
        ("processing:7:1001:chat", {**PROCESSING, "current": 11}, "counts"),
        ("processing:7:1001:chat", {**PROCESSING, "current": -1}, "counts"),
        ("processing:7:1001:chat", {"isProcessing": True}, "no time"),
    ],
)
def test_what_is_left_out_and_why(key: str, value: dict[str, Any], why: str) -> None:
    with pytest.raises(Unusable, match=why):
        read(key, value)


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"\xff", b"null", b"[]", b"1", b'{"message":"\xff","timestamp":1}', b"[" * 50_000],
)
@pytest.mark.parametrize("kind", ["sent", "message", "processing"])
def test_a_value_that_is_none(kind: Kind, value: bytes) -> None:
    with pytest.raises(Unusable, match="value"):
        entry_of(kind, f"{kind}:7:1001:r1:chat".encode(), value)


def test_a_name_that_is_not_utf8() -> None:
    with pytest.raises(Unusable, match="UTF-8"):
        entry_of("message", b"message:\xff:1001:chat", json.dumps(MESSAGE).encode())


@given(
    st.sampled_from(["sent", "message", "processing"]),
    st.binary() | st.text(":\u00e9a1", max_size=12).map(str.encode),
    st.binary()
    | st.dictionaries(
        st.sampled_from([*SENT, *MESSAGE, *PROCESSING]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    ).map(lambda value: json.dumps(value).encode()),
)
def test_nothing_else_is_raised_whatever_is_there(kind: Kind, name: bytes, value: bytes) -> None:
    with contextlib.suppress(Unusable):
        entry_of(kind, kind.encode() + b":" + name, value)


def test_keys_of_others() -> None:
    for key in (b"device:7:d1", b"lock:7:1001:chat", b"as:{o:7}:meta", b"sent", b"\xff"):
        assert kind_of(key) is None
