"""The gateway over HTTP: a thin shell around `answers`, `contract` and `connection`.

A send is never retried in here, neither by us nor by aiohttp (which repeats only idempotent
methods on a stale connection; a POST is none). What can be said for certain when a send fails
depends on one fact: was anything written? Before it nothing can have gone out; after it anything
can.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

import aiohttp
from yarl import URL

from alphasync.gateway.connection import ERROR_MAX, Body, Connections, header_value, read_up_to
from alphasync.gateway.contract import (
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
from alphasync.gateway.left_out import LeftOut
from alphasync.gateway.meaning import classify_send, read_error
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

# Bytes of an answer: far above any page of recipients, far below our memory.
ANSWER_MAX = 4 * 1024 * 1024
# Bytes from which an answer is decoded beside the loop: some milliseconds of work.
LARGE = 128 * 1024

T = TypeVar("T")


class HttpGateway:
    """A `Gateway` that speaks the HTTP contract. Belongs to one event loop."""

    def __init__(
        self,
        base_url: str,
        timeout: float = 10.0,
        answer_max: int = ANSWER_MAX,
        *,
        private: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`timeout`: seconds for one whole call; `answer_max`: bytes of an answer that are read;
        `private` and `tls` as for `Connections`.

        Raises ValueError for an unusable `base_url`.
        """
        url = URL(base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(f"gateway URL must be http(s)://host: {base_url!r}")
        if url.user is not None or url.password is not None or url.query_string or url.fragment:
            raise ValueError("gateway URL must not hold credentials, a query or a fragment")
        self._base = str(url).rstrip("/")
        self._answer_max = answer_max
        self._connections = Connections(timeout, private=private, tls=tls)
        self._left_out = LeftOut()

    async def login(self, email: str, password: str) -> Login:
        """Exchange credentials for a token. Raises GatewayError, BadCredentials among them."""
        try:
            body = encode_login(email, password)
        except UnicodeEncodeError as error:
            raise GatewayRefused("The credentials cannot be encoded") from error
        url = self._url("login")
        async with self._connections.request("POST", url, None, body=Body(body)) as response:
            answer = await self._read(response, is_login=True)
        login, odd = await _decoded(decode_login, answer)
        self._left_out.tell("profiles of a login", odd)
        return login

    async def profiles(self, token: str | None) -> list[Profile]:
        """All profiles of the token's operator. Raises GatewayError."""
        async with self._connections.request("GET", self._url("profiles"), token) as response:
            answer = await self._read(response)
        profiles, odd = await _decoded(decode_profiles, answer)
        self._left_out.tell("profiles", odd)
        return profiles

    async def attachments(self, token: str | None, profile_id: str) -> Attachments:
        """The media of one profile. Raises GatewayError, ProfileUnknown among them."""
        url = self._profile_url(profile_id, "attachments")
        async with self._connections.request("GET", url, token) as response:
            answer = await self._read(response, about_profile=True)
        attachments, odd = await _decoded(decode_attachments, answer)
        self._left_out.tell("attachments", odd)
        return attachments

    async def recipients(
        self, token: str | None, profile_id: str, type: str, cursor: str | None
    ) -> RecipientPage:
        """One page of recipients; `cursor` None is the first page. Raises GatewayError."""
        query = f"?type={_quoted(type)}"
        if cursor is not None:
            query += f"&cursor={_quoted(cursor)}"
        url = self._profile_url(profile_id, "recipients", query)
        async with self._connections.request("GET", url, token) as response:
            answer = await self._read(response, about_profile=True)
            declared = response.headers.get(KEYS_HEADER, "").strip().lower()
        honours = declared == KEYS_HONOURED
        page = await _decoded(lambda body: decode_recipients(body, honours), answer)
        self._left_out.tell("recipients", page.odd)
        return page

    async def send(
        self, token: str | None, profile_id: str, message: Message, idempotency_key: str
    ) -> SendResult:
        """Send one message, once. Raises nothing but cancellation, after which it is unknown
        whether the message went out.
        """
        result, too_late = await self._send(token, profile_id, message, idempotency_key)
        if too_late:
            # A kept connection was closed just now: nothing was written, and a new one will do.
            result, _ = await self._send(token, profile_id, message, idempotency_key)
        return result

    async def _send(
        self, token: str | None, profile_id: str, message: Message, idempotency_key: str
    ) -> tuple[SendResult, bool]:
        """Also says whether the connection was closed before anything was written."""
        body: Body | None = None
        try:
            url = self._profile_url(profile_id, "messages")
            key = {"Idempotency-Key": header_value(idempotency_key)}
            body = Body(encode_message(message))
            async with self._connections.request("POST", url, token, key, body) as response:
                # Read also when all is well: a connection with an unread body cannot be reused.
                said = await _explained(response)
                result = classify_send(
                    response.status, response.headers, said.words, says_sent=said.says_sent
                )
        except UnicodeEncodeError:
            return RunRefused("The message cannot be encoded"), False
        except GatewayUnavailable as error:
            if body is not None and body.written:
                return Unknown(str(error)), False
            return NotSent(str(error)), body is not None and body.too_late
        except GatewayError as error:
            return RunRefused(str(error)), False
        return result, False

    async def aclose(self) -> None:
        """Close the connections. Calls made after it fail as unavailable."""
        await self._connections.close()

    def _url(self, path: str) -> URL:
        return URL(f"{self._base}/{path}", encoded=True)

    def _profile_url(self, profile_id: str, what: str, query: str = "") -> URL:
        if profile_id in ("", ".", ".."):
            # As a path segment these would name another resource, percent-encoded or not.
            raise ProfileUnknown("There is no such profile")
        return self._url(f"profiles/{_quoted(profile_id)}/{what}{query}")

    async def _read(
        self,
        response: aiohttp.ClientResponse,
        *,
        about_profile: bool = False,
        is_login: bool = False,
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
        body = await read_up_to(response, self._answer_max)
        if body is None:
            raise GatewayUnavailable("The gateway's answer is too large, or compressed")
        return body


async def _decoded(decode: Callable[[bytes], T], body: bytes) -> T:
    """The answer; a large one is decoded beside the loop, which others wait for."""
    return decode(body) if len(body) < LARGE else await asyncio.to_thread(decode, body)


async def _explained(response: aiohttp.ClientResponse) -> Explanation:
    """The explanation in an error answer, if one can be had: the status alone decides."""
    try:
        return explanation(await read_up_to(response, ERROR_MAX) or b"")
    except (aiohttp.ClientError, TimeoutError, OSError):
        return Explanation()


def _quoted(value: str) -> str:
    try:
        return quote(value, safe="")
    except UnicodeEncodeError as error:
        raise GatewayRefused("An id cannot be encoded") from error
