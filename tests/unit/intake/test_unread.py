"""Whether more has come than the present request, in whatever pieces it comes."""

import pytest

from alphasync.intake.unread import Unread

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"1\r\na\r\n0\r\n\r\n"


def carried_out(request: bytes, behind: bytes, at: int) -> Unread:
    """After a request that came with the start of a next one, cut into two pieces at this place."""
    unread = Unread()
    head, _, body = request.partition(b"\r\n\r\n")
    length, chunked = (4, False) if b"Length" in head else (0, b"chunked" in head)
    all_ = request + behind
    begun = ended = False
    came = 0
    for piece in (all_[:at], all_[at:]):
        unread.come(piece)
        came += len(piece)
        if not begun and came >= len(request) - len(body):
            begun = True
            unread.begin(length, chunked=chunked)
        if begun and not ended and came >= len(request):
            ended = True
            unread.end_body()
    return unread


@pytest.mark.parametrize("request_", [GET, POST + b"\r\n\r\n", POST + b"abcd", CHUNKED + CHUNKS])
@pytest.mark.parametrize("behind", [b"", b"G", b"GET / HTTP/1.1\r\nHost"])
def test_what_is_behind_a_request_is_seen(request_: bytes, behind: bytes) -> None:
    for at in range(len(request_) + len(behind) + 1):
        assert bool(carried_out(request_, behind, at)) == bool(behind), at


def test_whole_requests_behind_one_another_leave_nothing() -> None:
    unread = Unread()
    unread.come(GET + POST + b"abcd" + CHUNKED + CHUNKS + GET)
    for length, chunked in ((0, False), (4, False), (0, True)):
        assert unread
        unread.begin(length, chunked=chunked)
        if not chunked:
            unread.end_body()
    unread.end_body()
    assert not unread


def test_bodies_of_a_known_length_are_told_from_the_rest() -> None:
    unread = Unread()
    assert unread.come(POST + b"a") == POST
    unread.begin(4, chunked=False)
    assert unread.come(b"bc") == b""
    assert unread.come(b"d" + GET) == GET
    unread.end_body()
    unread.begin(0, chunked=True)
    assert unread.come(CHUNKS) == CHUNKS


def test_a_body_is_told_from_its_head_however_that_comes() -> None:
    request = POST + b"abcd" + GET
    for at in range(len(request)):
        unread = Unread()
        assert unread.come(request[:at]) + unread.come(request[at:]) == POST + GET


@pytest.mark.parametrize(
    "head",
    [
        *(CHUNKED, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n"),
        *(GET, b"POST / HTTP/1.1\r\nX-Content-Length: 9\r\nContent-Length: +9\r\n\r\n"),
    ],
)
def test_what_has_no_known_length_is_counted_whole(head: bytes) -> None:
    assert Unread().come(head + CHUNKS) == head + CHUNKS
