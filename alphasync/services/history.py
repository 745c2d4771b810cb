"""The history of an account: what became of its runs. The scripts that end them write it; here it
is read."""

import time
from typing import Literal, NamedTuple

import msgspec

from alphasync.domain.drafts import Attachment
from alphasync.domain.identity import Identity
from alphasync.domain.roles import Right
from alphasync.domain.runs import ProcessingType, RunOptions
from alphasync.errors import UnknownRun
from alphasync.services.account_state import decode_attachments, decode_options
from alphasync.services.listing import ListTurns
from alphasync.store import keys
from alphasync.store.redis.pipeline import Pipeline
from alphasync.store.scripts.account_calls import history_find
from alphasync.store.scripts.calls import Answer, Scripts

RUNS_LISTED_MAX = 50
"""Runs of one answer."""
TEXTS_SEARCHED_MAX = 500
"""Texts of runs that are looked through in one go."""
PARTS_MAX = 20
"""Scripts of one answer, each of which looks at a thousand runs; others are served in between."""
LOOKS_FOR = 0.025
"""Seconds after which one answer begins no further part: where little is found among very many, it
says where to go on."""
RECIPIENTS_LISTED = 100
"""Recipients of one answer, about."""

RunOutcome = Literal["completed", "stopped", "interrupted"]
Doubt = Literal["failed", "uncertain"]


class Filters(NamedTuple):
    """Each None for any. Times in ms since the Unix epoch: of when runs ended."""

    operator_id: str | None = None
    profile: str | None = None
    type: ProcessingType | None = None
    outcome: RunOutcome | None = None
    since: int | None = None
    until: int | None = None
    words: tuple[str, ...] = ()
    """All of them are in the text, whatever their case."""


class _Kept(msgspec.Struct, frozen=True):
    """What ``note_end`` keeps of a run (history.lua): texts, of which those that are empty are left
    out."""

    outcome: str
    """A RunOutcome, or what a later version calls an end: one of them keeps none of the others from
    being read."""
    place: str
    """In the order of all, by when they ended."""
    profile: str = ""
    type: str = ""
    device: str = ""
    name: str = ""
    operator: str = ""
    started_at: str = ""
    ended_at: str = ""
    words: str = ""
    attachments: str = "[]"
    reason: str = ""
    code: str = ""
    stopped_by: str = ""
    stopper: str = ""
    detached: str = ""
    only: str = ""
    plan: str = ""
    options: str = ""
    cycle: str = ""
    total: str = ""
    sent: str = ""
    skipped: str = ""
    failed: str = ""
    uncertain: str = ""
    past_sent: str = ""
    past_failed: str = ""
    past_uncertain: str = ""
    pauses: str = ""
    paused_for: str = ""
    waits: str = ""
    waited_for: str = ""


class PastRun(NamedTuple):
    """A run that has ended, as it is on record."""

    id: str
    kept: _Kept

    @property
    def options(self) -> RunOptions:
        return decode_options(self.kept.options or "{}")

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        return decode_attachments(self.kept.attachments)

    def number(self, name: str) -> int:
        """ms of a time, or a count."""
        return int(getattr(self.kept, name) or 0)


class Page(NamedTuple):
    runs: list[PastRun]
    next: str
    """Where the next one goes on; '' after the last one."""


class Recipient(NamedTuple):
    id: str
    name: str
    reason: str
    at: int
    """When it went wrong."""


class Recipients(NamedTuple):
    found: list[Recipient]
    unnamed: int
    """How many more there are who could not be messaged, and are not listed."""
    next: str


_decode = msgspec.json.Decoder(_Kept).decode


class History:
    def __init__(self, scripts: Scripts, pipeline: Pipeline) -> None:
        self._scripts = scripts
        self._pipeline = pipeline
        self.turns = ListTurns()

    async def page(self, who: Identity, before: str, filters: Filters) -> Page:
        """Those that they may see, which ended last first, at most ``RUNS_LISTED_MAX``; fewer where
        few of very many are wanted."""
        names = keys.of_account(who.account)
        words = [word.casefold() for word in filters.words]
        found: list[PastRun] = []
        ends_at = time.monotonic() + LOOKS_FOR
        for _ in range(PARTS_MAX):
            wanted = RUNS_LISTED_MAX - len(found)
            answer = await self._scripts.call(
                history_find(
                    names,
                    before=before,
                    since="" if filters.since is None else filters.since,
                    until_="" if filters.until is None else filters.until,
                    only_of=_only_of(who),
                    may_see="all" if who.profiles is None else "only",
                    profiles="\n".join(sorted(who.profiles or ())),
                    operator=filters.operator_id or "",
                    profile=filters.profile or "",
                    type=filters.type or "",
                    outcome=filters.outcome or "",
                    most=TEXTS_SEARCHED_MAX if words else wanted,
                )
            )
            ids, before = answer.texts(1), answer.text(2)
            if words:
                texts = await self._texts(names, ids)
                ids = [id_ for id_ in ids if _has_all(texts.get(id_, ""), words)]
            runs = await self._runs(names, ids[: wanted + 1])
            if len(runs) > wanted:
                runs, before = runs[:wanted], runs[wanted - 1].kept.place
            found += runs
            over = time.monotonic() > ends_at
            if not before or len(found) == RUNS_LISTED_MAX or over:
                break
        return Page(found, before)

    async def texts(self, account: str, runs: list[PastRun]) -> dict[str, str]:
        """What they have sent, by their ids."""
        return await self._texts(keys.of_account(account), [run.id for run in runs])

    async def run(self, who: Identity, run_id: str) -> PastRun:
        """Raises UnknownRun, also for one that they may not see."""
        found = await self._runs(keys.of_account(who.account), [run_id])
        if not found:
            raise UnknownRun
        kept = found[0].kept
        if not who.may_see(kept.profile) or _only_of(who) not in ("", kept.operator):
            raise UnknownRun
        return found[0]

    async def recipients(self, who: Identity, run_id: str, which: Doubt, cursor: int) -> Recipients:
        """Some of those whom a run could not message, or whom it has perhaps messaged and nobody
        has decided about; in no order, and perhaps more than ``RECIPIENTS_LISTED``, as Redis keeps
        a short list in one piece. Raises UnknownRun."""
        run = await self.run(who, run_id)
        names = keys.of_account(who.account)
        failed = which == "failed"
        listed = names.history_failed(run.id) if failed else names.history_uncertain(run.id)
        page = await self._pipeline.submit("HSCAN", listed, cursor, "COUNT", RECIPIENTS_LISTED)
        await self._scripts.in_turn()
        answer = Answer(page if isinstance(page, list) else [])
        notes = answer.record(1)
        unnamed = 0
        if failed and run.kept.only == "":
            kept = await self._pipeline.submit("HGET", listed, "")
            unnamed = int(kept) if isinstance(kept, bytes | str) else 0
        found = [_recipient(id_, note, run.id) for id_, note in notes.items() if id_]
        behind = answer.text(0)
        return Recipients(
            [each for each in found if each is not None], unnamed, "" if behind == "0" else behind
        )

    async def _runs(self, names: keys.AccountKeys, ids: list[str]) -> list[PastRun]:
        found = await self._fields(names.history_runs, ids)
        return [PastRun(id_, _decode(text)) for id_, text in found.items()]

    async def _texts(self, names: keys.AccountKeys, ids: list[str]) -> dict[str, str]:
        return await self._fields(names.history_texts, ids)

    async def _fields(self, name: str, ids: list[str]) -> dict[str, str]:
        """What a hash has of them, in their order; those that have made room meanwhile are not in
        it."""
        if not ids:
            return {}
        values = await self._pipeline.submit("HMGET", name, *ids)
        await self._scripts.in_turn()
        if not isinstance(values, list):
            raise TypeError(f"HMGET answered {values!r}")
        pairs = zip(ids, values, strict=True)
        return {id_: value.decode() for id_, value in pairs if isinstance(value, bytes)}


def _only_of(who: Identity) -> str:
    """The operator whose runs alone they see; '' for those of all."""
    return "" if who.may(Right.OVERSEE) else who.operator_id


def _has_all(text: str, words: list[str]) -> bool:
    folded = text.casefold()
    # Some thousand texts to an answer: a generator takes as long as all the rest.
    return all(map(folded.__contains__, words))


def _recipient(id_: str, note: str, run_id: str) -> Recipient | None:
    """What is remembered of one (``remembered`` in listed.lua); None where that was another run, or
    is not what this version remembers."""
    match note.split("\n", 3):
        case [name, at, of_run, reason] if of_run == run_id and at.isdecimal():
            return Recipient(id_, name, reason, int(at))
    return None
