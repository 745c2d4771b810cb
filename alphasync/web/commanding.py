"""Commands over HTTP, and the state: what a backend needs that has no socket."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol

import msgspec
from aiohttp import hdrs, web

from alphasync.domain import events
from alphasync.domain.roles import Right
from alphasync.errors import AlphasyncError, InvalidPayload
from alphasync.intake import refusal
from alphasync.services.acting import Caller
from alphasync.services.kept_answers import KeptAnswers
from alphasync.services.logins import Logins
from alphasync.web.compressed import compressed
from alphasync.web.json_bodies import STATUS, decoded, ok, raw_body
from alphasync.web.who_asks import is_whole, who_asks

COMMAND_MAX = 64 * 1024
"""Bytes of a command: as many as a device may send."""
KEY_HEADER = "Idempotency-Key"
KEY_MAX = 255
"""Characters of a key."""


class StateAnswer(msgspec.Struct, frozen=True):
    """What devices are told as they join, without what the token is not for."""

    epoch: str
    """The identity of the account's log."""
    revision: int
    """As of which this is."""
    devices: list[events.ListedDevice]
    """Who is here."""
    runs: list[events.ProcessingStateSync]
    """Those on record, also the ended ones of the last hour."""
    drafts: list[events.MessageSync]
    """What is being typed."""
    plans: list[events.PlanSync]
    """Runs that are to start later."""
    status: Literal[True] = True
    """Always true."""


class Carrying(Protocol):
    """What carries commands out: realtime's, by the table that serves devices."""

    def admit(
        self, caller: Caller, network: str, event: str, payload: object, size: int
    ) -> Callable[[], Awaitable[Mapping[str, object]]]: ...

    async def state(self, caller: Caller, network: str) -> Mapping[str, object]: ...

    def changes(self, event: str) -> bool: ...


class Commanding:
    def __init__(
        self,
        logins: Logins,
        carrying: Carrying,
        answers: KeptAnswers,
        client_of: Callable[[web.Request], str],
    ) -> None:
        """``client_of``: what counts as one client, by the address of a request."""
        self._logins = logins
        self._carrying = carrying
        self._answers = answers
        self._client_of = client_of

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/state", self.state),
            web.post("/api/commands/{name}", self.command),
        ]

    async def state(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE, services=True)
        found = await self._carrying.state(Caller(who), self._client_of(request))
        return await compressed(request, ok({**found, "status": True}))

    async def command(self, request: web.Request) -> web.Response:
        # Which right it takes is the command's, and asked for where it is carried out.
        who = await who_asks(request, self._logins, Right.SEE, services=True)
        came_whole = is_whole(request)
        name = request.match_info["name"]
        key = _key(request)
        raw = await _sent(request)
        if not came_whole:
            who = await who_asks(request, self._logins, Right.SEE, services=True)
        caller, network = Caller(who), self._client_of(request)
        payload: object = decoded(raw, Any)

        async def carried_out() -> bytes:
            return msgspec.json.encode({"ok": True, **await carry_out()})

        try:
            # First, also where it was answered before: what is refused takes no place among the
            # answers that are kept, and none is to be had any number of times.
            carry_out = self._carrying.admit(caller, network, name, payload, len(raw))
            if key is not None and self._carrying.changes(name):
                asked = msgspec.json.encode((name, raw.decode()))
                answer = await self._answers.once(who, key, asked, carried_out)
            else:
                answer = await carried_out()
        except AlphasyncError as error:
            return _refused(error)
        return web.Response(body=answer, content_type="application/json")


def _key(request: web.Request) -> str | None:
    """Raises InvalidPayload for one that can be none."""
    key = request.headers.get(KEY_HEADER)
    if key is not None and not (1 <= len(key) <= KEY_MAX and key.isascii() and key.isprintable()):
        raise InvalidPayload(f"Expected 1 to {KEY_MAX} printable characters in {KEY_HEADER}")
    return key


async def _sent(request: web.Request) -> bytes:
    """The body; an empty object where a command that needs nothing comes without one."""
    if not request.body_exists:
        return b"{}"
    return await raw_body(request, COMMAND_MAX)


def _refused(error: AlphasyncError) -> web.Response:
    """As a command is refused over a socket, with the status of its code."""
    response = refusal(error, STATUS.get(error.code, 500))
    said = {
        "ok": False,
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
        **error.details,
    }
    response.body = msgspec.json.encode(said)
    response.headers.popall(hdrs.CONTENT_LENGTH, None)
    return response
