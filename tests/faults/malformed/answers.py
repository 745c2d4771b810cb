"""The answers of a gateway: statuses, headers and bodies."""

import json
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.faults.malformed.values import marred, to_bytes, written

CALLS = ("login", "profiles", "attachments", "recipients", "send")
"""What is asked of a gateway."""
GOOD: dict[str, Any] = {
    "login": {"operatorId": "odd", "token": "upstream", "profiles": ["1001", 1002]},
    "profiles": [
        {"id": 1, "external_id": "1001", "name": "Ana", "photo_link": "https://x/1", "age": 30},
        {"id": 2, "gender": "f", "country_name": "Chile", "status": "here"},
    ],
    "attachments": {
        "images": [{"id": 1, "external_id": "e", "link": "https://x/1.jpg", "filename": "a.jpg"}],
        "videos": [{"id": "2", "link": "https://x/2.mp4", "thumb_link": "https://x/2.jpg"}],
        "audios": [],
    },
    "recipients": {"recipients": [{"id": "r1", "name": "Ada"}, {"id": 2}], "next": None},
    "send": {"id": 1, "message": "no", "error": "no", "sent": True},
}
STATUSES = (
    *(b"200 OK",) * 12,
    *(b"201 Created", b"204 No Content", b"206 Partial", b"302 Found", b"304 Same", b"400 Bad"),
    *(b"401 Who", b"403 No", b"404 None", b"408 Late", b"409 Twice", b"410 Gone", b"413 Large"),
    *(b"422 Odd", b"425 Early", b"429 Much", b"500 Broken", b"501 What", b"502 Bad", b"503 Busy"),
    *(
        b"504 Late",
        b"100 Go",
        b"101 Else",
        b"199 X",
        b"299 X",
        b"600 X",
        b"999 X",
        b"0",
        b"",
        b"abc",
    ),
    *(b"200 \xff\xfe", b"200", b"20", b"2000 OK", b"-200 OK"),
)
HEADERS = (
    *(b"Retry-After: 0", b"Retry-After: -1", b"Retry-After: 1e9", b"Retry-After: soon"),
    *(b"Retry-After: Sat, 01 Mar 2025 12:00:07 GMT", b"Retry-After: \xff", b"Date: never"),
    *(b"Content-Encoding: gzip", b"Content-Encoding: \xff", b"Content-Type: text/html", b"X: "),
    *(b"Content-Type: \xff", b"Set-Cookie: a=b", b"Location: http://[", b"Keep-Alive: timeout=0"),
    *(b"Keep-Alive: timeout=99999999999", b"Idempotency-Keys: honoured", b"Idempotency-Keys: \xff"),
    *(b"Connection: close", b"Connection: upgrade", b"Transfer-Encoding: chunked", b"\xff: x"),
    *(b"Transfer-Encoding: gzip, chunked", b"Content-Length: 5", b"Content-Length: -1", b"bad"),
    b"X: " + b"y" * 9_000,
)
BODIES = (b"", b"null", b"[]", b"{}", b"<html>", b"\xef\xbb\xbf{}", b"\xff\xfe", b"\x1f\x8b\x08")


@st.composite
def answer(draw: st.DrawFn, call: str) -> bytes:
    """The bytes of an answer, whole or not."""
    body = draw(
        st.one_of(
            marred(GOOD[call]).map(lambda value: to_bytes(written(value))),
            st.just(json.dumps(GOOD[call]).encode()),
            st.sampled_from(BODIES),
            st.binary(max_size=30),
        )
    )
    version = draw(st.sampled_from([b"HTTP/1.1"] * 9 + [b"HTTP/1.0", b"HTTP/3", b"ICY", b""]))
    lines = [b"%b %b" % (version, draw(st.sampled_from(STATUSES)))]
    lines += draw(st.lists(st.sampled_from(HEADERS), max_size=2))
    by = draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1]))
    if draw(st.sampled_from([True, True, True, False])):
        lines.append(b"Content-Length: %d" % max(0, len(body) + by))
    whole = b"\r\n".join(lines) + b"\r\n\r\n" + body
    cut = draw(st.sampled_from([0] * 9 + [1]))
    return whole[: draw(st.integers(0, len(whole)))] if cut else whole


def good(value: Any) -> bytes:
    """An answer as it should be."""
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


class Case(NamedTuple):
    call: str
    answer: bytes


KINDS: dict[str, st.SearchStrategy[Case]] = {
    call: st.one_of(st.just(good(GOOD[call])), *[answer(call)] * 3).map(
        lambda raw, call=call: Case(call, raw)  # type: ignore[misc]
    )
    for call in CALLS
}
