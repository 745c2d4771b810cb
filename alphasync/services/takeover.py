"""Taking over a run whose runner is gone."""

import msgspec

from alphasync.domain import events
from alphasync.domain.runs import Counters, ProcessingType
from alphasync.membership.holdings import Holding, Holdings
from alphasync.protocol import packets
from alphasync.services.account_state import decode_attachments, decode_options
from alphasync.services.devices import DISCONNECTED
from alphasync.services.idempotency import FORMER_KEYS
from alphasync.services.runs import Ticket
from alphasync.store import key_groups, keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.run_calls import run_adopt

TAKEN_OVER = "Another server goes on with it"
DOUBTED = "The server was lost while it sent"
IN_DOUBT = "One recipient may have been messaged: the server was lost"


class Resume(msgspec.Struct, frozen=True):
    """Where a run goes on."""

    cursor: str
    """The page of the last recipient."""
    last: str
    """The last recipient that was claimed, or '' when there was none yet."""
    counters: Counters
    inflight: str
    """A recipient to be asked for again under the same idempotency key, or ''."""
    inflight_name: str
    claimed_at: str
    former_keys: bool
    """The recipient in flight was tried under a key of the former form."""
    since_claim: float = 0.0
    """Seconds since the last recipient was claimed."""
    cycle: int = 0
    """Of a continuous run the one on record; 0 before the first."""
    rests: bool = False
    """Whether it waits for the next one."""
    missed: int = 0
    """How many times in a row that could not begin."""
    step: int = 0
    """The number of the last step on record under this fencing token."""


class Takeover:
    def __init__(self, scripts: Scripts, holdings: Holdings) -> None:
        self._scripts = scripts
        self._holdings = holdings

    async def run(self, holding: Holding) -> tuple[Ticket, Resume] | None:
        """Become the run's runner; None when it ended instead, or is somebody else's.

        Of several servers that try, one succeeds. The run goes on when it is detached, or its
        device is connected or within its grace, else it is interrupted.
        """
        type_: ProcessingType = "mail" if holding.type == "mail" else "chat"
        device = await self._device(keys.of_account(holding.account).run(type_, holding.name))
        taken_over = events.ProcessingTakenOver(message=TAKEN_OVER)
        settled = events.RunSettled(message=IN_DOUBT)
        interrupted = events.ProcessingInterrupted(reason=DISCONNECTED, code="device_disconnected")
        mine = msgspec.structs.replace(holding, owner=self._holdings.owner)
        noted = self._holdings.hold(mine)
        answer = await self._scripts.call(
            run_adopt(
                key_groups.AdoptedRunKeys(holding.account, type_, holding.name, device),
                run_id=holding.instance,
                owner=holding.owner,
                server=self._holdings.owner,
                message=TAKEN_OVER,
                head=packets.head(taken_over),
                reason=DISCONNECTED,
                interrupted_head=packets.head(interrupted),
                doubt_message=IN_DOUBT,
                doubted=DOUBTED,
                settled_head=packets.head(settled),
            ),
            after=noted,
        )
        if answer.outcome == "MOVED":
            return await self.run(holding)  # another device has taken it over meanwhile
        if holding != mine:
            await self._holdings.drop(holding, noted_for=self._holdings.owner)
            # Where it was this server's, under a name that it has lost.
            await self._holdings.drop(holding, noted_for=holding.owner)
        if answer.outcome != "ADOPTED":
            await self._holdings.drop(mine, noted_for=self._holdings.owner)
            return None
        if mine.owner != self._holdings.owner:
            return await self.run(mine)  # the lease was lost meanwhile
        return _resumed(holding.account, answer.record(2), answer.number(3))

    async def _device(self, run: str) -> str:
        """The device of a run: a key that the script needs by name."""
        return await self._scripts.field(run, "device") or "unknown"


def _resumed(account: str, record: dict[str, str], now: int) -> tuple[Ticket, Resume]:
    # Of some runs an earlier version is to find none: see run_start.
    attachments = record.get("attachments_with_options") or record["attachments"]
    ticket = Ticket(
        account=account,
        profile=record["profile"],
        type="mail" if record["type"] == "mail" else "chat",
        run_id=record["run_id"],
        fence=int(record["fence"]),
        started_at=int(record["started_at"]),
        device_id=record["device"],
        operator_id=record["operator"],
        text=record["text"],
        attachments=decode_attachments(attachments),
        sign_in=record.get("sign_in", ""),  # of an earlier version's run there is none
        only="failed" if record.get("only") == "failed" else "",
        honours_keys=record["honours"] != "",
        options=decode_options(record.get("options") or "{}"),
    )
    resume = Resume(
        cursor=record["cursor"],
        last=record["last"],
        counters=Counters(**{name: int(record[name]) for name in Counters.__struct_fields__}),
        inflight=record["inflight"],
        inflight_name=record["inflight_name"],
        claimed_at=record["claimed_at"],
        former_keys=record["honours"] == FORMER_KEYS,
        since_claim=max(0, now - int(record["claimed_at"] or 0)) / 1000,
        cycle=int(record.get("cycle") or 0),
        rests=bool(record.get("next_at")),
        missed=int(record.get("missed") or 0),
        step=int(record.get("step") or 0),
    )
    return ticket, resume
