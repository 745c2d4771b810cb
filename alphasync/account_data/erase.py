"""All that is kept of an account, removed: its own keys, and what names it outside of them."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, Protocol

import msgspec
from redis.asyncio import Redis, RedisCluster

from alphasync.account_data.keyspace import names_of, scan
from alphasync.account_data.kinds import kind_of
from alphasync.domain import events
from alphasync.domain.runs import ProcessingType
from alphasync.membership import holdings
from alphasync.protocol import packets
from alphasync.services import plan_notes
from alphasync.services.audit import by
from alphasync.services.login_tries import MARKS, count_of
from alphasync.services.roster import Roster
from alphasync.store import keys
from alphasync.store.scripts.calls import Scripts
from alphasync.store.scripts.run_calls import run_stop

AT_ONCE = 100
"""Keys of one UNLINK, or that are looked at together."""
RUNNERS_LEAVE = 2.0
"""Seconds for the runners of stopped runs to settle what they have on its way."""
BY = "administrator"
"""Who stops runs, in the place of a device."""


class Survey(NamedTuple):
    """What there is of an account."""

    names: list[bytes]
    """Of the keys that can be removed."""
    kinds: Counter[str]
    """How many keys of each kind those are."""
    stay: dict[str, str]
    """The kinds of those that stay, and why."""
    running: list[bytes]
    """The records of runs that are going on."""
    connected: int
    """Devices that are connected, or were when their server went."""

    @property
    def in_use(self) -> bool:
        return bool(self.running or self.connected)


class Erased(NamedTuple):
    kinds: Counter[str]
    plan_notes: int
    holdings: int


async def survey(client: Redis | RedisCluster, account: str) -> Survey:
    """Look at what there is, and change nothing."""
    prefix = keys.of_account(account).prefix.encode()
    names, kinds, stay = list[bytes](), Counter[str](), dict[str, str]()
    running, connected = list[bytes](), 0
    looks: dict[bytes, str] = {}
    for name in await names_of(client, account):
        kind, _ = kind_of(_behind(prefix, name))
        if kind.stays:
            stay[kind.name] = kind.stays
            continue
        names.append(name)
        kinds[kind.name] += 1
        if kind.name in ("run", "device"):
            looks[name] = "status" if kind.name == "run" else "session"
    items = list(looks.items())
    for start in range(0, len(items), AT_ONCE):
        asked = items[start : start + AT_ONCE]
        found = await asyncio.gather(*(client.hget(name, field) for name, field in asked))
        for (name, field), value in zip(asked, found, strict=True):
            if field == "status" and value == b"running":
                running.append(name)
            elif field == "session" and value:
                connected += 1
    return Survey(names, kinds, stay, running, connected)


class Erasing:
    def __init__(self, client: Redis | RedisCluster, scripts: Scripts, account: str) -> None:
        self._client = client
        self._scripts = scripts
        self._account = account
        self._prefix = keys.of_account(account).prefix.encode()

    async def carry_out(self, found: Survey, email: str | None = None) -> Erased:
        """Remove it all, in batches; may be repeated where it was broken off."""
        noted = await self._drop_plan_notes()
        await self._stop_all(found.running)
        # Of a device that is still there, or of a plan that was just about to start.
        later = await survey(self._client, self._account)
        await self._stop_all(later.running)
        marks = await self._drop_marks()
        kinds = await self._unlink(later.names)
        # What came meanwhile: of devices that typed, of a runner that found its run gone.
        last = await survey(self._client, self._account)
        kinds += await self._unlink(last.names)
        # Whoever joined while there were plans has noted them again.
        noted += await self._drop_plan_notes()
        await self._client.zrem(keys.WEBHOOKS, self._account)
        held = await self._drop_holdings()
        kinds["loginTries"] += marks
        if email is not None:
            kinds["loginTries"] += int(await self._client.unlink(count_of(email)))
        if found.connected or later.connected or last.connected:
            await Roster(self._scripts).announce(self._account)
        return Erased(kinds, noted, held)

    async def _stop_all(self, running: list[bytes]) -> None:
        for name in running:
            await self._stop(name)
        if running:
            await asyncio.sleep(RUNNERS_LEAVE)

    async def _stop(self, name: bytes) -> None:
        _, said = kind_of(_behind(self._prefix, name))
        type_: ProcessingType = "mail" if said["type"] == "mail" else "chat"
        stopped = events.ProcessingStopped(stopped_by=BY, message="Stopped")
        await self._scripts.call(
            run_stop(
                keys.of_profile(self._account, type_, said["profileId"]),
                device=BY,
                only_of="",
                by=by("", ""),
                message=stopped.message,
                head=packets.head(stopped),
            )
        )

    async def _unlink(self, names: list[bytes]) -> Counter[str]:
        kinds = Counter[str]()
        for start in range(0, len(names), AT_ONCE):
            batch = names[start : start + AT_ONCE]
            await self._client.unlink(*batch)
            kinds.update(kind_of(_behind(self._prefix, name))[0].name for name in batch)
        return kinds

    async def _drop_plan_notes(self) -> int:
        """A note without a plan does no harm, and names the account."""
        dropped = 0
        async for member, _ in self._client.zscan_iter(keys.PLANS, count=AT_ONCE):
            if _account_of(plan_notes.decode, member) == self._account:
                dropped += int(await self._client.zrem(keys.PLANS, member))
        return dropped

    async def _drop_marks(self) -> int:
        """What says of which account an e-mail address is: a wrong password for one of them would
        begin the account's record anew."""
        found = list({name async for name in scan(self._client, MARKS, MARKS)})
        dropped = 0
        for start in range(0, len(found), AT_ONCE):
            names = found[start : start + AT_ONCE]
            whose = await asyncio.gather(*(self._client.hget(name, "account") for name in names))
            ours = [
                name
                for name, account in zip(names, whose, strict=True)
                if account == self._account.encode()
            ]
            if ours:
                dropped += int(await self._client.unlink(*ours))
        return dropped

    async def _drop_holdings(self) -> int:
        """Those of all servers: what they are about is gone."""
        dropped = 0
        servers = [server async for server, _ in self._client.zscan_iter(keys.LEASES)]
        for server in servers:
            name = keys.holdings(server.decode())
            async for member in self._client.sscan_iter(name, count=AT_ONCE):
                if _account_of(holdings.decode, member) == self._account:
                    dropped += int(await self._client.srem(name, member))
        return dropped


class _Note(Protocol):
    @property
    def account(self) -> str: ...


def _account_of(decode: Callable[[bytes], _Note], note: bytes) -> str | None:
    """Whose a note is; None where it is another version's."""
    try:
        return decode(note).account
    except msgspec.DecodeError:
        return None


def _behind(prefix: bytes, name: bytes) -> str:
    return name[len(prefix) :].decode("utf-8", "backslashreplace")
