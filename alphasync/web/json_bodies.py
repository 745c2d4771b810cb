"""JSON in and out of the HTTP calls."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from aiohttp import web

from alphasync.errors import AlphasyncError, InvalidPayload, UnsupportedMediaType
from alphasync.intake import refusal
from alphasync.nesting import NestedTooDeeply, decode_json
from alphasync.protocol.wrong import in_words

T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
BODY_MAX = 16 * 1024
"""Bytes of a request body: credentials are short."""

STATUS = {
    "invalid_payload": 400,
    "bad_credentials": 401,
    "missing_token": 401,
    "invalid_token": 401,
    "sign_in_again": 401,
    "signed_out": 401,
    "not_allowed": 403,
    "not_for_this_token": 403,
    "too_many_profiles": 403,
    "unknown_profile": 404,
    "not_for_service_tokens": 403,
    "unknown_session": 404,
    "unknown_service_token": 404,
    "too_many_service_tokens": 409,
    "too_many_webhooks": 409,
    "unknown_webhook": 404,
    "unknown_delivery": 404,
    "unknown_run": 404,
    "unknown_event": 404,
    "unknown_plan": 404,
    "unknown_version": 404,
    "locked": 409,
    "already_running": 409,
    "not_running": 409,
    "nothing_failed": 409,
    "blocklist_lost": 409,
    "do_not_contact_lost": 409,
    "recipient_in_flight": 409,
    "still_working": 409,
    "too_many_runs": 409,
    "too_many_plans": 409,
    "too_many_recipients": 409,
    "do_not_contact_full": 409,
    "csv_too_large": 413,
    "csv_not_text": 400,
    "csv_empty": 400,
    "csv_lines": 422,
    "message_too_short": 422,
    "message_too_long": 422,
    "message_blank": 422,
    "wrong_link": 422,
    "pace_out_of_range": 422,
    "wrong_start_time": 422,
    "idempotency_key_reused": 422,
    "unsupported_media_type": 415,
    "too_many_requests": 429,
    "too_many_previews": 429,
    "too_many_subscriptions": 409,
    "endless_listing": 502,
    "gateway_refused": 502,
    "gateway_unavailable": 502,
    "shutting_down": 503,
    "store_unavailable": 503,
    "overloaded": 503,
    "unknown_outcome": 503,
}
"""HTTP status of an error code; 500 for the others."""


def ok(value: object, status: int = 200) -> web.Response:
    body = msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type="application/json")


async def body(request: web.Request, model: type[T]) -> T:
    """The request's JSON body as ``model``. Raises InvalidPayload, naming the field at
    fault, and UnsupportedMediaType."""
    return decoded(await raw_body(request, BODY_MAX), model)


async def raw_body(request: web.Request, most: int) -> bytes:
    """The request's body, which says that it is JSON. Raises InvalidPayload for more than so many
    bytes, and UnsupportedMediaType."""
    if request.content_type != "application/json":
        # A form or plain text can be sent by any page of the web, without being asked.
        raise UnsupportedMediaType
    if (request.content_length or 0) > most:
        raise InvalidPayload("The body is too long")
    raw = b""
    while chunk := await request.content.read(most + 1 - len(raw)):
        raw += chunk
    if len(raw) > most:
        raise InvalidPayload("The body is too long")
    return raw


def decoded(raw: bytes, model: type[T]) -> T:
    """What JSON says, as ``model``. Raises InvalidPayload."""
    try:
        return decode_json(raw, model)
    except msgspec.ValidationError as error:
        raise InvalidPayload(in_words(error)) from None
    except NestedTooDeeply:
        raise InvalidPayload("The body is nested too deeply") from None
    except (msgspec.DecodeError, ValueError):
        raise InvalidPayload("The body is not JSON") from None


def query_of(request: web.Request, model: type[T]) -> T:
    """What stands behind the question mark as ``model``. Raises InvalidPayload."""
    try:
        return msgspec.convert(dict(request.query), model)
    except msgspec.ValidationError as error:
        raise InvalidPayload(in_words(error)) from None


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The one mapper from exception to HTTP answer."""
    try:
        return await handler(request)
    except AlphasyncError as error:
        return refusal(error, STATUS.get(error.code, 500))
    except ConnectionResetError:
        # The client went away before its answer, or its WebSocket, had begun: nobody hears it.
        return web.Response(status=400)
