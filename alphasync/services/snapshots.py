"""Reading a snapshot from the store: in one script, or in pages where that would take too long."""

from typing import NamedTuple

from alphasync.domain.drafts import Draft
from alphasync.domain.events import StateEvent
from alphasync.domain.runs import Counters, ProcessingType, Run, RunStatus
from alphasync.domain.snapshot import IllegalMove, Snapshot, catch_up
from alphasync.errors import StoreUnavailable
from alphasync.protocol import packets
from alphasync.services.history import Log, Lost, packet_of
from alphasync.store import keys
from alphasync.store.scripts import PAGE_RECORDS, Answer, Scripts


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


class Snapshots:
    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._log = Log(scripts)

    async def read(self, account: str) -> Snapshot:
        """The account's state as of now. Raises StoreUnavailable."""
        names = keys.of_account(account)
        answer = await self._scripts.call(
            "snapshot_read",
            {"meta": names.meta, "log": names.log, "runs": names.runs, "drafts": names.drafts},
            {},
        )
        return await self.complete(account, Begun(answer, 0))

    async def complete(self, account: str, begun: Begun) -> Snapshot:
        """The snapshot with all its pages.

        The records of later pages are of a later time than the first: what has happened since is
        read from the log, and done to those that do not have it. Raises StoreUnavailable, also when
        the log does not reach that far any more: the whole is to be read again.
        """
        answer, position = begun
        runs = [run_of(record) for record in answer.records(position + 2)]
        drafts = [_draft(record) for record in answer.records(position + 3)]
        rest = answer.texts(position + 4)
        for start in range(0, len(rest), PAGE_RECORDS):
            for record in await self._scripts.hashes(rest[start : start + PAGE_RECORDS]):
                if "status" in record:
                    runs.append(run_of(record))
                elif record:
                    drafts.append(_draft(record))
        snapshot = Snapshot(
            epoch=begun.epoch,
            revision=begun.revision,
            runs={run.key: run for run in runs},
            drafts={draft.key: draft for draft in drafts},
        )
        return await self._caught_up(account, snapshot) if rest else snapshot

    async def _caught_up(self, account: str, snapshot: Snapshot) -> Snapshot:
        since = await self._log.after(account, snapshot.epoch, snapshot.revision)
        if isinstance(since, Lost):
            raise StoreUnavailable("the account changed faster than it could be read")
        happened = [packets.decode(packet_of(envelope)) for envelope in since]
        try:
            return catch_up(snapshot, [e for e in happened if isinstance(e, StateEvent)])
        except IllegalMove:
            raise StoreUnavailable("a record ran out while the account was read") from None


def run_of(record: dict[str, str]) -> Run:
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
        waiting_for="sign_in" if record.get("waiting_for") == "sign_in" else "",
        revision=int(record["revision"]),
    )


def _draft(record: dict[str, str]) -> Draft:
    return Draft(
        profile_id=record["profile"],
        type=_type(record["type"]),
        message=record["message"],
        device_id=record["device"],
        timestamp=int(record["timestamp"]),
        revision=int(record["revision"]),
    )


def _type(value: str) -> ProcessingType:
    return "mail" if value == "mail" else "chat"
