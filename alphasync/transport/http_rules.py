"""What python-engineio's settings say of HTTP: who may ask, who may read, cookies, compression."""

from collections.abc import Callable
from typing import Any

from aiohttp import hdrs, web


class HttpRules:
    """``server``: the one that has the settings, an ``engineio.AsyncServer``. ``address_of``: the
    address of the client behind a request, where that is not the connection's own."""

    def __init__(self, server: Any, address_of: Callable[[web.Request], str] | None = None) -> None:
        self._server = server
        self.address_of = address_of or _own_address

    def environ_of(self, request: web.Request) -> dict[str, Any]:
        """The request as WSGI's variables, which is how applications are given it."""
        environ: dict[str, Any] = self._server._async["translate_request"](request)
        environ["REMOTE_ADDR"] = self.address_of(request)
        return environ

    def allows_origin(self, environ: dict[str, Any]) -> bool:
        """A browser applies the rules for origins to HTTP only, not to a WebSocket."""
        origin = environ.get("HTTP_ORIGIN")
        if not origin or self._server.cors_allowed_origins == []:
            return True
        allowed = self._server._cors_allowed_origins(environ)
        return allowed is None or origin in allowed

    def finish_answer(self, response: web.Response, environ: dict[str, Any]) -> None:
        """Compress an answer and say who may read it."""
        if (
            self._server.http_compression
            and isinstance(response.body, bytes)
            and len(response.body) >= self._server.compression_threshold
        ):
            response.enable_compression()
        for name, value in self._server._cors_headers(environ):
            response.headers[name] = value
        if self._server.cors_allowed_origins != []:
            response.headers.add(hdrs.VARY, hdrs.ORIGIN)

    def cookie_of(self, sid: str) -> str | None:
        """The value of the ``Set-Cookie`` header, where the application wants one."""
        cookie = self._server.cookie
        if not cookie:
            return None
        if not isinstance(cookie, dict):
            cookie = {"name": cookie, "path": "/", "SameSite": "Lax"}
        return str(self._server._generate_sid_cookie(sid, cookie))


def _own_address(request: web.Request) -> str:
    return request.remote or ""
