"""A gateway that is strict about tokens: each login gets one of its own, for its own profiles."""

import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import web

PROFILES = ("p1", "p2", "p3")


@dataclass
class StrictGateway:
    """``rights``: password to the profiles that a login with it is limited to; None: to none."""

    rights: dict[str, list[str] | None] = field(default_factory=lambda: {"all": None})
    recipients: int = 10
    single: bool = False
    """Whether a login makes the operator's earlier tokens invalid."""
    service_token: str = "service"
    operator: str = "demo"
    membership: dict[str, str] = field(default_factory=dict)
    """What its logins say of the operator's team and role."""
    gives_bad_tokens: bool = False
    url: str = ""
    valid: dict[str, list[str] | None] = field(default_factory=dict)
    """Token to its profiles."""
    sent: list[tuple[str, str, str]] = field(default_factory=list)
    """Token, profile and recipient of each message."""
    refused: int = 0
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def revoke(self) -> None:
        """All tokens expire."""
        self.valid.clear()

    def used(self, profile: str) -> set[str]:
        """The tokens that the profile's messages came with."""
        return {token for token, of, _ in self.sent if of == profile}

    def messaged(self, profile: str) -> list[str]:
        return [recipient for _, of, recipient in self.sent if of == profile]

    def _token(self, request: web.Request, profile: str | None = None) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        limits = None if token == self.service_token else self.valid.get(token, ())
        if limits == ():
            self.refused += 1
            raise web.HTTPUnauthorized(text='{"message": "The token has expired"}')
        if profile is not None and limits is not None and profile not in limits:
            raise web.HTTPForbidden
        return token

    async def login(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked["password"] not in self.rights:
            raise web.HTTPUnauthorized
        if self.single:
            self.valid.clear()
        token = f"upstream-{asked['password']}-{next(self._numbers)}"
        limits = self.valid[token] = self.rights[asked["password"]]
        if self.gives_bad_tokens:
            self.revoke()
        answer = {"operatorId": self.operator, "token": token, **self.membership}
        return web.json_response(answer if limits is None else {**answer, "profiles": limits})

    async def profiles(self, request: web.Request) -> web.Response:
        limits = self.valid.get(self._token(request))
        return web.json_response([{"id": id_, "name": id_} for id_ in limits or PROFILES])

    async def attachments(self, request: web.Request) -> web.Response:
        self._token(request, request.match_info["profile"])
        return web.json_response({"images": [], "videos": [], "audios": []})

    async def listing(self, request: web.Request) -> web.Response:
        profile = request.match_info["profile"]
        self._token(request, profile)
        found = [{"id": f"{profile}-r{number}"} for number in range(self.recipients)]
        return web.json_response({"recipients": found, "next": None})

    async def message(self, request: web.Request) -> web.Response:
        profile = request.match_info["profile"]
        token = self._token(request, profile)
        self.sent.append((token, profile, (await request.json())["recipientId"]))
        return web.json_response({})


@contextlib.asynccontextmanager
async def strict_gateway(**fields: object) -> AsyncIterator[StrictGateway]:
    gateway = StrictGateway(**fields)  # type: ignore[arg-type]  # the fields' own types
    app = web.Application()
    app.add_routes(
        [
            web.post("/login", gateway.login),
            web.get("/profiles", gateway.profiles),
            web.get("/profiles/{profile}/attachments", gateway.attachments),
            web.get("/profiles/{profile}/recipients", gateway.listing),
            web.post("/profiles/{profile}/messages", gateway.message),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield gateway
    finally:
        await runner.cleanup()
