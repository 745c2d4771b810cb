"""The gateway over HTTP: a thin shell around `answers` and `wire`.

A send is never retried in here, neither by us nor by aiohttp (which repeats only idempotent
methods on a stale connection; a POST is none). What can be said for certain when a send fails
depends on one fact: was there a connection yet? Before it nothing can have gone out; after it
anything can.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from urllib.parse import quote

import aiohttp
from yarl import URL

from alphasync.gateway.answers import classify_send, read_error
from alphasync.gateway.port import (
    Attachments,
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    Login,
    Message,
    NotSent,
    Profile,
    ProfileUnknown,
    RecipientPage,
    RunRefused,
    SendResult,
    Unknown,
)
from alphasync.gateway.wire import (
    KEYS_HEADER,
    KEYS_HONOURED,
    Explanation,
    decode_attachments,
    decode_login,
    decode_profiles,
    decode_recipients,
    encode_login,
    encode_message,
    explanation,
)

# Bytes of an answer, after decompression: far above any page of recipients, far below our memory.
MAX_ANSWER_BYTES = 8 * 1024 * 1024
# Bytes of an error answer that are looked at for an explanation.
MAX_ERROR_BYTES = 64 * 1024
# Seconds. Below the 5 s after which many HTTP servers close an idle connection, so that a send
# seldom meets a connection that is being closed, which would make its recipient uncertain.
KEEPALIVE = 4.0


class HttpGateway:
    """A `Gateway` that speaks the HTTP contract. Belongs to one event loop."""

    def __init__(self, base_url: str, timeout: float = 10.0) -> None:
        """`timeout`: seconds for one whole call. Raises ValueError for an unusable `base_url`."""
        url = URL(base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(f"gateway URL must be http(s)://host: {base_url!r}")
        if url.user is not None or url.password is not None or url.query_string or url.fragment:
            raise ValueError("gateway URL must not hold credentials, a query or a fragment")
        self._base = str(url).rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def login(self, email: str, password: str) -> Login:
        """Exchange credentials for a token. Raises GatewayError, BadCredentials among them."""
        try:
            body = encode_login(email, password)
        except UnicodeEncodeError as error:
            raise GatewayRefused("The credentials cannot be encoded") from error
        url = self._url("login")
        async with self._request("POST", url, None, body=body) as response:
            return decode_login(await _read(response, is_login=True))

    async def profiles(self, token: str | None) -> list[Profile]:
        """All profiles of the token's operator. Raises GatewayError."""
        async with self._request("GET", self._url("profiles"), token) as response:
            return decode_profiles(await _read(response))

    async def attachments(self, token: str | None, profile_id: str) -> Attachments:
        """The media of one profile. Raises GatewayError, ProfileUnknown among them."""
        url = self._profile_url(profile_id, "attachments")
        async with self._request("GET", url, token) as response:
            return decode_attachments(await _read(response, about_profile=True))

    async def recipients(
        self, token: str | None, profile_id: str, type: str, cursor: str | None
    ) -> RecipientPage:
        """One page of recipients; `cursor` None is the first page. Raises GatewayError."""
        query = f"?type={_quoted(type)}"
        if cursor is not None:
            query += f"&cursor={_quoted(cursor)}"
        url = self._profile_url(profile_id, "recipients", query)
        async with self._request("GET", url, token) as response:
            body = await _read(response, about_profile=True)
            declared = response.headers.get(KEYS_HEADER, "").strip().lower()
            return decode_recipients(body, honours_keys=declared == KEYS_HONOURED)

    async def send(
        self, token: str | None, profile_id: str, message: Message, idempotency_key: str
    ) -> SendResult:
        """Send one message, once. Raises nothing but cancellation, after which it is unknown
        whether the message went out.
        """
        reached = SimpleNamespace(connected=False)
        try:
            url = self._profile_url(profile_id, "messages")
            key = {"Idempotency-Key": _header_value(idempotency_key)}
            body = encode_message(message)
            async with self._request("POST", url, token, key, body, reached) as response:
                # Read also when all is well: a connection with an unread body cannot be reused.
                said = await _explained(response)
                return classify_send(
                    response.status, response.headers, said.words, says_sent=said.says_sent
                )
        except UnicodeEncodeError:
            return RunRefused("The message cannot be encoded")
        except GatewayUnavailable as error:
            return Unknown(str(error)) if reached.connected else NotSent(str(error))
        except GatewayError as error:
            return RunRefused(str(error))

    async def aclose(self) -> None:
        """Close the connections. Calls made after it fail as unavailable."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        url: URL,
        token: str | None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
        reached: SimpleNamespace | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request; every failure of the network inside the block is a GatewayUnavailable.

        `reached.connected` becomes True from the moment at which something can have gone out.
        """
        sent_headers = dict(headers or {})
        if token is not None:
            sent_headers["Authorization"] = f"Bearer {_header_value(token)}"
        if body is not None:
            sent_headers["Content-Type"] = "application/json"
        try:
            async with self._open_session().request(
                method,
                url,
                headers=sent_headers,
                data=body,
                allow_redirects=False,
                trace_request_ctx=reached,
            ) as response:
                yield response
        except TimeoutError as error:
            raise GatewayUnavailable("The gateway did not answer in time") from error
        except aiohttp.ClientConnectorError as error:
            raise GatewayUnavailable("The gateway cannot be reached") from error
        except (aiohttp.ServerDisconnectedError, OSError) as error:
            raise GatewayUnavailable("The connection to the gateway was lost") from error
        except aiohttp.ClientError as error:
            raise GatewayUnavailable("The gateway's answer cannot be read") from error

    def _open_session(self) -> aiohttp.ClientSession:
        if self._closed:
            raise GatewayUnavailable("The gateway client is closed")
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_connection_create_end.append(_mark_connected)
            trace.on_connection_reuseconn.append(_mark_connected)
            self._session = aiohttp.ClientSession(
                # No limit of our own: a run has one request at a time, so the number of runs is
                # the bound, and waiting for a free connection would count as a gateway failure.
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                trace_configs=[trace],
                headers={"Accept": "application/json", "User-Agent": "alphasync"},
            )
        return self._session

    def _url(self, path: str) -> URL:
        return URL(f"{self._base}/{path}", encoded=True)

    def _profile_url(self, profile_id: str, what: str, query: str = "") -> URL:
        if profile_id in ("", ".", ".."):
            # As a path segment these would name another resource, percent-encoded or not.
            raise ProfileUnknown("There is no such profile")
        return self._url(f"profiles/{_quoted(profile_id)}/{what}{query}")


async def _mark_connected(
    _session: aiohttp.ClientSession, context: SimpleNamespace, _params: object
) -> None:
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.connected = True


async def _read(
    response: aiohttp.ClientResponse, *, about_profile: bool = False, is_login: bool = False
) -> bytes:
    """The body of a good answer. Raises GatewayError for any other."""
    if not 200 <= response.status < 300:
        raise read_error(
            response.status,
            response.headers,
            (await _explained(response)).words,
            about_profile=about_profile,
            is_login=is_login,
        )
    body = await _read_up_to(response, MAX_ANSWER_BYTES)
    if body is None:
        raise GatewayUnavailable("The gateway's answer is too large")
    return body


async def _explained(response: aiohttp.ClientResponse) -> Explanation:
    """The explanation in an error answer, if one can be had: the status alone decides."""
    try:
        return explanation(await _read_up_to(response, MAX_ERROR_BYTES) or b"")
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Explanation()


async def _read_up_to(response: aiohttp.ClientResponse, limit: int) -> bytes | None:
    """The body, or None if it is longer than `limit` bytes."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _quoted(value: str) -> str:
    try:
        return quote(value, safe="")
    except UnicodeEncodeError as error:
        raise GatewayRefused("An id cannot be encoded") from error


def _header_value(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        # Checked here because later, on an open connection, it would look like a lost one.
        raise GatewayRefused("A header value cannot be sent")
    return value
