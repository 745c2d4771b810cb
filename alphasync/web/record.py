"""The account's record over HTTP, for admins: who did what, page by page and as CSV."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from alphasync.domain.audit import Action
from alphasync.domain.identity import Identity
from alphasync.domain.roles import Right
from alphasync.errors import NotForThisToken
from alphasync.services.audit import Audit, Filters, Noted
from alphasync.services.listing import Place
from alphasync.services.logins import Logins
from alphasync.services.upstream import Upstream
from alphasync.web.json_bodies import ok, query_of
from alphasync.web.lists import Part, spreadsheet_time
from alphasync.web.who_asks import who_asks

Milliseconds = Annotated[str, Meta(pattern=r"^[0-9]{1,15}$(?!\n)")]
PAGES_MAX = 20
"""Of one answer of an export, each of which looks at a thousand entries at most: where a filter
finds little, it goes on with the next answer."""
HEADINGS = (
    *("id", "time", "action", "operator", "session", "address", "agent", "device", "device name"),
    *("profile", "type", "run", "plan", "outcome", "count", "target", "target device", "detail"),
)


class RecordQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which entries; all without any of these."""

    cursor: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,14}-[0-9]{1,15}$(?!\n)")] | None = None
    """As the answer before said; absent for the first one."""
    since: Milliseconds | None = None
    """Those of this moment or later, in ms since the Unix epoch."""
    until: Milliseconds | None = None
    """Those of this moment or earlier."""
    action: Annotated[str, Meta(pattern=rf"^({'|'.join(Action)})$(?!\n)")] | None = None
    """What was done."""
    operator_id: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    """Who did it."""
    profile: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    """Which profile it was about."""
    outcome: Annotated[str, Meta(pattern=r"^[a-z_]{1,40}$(?!\n)")] | None = None
    """`ok` for what was done, or the code with which it was refused."""

    @property
    def filters(self) -> Filters:
        return Filters(
            action=None if self.action is None else Action(self.action),
            operator_id=self.operator_id,
            profile=self.profile,
            outcome=self.outcome,
            since=None if self.since is None else int(self.since),
            until=None if self.until is None else int(self.until),
        )


class RecordEntry(msgspec.Struct, frozen=True, rename="camel"):
    """What somebody did. What does not belong to the action is an empty text."""

    id: str
    """Names the entry."""
    at: int
    """ms since the Unix epoch."""
    action: str
    """What was done."""
    operator_id: str
    """Who did it; empty where it was nobody, as for a plan that could not start."""
    session_id: str
    """The login that it was done with; empty for a token that no login here made."""
    address: str
    """From where that was opened: an IPv4 address, or the /64 network of an IPv6 address. Empty,
    as `agent`, once the key of `JWT_SECRET` by which the entry was encrypted is dropped."""
    agent: str
    """With which browser and system."""
    device_id: str
    """The device that it was done on."""
    device: str
    """What the device was called then."""
    profile_id: str
    """The profile that it was about."""
    type: str
    """`chat` or `mail`."""
    run_id: str
    """The run that it was about."""
    plan_id: str
    """The planned run that it was about."""
    outcome: str
    """`ok`, or the code with which it was refused."""
    count: int | None
    """How many recipients or sessions it was about, or how many of the same were refused within
    an hour until then; null where it was not about a number. What was done to very many recipients
    at once is several entries, each with its own number."""
    target: str
    """The operator whose run, plan, sessions or device it was about."""
    target_device_id: str
    """The device that was signed out, or another operator's that was called otherwise."""
    detail: str
    """`plan` for a run that was planned; `resend` or `leave` for uncertain recipients; why a plan
    was not started; what the device that it was about is called; the command
    or call that was refused."""


class RecordAnswer(msgspec.Struct, frozen=True):
    """What was done, newest first."""

    entries: list[RecordEntry]
    """At most 100; fewer, also none, where few of very many are wanted."""
    next: str | None
    """For the `cursor` of the next call; null where there are no more."""
    status: bool = True
    """Always true."""


class Record:
    def __init__(self, logins: Logins, audit: Audit, upstream: Upstream) -> None:
        self._logins = logins
        self._audit = audit
        self._upstream = upstream

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/audit", self.entries),
            web.get("/api/audit/export", self.export),
        ]

    async def entries(self, request: web.Request) -> web.Response:
        who = await self._reader(request)
        query = query_of(request, RecordQuery)
        async with self._audit.turns.of(who.account):
            page = await self._audit.page(who.account, query.cursor or "", query.filters)
        return ok(RecordAnswer([self._shown(each) for each in page.entries], page.next or None))

    async def export(self, request: web.Request) -> web.Response:
        who = await self._reader(request)
        query = query_of(request, RecordQuery)
        part = Part(Place(id=query.cursor or ""), HEADINGS)
        async with self._audit.turns.of(who.account):
            for _ in range(PAGES_MAX):
                page = await self._audit.page(who.account, part.place.id, query.filters)
                rows = [_row(self._shown(each)) for each in page.entries]
                part.add(rows, Place(id=page.next))
                if not part.wants_more:
                    break
        return part.response("record", part.place.id or None)

    async def _reader(self, request: web.Request) -> Identity:
        """Who asks, and may read of all profiles, as the record is about all of them."""
        who = await who_asks(request, self._logins, Right.ADMINISTER)
        if who.profiles is not None:
            raise NotForThisToken
        return who

    def _shown(self, noted: Noted) -> RecordEntry:
        fields = noted.fields
        origin = self._upstream.origin(fields.get("origin", "").encode())
        return RecordEntry(
            id=noted.id,
            at=noted.at,
            action=fields["action"],
            operator_id=fields["operator"],
            session_id=fields["session"],
            address=origin.address,
            agent=origin.agent,
            device_id=fields["device"],
            device=fields.get("name", ""),
            profile_id=fields.get("profile", ""),
            type=fields.get("type", ""),
            run_id=fields.get("run", ""),
            plan_id=fields.get("plan", ""),
            outcome=fields.get("outcome", "ok"),
            count=int(fields["count"]) if "count" in fields else None,
            target=fields.get("target", ""),
            target_device_id=fields.get("target_device", ""),
            detail=fields.get("detail", ""),
        )


def _row(entry: RecordEntry) -> list[str]:
    _, _, *others = msgspec.structs.astuple(entry)
    cells = ["" if value is None else str(value) for value in others]
    return [entry.id, spreadsheet_time(entry.at), *cells]
