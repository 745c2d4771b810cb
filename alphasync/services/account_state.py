"""An account's state: its snapshot, the log of its events, and how one run stands.

A snapshot is read in one script, or in pages where that would take too long.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypedDict

import msgspec

from alphasync.domain.devices import Device
from alphasync.domain.drafts import Attachment, Draft
from alphasync.domain.events import StateEvent
from alphasync.domain.plans import Plan, PlanWait
from alphasync.domain.runs import Counters, Key, ProcessingType, Run, RunOptions, RunStatus, Totals
from alphasync.domain.snapshot import IllegalMove, Snapshot, catch_up
from alphasync.errors import StoreUnavailable
from alphasync.protocol import packets
from alphasync.store import keys
from alphasync.store.scripts.account_calls import log_read, snapshot_read
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.limits import PAGE_RECORDS_MAX
from alphasync.store.scripts.run_calls import run_read


class Begun(NamedTuple):
    """A snapshot of which the first page was read, at this position of a script's answer."""

    answer: Answer
    position: int

    @property
    def epoch(self) -> str:
        return self.answer.text(self.position)

    @property
    def revision(self) -> int:
        return self.answer.number(self.position + 1)


class RunNow(msgspec.Struct, frozen=True):
    """A run at a revision of its account, or None when there is none on record."""

    epoch: str
    revision: int
    now: int
    """ms since the Unix epoch, Redis' clock."""
    run: Run | None


class LogLost(msgspec.Struct, frozen=True):
    """The log does not reach back that far, or it is another log: only a snapshot helps."""

    epoch: str
    revision: int


decode_options = msgspec.json.Decoder(RunOptions).decode


def encode_options(options: RunOptions) -> bytes:
    """As they are kept; none where nothing was chosen."""
    return b"" if options == RunOptions() else msgspec.json.encode(options)


decode_attachments = msgspec.json.Decoder(tuple[Attachment, ...]).decode


class AccountState:
    """``found_plans`` is told of the plans in each snapshot, and of which account they are."""

    def __init__(
        self,
        scripts: Scripts,
        found_plans: Callable[[str, Iterable[Plan]], None] = lambda _account, _plans: None,
    ) -> None:
        self._scripts = scripts
        self._found_plans = found_plans

    async def snapshot(self, account: str) -> Snapshot:
        """The account's state as of now. Raises StoreUnavailable."""
        answer = await self._scripts.call(snapshot_read(keys.of_account(account)))
        return await self.complete(account, Begun(answer, 0))

    async def complete(self, account: str, begun: Begun) -> Snapshot:
        """The snapshot with all its pages.

        The records of later pages are of a later time than the first: what has happened since is
        read from the log, and done to those that do not have it. Raises StoreUnavailable, also when
        the log does not reach that far any more: the whole is to be read again.
        """
        answer, position = begun
        runs = [_run(record) for record in answer.rows(position + 2)]
        drafts = [_draft(record) for record in answer.records(position + 3)]
        plans = [_plan(record) for record in answer.records(position + 4)]
        rest = answer.texts(position + 5)
        devices = _devices(answer.texts(position + 6))
        for start in range(0, len(rest), PAGE_RECORDS_MAX):
            for record in await self._scripts.hashes(rest[start : start + PAGE_RECORDS_MAX]):
                if "status" in record:
                    runs.append(_run(record))
                elif "plan_id" in record:
                    plans.append(_plan(record))
                elif record:
                    drafts.append(_draft(record))
        self._found_plans(account, plans)
        snapshot = Snapshot(
            epoch=begun.epoch,
            revision=begun.revision,
            runs={run.key: run for run in runs},
            drafts={draft.key: draft for draft in drafts},
            devices={device.device_id: device for device in devices},
            plans={plan.plan_id: plan for plan in plans},
        )
        return await self._caught_up(account, snapshot) if rest else snapshot

    async def run(self, account: str, key: Key) -> RunNow:
        """A run as of now."""
        profile_id, type_ = key
        answer = await self._scripts.call(run_read(keys.of_profile(account, type_, profile_id)))
        record = answer.record(4)
        return RunNow(
            epoch=answer.text(1),
            revision=answer.number(2),
            now=answer.number(3),
            run=_run(record) if record else None,
        )

    async def events_after(
        self, account: str, epoch: str, revision: int, last: bytes = b""
    ) -> list[bytes] | LogLost:
        """All envelopes after a revision, in order.

        ``last``: the envelope that this server has delivered at the revision. A log that has
        another one there, or does not reach the revision, is begun anew.
        """
        names = keys.of_account(account)
        found: list[bytes] = []
        while True:
            answer = await self._scripts.call(
                log_read(names, known_epoch=epoch, after=revision + len(found), last=last)
            )
            if answer.outcome == "LOST":
                return LogLost(answer.text(1), answer.number(2))
            found += [envelope.encode() for envelope in answer.texts(3)]
            if answer.outcome == "OK":
                return found
            last = found[-1]

    async def _caught_up(self, account: str, snapshot: Snapshot) -> Snapshot:
        since = await self.events_after(account, snapshot.epoch, snapshot.revision)
        if isinstance(since, LogLost):
            raise StoreUnavailable("the account changed faster than it could be read")
        happened = [packets.decode(_packet(envelope)) for envelope in since]
        try:
            return catch_up(snapshot, [e for e in happened if isinstance(e, StateEvent)])
        except IllegalMove:
            raise StoreUnavailable("a record ran out while the account was read") from None


def _packet(envelope: bytes) -> str:
    """The event's packet, which is the last of the envelope's lines (see ``emit`` in log.lua)."""
    return envelope.split(b"\n", 4)[4].decode()


def _run(record: dict[str, str]) -> Run:
    """A run from its record."""
    return Run(
        profile_id=record["profile"],
        type=_type(record["type"]),
        status=RunStatus(record["status"]),
        device_id=record["device"],
        operator_id=record["operator"],
        started_at=int(record["started_at"]),
        counters=Counters(
            **{name: int(record[name]) for name in Counters.__struct_fields__},
        ),
        message=record["message"],
        stopped_by=record["stopped_by"],
        reason=record["reason"],
        duration=int(record["duration"]),
        away=record["away"] == "1",
        paused=record.get("paused") == "1",
        detached=record.get("detached") == "1",
        device_name=record.get("device_name", ""),
        only="failed" if record.get("only") == "failed" else "",
        options=decode_options(record.get("options") or "{}"),
        **_cycles(record),
        waiting_for="sign_in" if record.get("waiting_for") == "sign_in" else "",
        revision=int(record["revision"]),
    )


class _Cycles(TypedDict):
    cycle: int
    next_cycle_at: int
    totals: Totals | None


def _cycles(record: dict[str, str]) -> _Cycles:
    cycle = int(record.get("cycle") or 0)
    totals = {
        name: int(record[name]) + int(record.get(f"past_{name}", 0))
        for name in Totals.__struct_fields__
    }
    return {
        "cycle": cycle,
        "next_cycle_at": int(record.get("next_at") or 0),
        "totals": Totals(**totals) if cycle else None,
    }


def _draft(record: dict[str, str]) -> Draft:
    return Draft(
        profile_id=record["profile"],
        type=_type(record["type"]),
        message=record["message"],
        device_id=record["device"],
        timestamp=int(record["timestamp"]),
        revision=int(record["revision"]),
        attachments=decode_attachments(record.get("attachments", "[]")),
        attachments_revision=int(record.get("attachments_revision", 0)),
    )


def _plan(record: dict[str, str]) -> Plan:
    return Plan(
        plan_id=record["plan_id"],
        profile_id=record["profile"],
        type=_type(record["type"]),
        device_id=record["device"],
        operator_id=record["operator"],
        planned_at=int(record["planned_at"]),
        start_at=int(record["start_at"]),
        latest=int(record["latest"]),
        message=record["text"],
        attachments=decode_attachments(record["attachments"]),
        options=decode_options(record.get("options") or "{}"),
        waiting_for=_plan_waits[record["waiting_for"]],
    )


_plan_waits: dict[str, PlanWait] = {
    "": "",
    "locked": "locked",
    "too_many_runs": "too_many_runs",
}


def _devices(texts: list[str]) -> list[Device]:
    objects = "},{".join(texts)
    return msgspec.json.decode(f"[{{{objects}}}]" if texts else "[]", type=list[Device])


def _type(value: str) -> ProcessingType:
    return "mail" if value == "mail" else "chat"
