"""What the sandbox answers: the gateway's contract, the list of deliveries, and the switches.

A message under `latency` is delivered even if its sender has gone away meanwhile, as with a real
backend: a sender that did not wait for the answer cannot know.
"""

import asyncio
import hmac
from http import HTTPStatus
from typing import Annotated, Literal, TypeVar

import msgspec
from aiohttp import web

from alphasync.gateway.contract import KEYS_HEADER, KEYS_HONOURED
from alphasync.gateway.port import Attachment
from alphasync.gateway.sandbox.deliveries import DeliveryLog
from alphasync.gateway.sandbox.faults import (
    FaultCounter,
    Faults,
    Verdict,
    parse_faults,
    patch_faults,
)
from alphasync.gateway.sandbox.opaque import issue_token, make_cursor, offset_of, operator_of
from alphasync.gateway.sandbox.people import Account, People, Person
from alphasync.nesting import decode_json

# Recipients per page: small enough that the larger casts need several.
PAGE_SIZE = 100

T = TypeVar("T")


class _Login(msgspec.Struct):
    email: str
    password: str


class _Message(msgspec.Struct, rename="camel"):
    type: Literal["chat", "mail"]
    recipient_id: str | int
    message: Annotated[str, msgspec.Meta(min_length=1)]
    attachments: Annotated[tuple[Attachment, ...], msgspec.Meta(max_length=5)] = ()


class Sandbox:
    """The state behind the routes, and the routes. Raises FaultsError for unusable switches."""

    def __init__(self, people: People, faults: Faults) -> None:
        self._people = people
        self._counter = FaultCounter(faults)
        self._log = DeliveryLog()
        self._under_way: set[tuple[str, str]] = set()
        """Profiles and keys of messages that are being handled."""

    def routes(self) -> list[web.RouteDef]:
        """Every route of the sandbox but its page."""
        return [
            web.post("/login", self.login),
            web.get("/profiles", self.profiles),
            web.get("/profiles/{profile}/attachments", self.attachments),
            web.get("/profiles/{profile}/recipients", self.recipients),
            web.post("/profiles/{profile}/messages", self.message),
            web.get("/deliveries", self.deliveries),
            web.delete("/deliveries", self.clear_deliveries),
            web.get("/faults", self.faults),
            web.put("/faults", self.put_faults),
            web.patch("/faults", self.patch_faults),
        ]

    async def login(self, request: web.Request) -> web.Response:
        """Exchange credentials for a token."""
        given = await _body(request, _Login)
        found = None
        for account in self._people.accounts:
            # All of them, and both texts of each: who is unknown takes as long as a wrong password.
            same = (_same(account.email, given.email), _same(account.password, given.password))
            if all(same):
                found = account
        if found is None:
            return error_answer(401, "E-mail or password is wrong")
        answer = {"operatorId": found.operator_id, "token": issue_token(found.operator_id)}
        membership = {"team": found.team, "role": found.role}
        return _json(answer | {name: said for name, said in membership.items() if said is not None})

    async def profiles(self, request: web.Request) -> web.Response:
        """List the profiles of the operator."""
        return _json([person.profile for person in self._account(request).profiles.values()])

    async def attachments(self, request: web.Request) -> web.Response:
        """List the media of one profile."""
        return _json(self._person(request).attachments)

    async def recipients(self, request: web.Request) -> web.Response:
        """List one page of recipients, the same for chat and mail."""
        person = self._person(request)
        profile_id = person.profile.external_id
        type = request.query.get("type")
        if type not in ("chat", "mail"):
            return error_answer(400, "type must be chat or mail")
        cursor = request.query.get("cursor")
        start = 0 if cursor is None else offset_of(cursor, profile_id, type)
        if start is None:
            return error_answer(400, "cursor is not one of this listing")
        everybody = list(person.recipients.values())
        end = start + PAGE_SIZE
        more = make_cursor(profile_id, type, end) if end < len(everybody) else None
        response = _json({"recipients": everybody[start:end], "next": more})
        if self._counter.faults.idempotency:
            response.headers[KEYS_HEADER] = KEYS_HONOURED
        return response

    async def message(self, request: web.Request) -> web.Response:
        """Deliver a message, or do what the switches say."""
        person = self._person(request)
        message = await _body(request, _Message)
        faults = self._counter.faults
        # Counted on arrival, so that latency does not change which message is the nth.
        verdict = self._counter.judge(str(message.recipient_id))
        key = (person.profile.external_id, request.headers.get("Idempotency-Key", ""))
        conflicts = faults.idempotency and faults.repeat == "conflict" and key[1] != ""
        if conflicts and key in self._under_way:
            return _conflict("This message is being sent", sent=False)
        self._under_way.add(key)
        try:
            if faults.latency:
                await asyncio.sleep(faults.latency)
        finally:
            self._under_way.discard(key)
        # No await from here on: what is recorded is answered.
        if verdict.kind != "pass" and not verdict.after_recording:
            return _carry_out(verdict, request)
        recipient = person.recipients.get(str(message.recipient_id))
        if recipient is None:
            return error_answer(404, "There is no such recipient")
        receipt = self._log.record(
            person.profile.external_id,
            message.type,
            recipient.id,
            message.message,
            message.attachments,
            request.headers.get("Idempotency-Key"),
            honour_key=faults.idempotency,
        )
        if verdict.kind != "pass":
            return _carry_out(verdict, request)
        if receipt.replayed and conflicts:
            return _conflict("This message was sent before", sent=True)
        response = _json({"id": receipt.id})
        if receipt.replayed:
            response.headers["Idempotency-Replayed"] = "true"
        return response

    async def deliveries(self, request: web.Request) -> web.Response:
        """List the deliveries in their order; `?last=N` only the newest N."""
        everything = self._log.deliveries
        last = request.query.get("last", "")
        if last and not (last.isascii() and last.isdigit() and 0 < len(last) <= 9):
            return error_answer(400, "last must be a whole number")
        shown = everything[max(len(everything) - int(last), 0) :] if last else everything
        response = _json(shown)
        response.headers["X-Total-Count"] = str(len(everything))
        return response

    async def clear_deliveries(self, _request: web.Request) -> web.Response:
        """Empty the list and forget the keys."""
        self._log.clear()
        return web.Response(status=204)

    async def faults(self, _request: web.Request) -> web.Response:
        """Show the switches."""
        return _json(self._counter.faults)

    async def put_faults(self, request: web.Request) -> web.Response:
        """Set all switches."""
        self._counter.faults = parse_faults(await request.read())
        return _json(self._counter.faults)

    async def patch_faults(self, request: web.Request) -> web.Response:
        """Set the switches that are named."""
        body = await request.read()
        self._counter.faults = patch_faults(self._counter.faults, body)
        return _json(self._counter.faults)

    def _account(self, request: web.Request) -> Account:
        """The operator's account; without credentials the default one, which suits curl."""
        header = request.headers.get("Authorization")
        if header is None:
            return self._people.default_account
        scheme, _, token = header.partition(" ")
        operator_id = operator_of(token.strip()) if scheme.lower() == "bearer" else None
        for account in self._people.accounts:
            if account.operator_id == operator_id:
                return account
        raise web.HTTPUnauthorized(text="The token is not valid")

    def _person(self, request: web.Request) -> Person:
        """The profile in the path; another operator's is as unknown as one that is not there."""
        person = self._account(request).profiles.get(request.match_info["profile"])
        if person is None:
            raise web.HTTPNotFound(text="There is no such profile")
        return person


def _carry_out(verdict: Verdict, request: web.Request) -> web.Response:
    if verdict.kind == "drop":
        if request.transport is not None:
            request.transport.abort()
        # Never arrives: there is no connection any more.
        return web.Response(status=500)
    response = error_answer(verdict.status, _phrase(verdict.status))
    if verdict.retry_after is not None:
        # In the plain form of the standard where it can be, with a fraction for impatient tests.
        seconds = f"{verdict.retry_after:.3f}".rstrip("0").rstrip(".")
        response.headers["Retry-After"] = seconds
    return response


def _conflict(message: str, *, sent: bool) -> web.Response:
    response = _json({"message": message, "sent": sent})
    response.set_status(409)
    return response


def _phrase(status: int) -> str:
    if status == 422:
        return "This recipient takes no messages"
    try:
        return f"{HTTPStatus(status).phrase}, as the switches say"
    except ValueError:
        return "As the switches say"


async def _body(request: web.Request, shape: type[T]) -> T:
    # Asked for because a foreign web page can send a form or plain text without being asked, and
    # so could otherwise put deliveries on the list.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="The body must be application/json")
    try:
        return decode_json(await request.read(), shape)
    except (msgspec.DecodeError, ValueError) as error:
        raise web.HTTPBadRequest(text="The body cannot be read") from error


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")


def error_answer(status: int, message: str) -> web.Response:
    """An error in the form that all errors of the sandbox have."""
    response = _json({"message": message})
    response.set_status(status)
    return response


def _same(one: str, other: str) -> bool:
    texts = (one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
    return hmac.compare_digest(*texts)
