"""The history of runs over HTTP: page by page, one of them, whom it could not message; as CSV."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from alphasync.domain.drafts import Attachment
from alphasync.domain.roles import Right
from alphasync.domain.runs import ProcessingType
from alphasync.services.history import Doubt, Filters, History, PastRun, RunOutcome
from alphasync.services.listing import Place
from alphasync.services.logins import Logins
from alphasync.web.json_bodies import ok, query_of
from alphasync.web.lists import Part, spreadsheet_time
from alphasync.web.record import Milliseconds
from alphasync.web.who_asks import who_asks

PAGES_MAX = 5
"""Of one answer of an export, each of which looks at so many runs at most: where a filter finds
little, it goes on with the next answer."""
WORDS_MAX = 200
"""Characters that may be looked for in texts."""
CURSOR_MAX = 2**64 - 1
"""Redis takes no greater one to go on with a list."""
HEADINGS = (
    *("id", "started", "ended", "profile", "type", "operator", "device", "device name", "outcome"),
    *("reason", "code", "stopped by", "detached", "plan", "only", "message interval", "pause"),
    *("cycle", "total", "sent", "skipped", "failed", "uncertain", "sent in all", "failed in all"),
    *("uncertain in all", "pauses", "paused (s)", "waits", "waited (s)", "message"),
)


class RunsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which runs; all that one may see without any of these."""

    cursor: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,14}$(?!\n)")] | None = None
    """The `next` of the answer before; absent for the first one."""
    since: Milliseconds | None = None
    """Those that ended at this moment or later, in ms since the Unix epoch."""
    until: Milliseconds | None = None
    """Those that ended at this moment or earlier."""
    profile: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    """Whose messages they sent."""
    type: ProcessingType | None = None
    """What they sent."""
    operator_id: Annotated[str, Meta(min_length=1, max_length=256)] | None = None
    """Whose they were: who started them, planned them or took them over."""
    outcome: RunOutcome | None = None
    """How they ended."""
    words: Annotated[str, Meta(min_length=1, max_length=WORDS_MAX)] | None = None
    """What is in their text: each of these words, in either case."""

    @property
    def filters(self) -> Filters:
        return Filters(
            operator_id=self.operator_id,
            profile=self.profile,
            type=self.type,
            outcome=self.outcome,
            since=None if self.since is None else int(self.since),
            until=None if self.until is None else int(self.until),
            words=tuple((self.words or "").split()),
        )


class RecipientsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which recipients."""

    outcome: Doubt = "failed"
    """`failed`: those whom it could not message; `uncertain`: those whom it has perhaps messaged,
    and nobody has decided about."""
    cursor: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,19}$(?!\n)")] | None = None
    """The `next` of the answer before; absent for the first one."""

    def __post_init__(self) -> None:
        if int(self.cursor or 0) > CURSOR_MAX:
            raise ValueError("Expected the `next` of an answer in `cursor`")


class AllCycles(msgspec.Struct, frozen=True):
    """What became of people in all cycles of a continuous run. Who failed in several counts in each
    of them."""

    sent: int
    """How many were messaged."""
    failed: int
    """How often somebody could not be messaged."""
    uncertain: int
    """How many were perhaps messaged."""


class RunEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run that has ended. Times in ms since the Unix epoch; lengths of time in ms."""

    id: str
    """Names it, as `runId` elsewhere."""
    started_at: int
    """When it began."""
    ended_at: int
    """When it ended."""
    profile_id: str
    """In whose name it sent."""
    type: ProcessingType
    """What it sent."""
    operator_id: str
    """Who started it, or took it over in the end."""
    device_id: str
    """The device that it was of."""
    device: str
    """What that was called; empty where that is not known."""
    outcome: str
    """How it ended: `completed`, `stopped` or `interrupted`; later versions may have others."""
    reason: str
    """Why it was interrupted, for people; else empty."""
    code: str
    """The same for programs: see `processingInterrupted`."""
    stopped_by: str
    """The device that stopped it; empty where none did."""
    stopped_by_name: str
    """What that was called."""
    detached: bool
    """Whether it needed no device."""
    plan_id: str
    """The planned run that it was; empty where it was none."""
    only: Literal["failed", ""]
    """`failed`: it was over those whom the run before could not message."""
    message_interval: float | None
    """The seconds between two messages that were chosen; null where none were."""
    continuous_pause: float | None
    """Of a continuous run the seconds between two cycles; else null."""
    cycle: int
    """Of a continuous run the last cycle, which the counters are of; else 0."""
    total: int
    """How many recipients there were."""
    sent: int
    """How many were messaged."""
    skipped: int
    """How many were not, as they had been messaged before, or are not to be contacted."""
    failed: int
    """How many could not be messaged."""
    uncertain: int
    """How many were perhaps messaged."""
    totals: AllCycles | None
    """Of a continuous run what became of people in all its cycles; else null."""
    pauses: int
    """How often it was paused."""
    paused_for: int
    """How long in all."""
    waits: int
    """How often it waited for the gateway, or for its operator to sign in again."""
    waited_for: int
    """How long in all."""
    beginning: str
    """The first characters of its text."""


class RunsAnswer(msgspec.Struct, frozen=True):
    """Runs that have ended, the last one first."""

    runs: list[RunEntry]
    """At most 50; fewer, also none, where few of very many are wanted."""
    next: str | None
    """For the `cursor` of the next call; null where there are no more."""
    status: bool = True
    """Always true."""


class RunAnswer(msgspec.Struct, frozen=True):
    """One run."""

    run: RunEntry
    """What is known of it."""
    message: str
    """What it sent."""
    attachments: list[Attachment]
    """What went with it."""
    status: bool = True
    """Always true."""


class RunRecipient(msgspec.Struct, frozen=True):
    """Somebody whom a run could not message, or has perhaps messaged."""

    id: str
    """The gateway's id of them."""
    name: str
    """Empty where the gateway gives none."""
    reason: str
    """What went wrong; empty where that is not known."""
    at: int
    """When: ms since the Unix epoch."""


class RecipientsAnswer(msgspec.Struct, frozen=True):
    """Some of them, in no order."""

    recipients: list[RunRecipient]
    """About a hundred; fewer, also none, where others follow."""
    unnamed: int
    """How many more there are who are not listed: beyond `FAILED_LISTED_PER_RUN`, or without an
    id."""
    next: str | None
    """For the `cursor` of the next call; null where there are no more."""
    status: bool = True
    """Always true."""


class PastRuns:
    def __init__(self, logins: Logins, history: History) -> None:
        self._logins = logins
        self._history = history

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/runs", self.runs),
            web.get("/api/runs/export", self.export),
            web.get("/api/runs/{run}", self.run),
            web.get("/api/runs/{run}/recipients", self.recipients),
        ]

    async def runs(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE, services=True)
        query = query_of(request, RunsQuery)
        async with self._history.turns.of(who.account):
            page = await self._history.page(who, query.cursor or "", query.filters)
        return ok(RunsAnswer([_shown(run) for run in page.runs], page.next or None))

    async def export(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE, services=True)
        query = query_of(request, RunsQuery)
        part = Part(Place(id=query.cursor or ""), HEADINGS)
        async with self._history.turns.of(who.account):
            for _ in range(PAGES_MAX):
                page = await self._history.page(who, part.place.id, query.filters)
                texts = await self._history.texts(who.account, page.runs)
                rows = [_row(_shown(run), texts.get(run.id, "")) for run in page.runs]
                part.add(rows, Place(id=page.next))
                if not part.wants_more:
                    break
        return part.response("runs", part.place.id or None)

    async def run(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE, services=True)
        run = await self._history.run(who, request.match_info["run"])
        texts = await self._history.texts(who.account, [run])
        return ok(RunAnswer(_shown(run), texts.get(run.id, ""), list(run.attachments)))

    async def recipients(self, request: web.Request) -> web.Response:
        who = await who_asks(request, self._logins, Right.SEE, services=True)
        query = query_of(request, RecipientsQuery)
        async with self._history.turns.of(who.account):
            page = await self._history.recipients(
                who, request.match_info["run"], query.outcome, int(query.cursor or 0)
            )
        listed = [RunRecipient(*each) for each in page.found]
        return ok(RecipientsAnswer(listed, page.unnamed, page.next or None))


def _shown(run: PastRun) -> RunEntry:
    kept, number, options = run.kept, run.number, run.options
    totals = None
    if kept.cycle:
        of_all = {n: number(n) + number(f"past_{n}") for n in AllCycles.__struct_fields__}
        totals = AllCycles(**of_all)
    return RunEntry(
        id=run.id,
        started_at=number("started_at"),
        ended_at=number("ended_at"),
        profile_id=kept.profile,
        type="mail" if kept.type == "mail" else "chat",
        operator_id=kept.operator,
        device_id=kept.device,
        device=kept.name,
        outcome=kept.outcome,
        reason=kept.reason,
        code=kept.code,
        stopped_by=kept.stopped_by,
        stopped_by_name=kept.stopper,
        detached=kept.detached == "1",
        plan_id=kept.plan,
        only="failed" if kept.only == "failed" else "",
        message_interval=options.message_interval,
        continuous_pause=options.continuous.pause if options.continuous else None,
        cycle=number("cycle"),
        total=number("total"),
        sent=number("sent"),
        skipped=number("skipped"),
        failed=number("failed"),
        uncertain=number("uncertain"),
        totals=totals,
        pauses=number("pauses"),
        paused_for=number("paused_for"),
        waits=number("waits"),
        waited_for=number("waited_for"),
        beginning=kept.words,
    )


def _row(run: RunEntry, message: str) -> list[str]:
    totals = run.totals
    cells = [
        *(run.id, spreadsheet_time(run.started_at), spreadsheet_time(run.ended_at)),
        *(run.profile_id, run.type, run.operator_id, run.device_id, run.device, run.outcome),
        *(run.reason, run.code, run.stopped_by, "yes" if run.detached else "", run.plan_id),
        *(run.only, run.message_interval, run.continuous_pause, run.cycle or None),
        *(run.total, run.sent, run.skipped, run.failed, run.uncertain),
        *((totals.sent, totals.failed, totals.uncertain) if totals else (None, None, None)),
        *(run.pauses, run.paused_for / 1000, run.waits, run.waited_for / 1000, message),
    ]
    return ["" if cell is None else str(cell) for cell in cells]
