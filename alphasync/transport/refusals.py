"""How clients are refused, over HTTP and over a WebSocket."""

import msgspec
from aiohttp import web

UNKNOWN_TRANSPORT, UNKNOWN_SID, BAD_METHOD, BAD_REQUEST, FORBIDDEN, BAD_VERSION = range(6)
"""Codes of an error, as the reference server has them."""
TEXTS = {
    UNKNOWN_TRANSPORT: "Transport unknown",
    UNKNOWN_SID: "Session ID unknown",
    BAD_METHOD: "Bad handshake method",
    BAD_REQUEST: "Bad request",
    FORBIDDEN: "Forbidden",
    BAD_VERSION: "Unsupported protocol version",
}
PROTOCOL_ERROR, POLICY, TRY_AGAIN = 1002, 1008, 1013
"""WebSocket close codes (RFC 6455 and its registry): broke the protocol; goes against a rule of the
server; may come back."""
FLOODED = "this client sends too much"


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, code: int, status: int = 400, message: str = "", *, last: bool = False
    ) -> None:
        """``last``: whether the connection ends with the answer."""
        super().__init__(message or TEXTS[code])
        self.code = code
        self.status = status
        self.last = last

    def answer(self) -> web.Response:
        body = msgspec.json.encode({"code": self.code, "message": str(self)})
        answer = web.Response(status=self.status, body=body, content_type="application/json")
        if self.last:
            answer.force_close()
        return answer
