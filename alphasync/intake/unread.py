"""Whether more has come on a connection than the request that is being carried out."""

import re

HEAD_END = b"\r\n\r\n"
"""Ends a head, and a chunked body with its trailers."""
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,12})[ \t]*\r\n", re.IGNORECASE)


class Unread:
    """What has come and is of no request yet. Its owner tells it what comes, before the parser gets
    it, and of each request: the parser knows as well, but does not say."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._body_left = 0
        """Bytes of the present body that have not come yet."""
        self._chunked = False
        """Where the present body ends is not known yet: only the last bytes are kept."""

    def __bool__(self) -> bool:
        """Whether a next request has begun to come."""
        return bool(self._bytes)

    def come(self, data: bytes) -> bytes:
        """Return what of it is no body of a known length: heads, and bodies in chunks."""
        paid = min(self._body_left, len(data))
        self._body_left -= paid
        rest = data[paid:]
        if self._chunked:
            self._bytes += rest
            del self._bytes[: -len(HEAD_END)]
            return rest
        # More may come before anybody has read the head.
        known = len(_without_body(bytes(self._bytes)))
        self._bytes += rest
        return _without_body(bytes(self._bytes))[known:]

    def begin(self, length: int, *, chunked: bool) -> None:
        """A request's head was read. ``length``: bytes of its body, 0 where that is not known."""
        end = self._bytes.find(HEAD_END)
        behind = bytes(self._bytes[end + len(HEAD_END) :]) if end >= 0 else bytes(self._bytes)
        self._bytes.clear()
        self._body_left, self._chunked = length, chunked
        self.come(behind)

    def end_body(self) -> None:
        """The present body has come to its end, with the last bytes or before them."""
        if self._chunked:
            self._chunked = False
            if self._bytes.endswith(HEAD_END):
                self._bytes.clear()


def _without_body(request: bytes) -> bytes:
    """The beginning of a request without its body, where the head says how long that is. One that
    is said to come in chunks, too, is for the parser to refuse."""
    head, end, behind = request.partition(HEAD_END)
    length = LENGTH.search(head + b"\r\n")
    if not end or length is None or b"transfer-encoding" in head.lower():
        return request
    return head + end + behind[int(length[1]) :]
