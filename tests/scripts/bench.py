"""What the script tests stand on: the services over one store, and what each change must be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from alphasync.domain.events import Event, StateEvent, filled
from alphasync.domain.identity import Identity, account_of
from alphasync.domain.runs import ProcessingType, Run
from alphasync.domain.snapshot import Snapshot, apply
from alphasync.membership.holdings import Holdings
from alphasync.membership.lease_table import LeaseTable
from alphasync.membership.name import ServerName
from alphasync.protocol import packets
from alphasync.realtime.order import Envelope, parse
from alphasync.services import messaged
from alphasync.services.account_state import AccountState
from alphasync.services.analytics import Analytics
from alphasync.services.audit import Audit
from alphasync.services.blocklist import Blocklist
from alphasync.services.bounds import AccountBounds
from alphasync.services.devices import Devices, Joined
from alphasync.services.do_not_contact import DoNotContact
from alphasync.services.drafts import Drafts
from alphasync.services.endings import Ended, Endings
from alphasync.services.failed import Failed
from alphasync.services.history import History
from alphasync.services.login_tries import LoginLimits, LoginTries
from alphasync.services.own_devices import OwnDevices
from alphasync.services.progress import Progress
from alphasync.services.refusals import Refusals
from alphasync.services.roster import Roster
from alphasync.services.runs import Runs
from alphasync.services.signed_in import SignedIn
from alphasync.services.takeover import Takeover
from alphasync.services.uncertain import Uncertain
from alphasync.services.upstream import Opened, Upstream, UpstreamTimes
from alphasync.services.versions import Versions
from alphasync.store import keys
from alphasync.store.connect import Store
from alphasync.store.redis.pipeline import Reply
from alphasync.store.scripts.calls import Answer, Scripts
from alphasync.store.scripts.declaring import Call
from alphasync.store.scripts.limits import Lifetimes
from tests.scripts.deeds import PROFILE, Deeds

LIFETIMES = Lifetimes()
GRACE = 5.0
TIMES = UpstreamTimes(lifetime=3600, lasts=7200)
SIGN_INS_MAX = 3
END = b"nothing more"


@dataclass(frozen=True)
class Made:
    """One script call, as it was made and answered."""

    name: str
    keys: Mapping[str, str]
    args: Mapping[str, str | int | bytes]
    outcome: str


class Recording(Scripts):
    """The scripts, with a list of what was asked of them."""

    calls: list[Made]

    async def call(
        self,
        call: Call,
        *,
        confirmed: bool = False,
        after: asyncio.Future[Reply] | None = None,
    ) -> Answer:
        answer = await super().call(call, confirmed=confirmed, after=after)
        self.calls.append(Made(call.name, self.keys_of(call), dict(call.args), answer.outcome))
        return answer

    def keys_of(self, call: Call) -> dict[str, str]:
        """The keys that a call goes to, by name."""
        return {name: getattr(call.keys, name) for name in self._scripts[call.name].keys}


def identity(operator: str = "1", profiles: frozenset[str] | None = None) -> Identity:
    return Identity(
        operator_id=operator,
        account=account_of(operator, None),
        email="a@b.example",
        expires_at=2**33,
        token_hash=f"hash of {operator}'s token",
        profiles=profiles,
    )


class Bench(Deeds):
    """One account of one operator, and a server's services."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.client = store.client
        self.scripts = Recording(store.pipeline, LIFETIMES)
        self.scripts.calls = []
        self.who = identity()
        self.names = keys.of_account(self.who.account)
        self.server = ServerName()
        self.holdings = Holdings(store.pipeline, self.server)
        self.leases = LeaseTable(self.scripts)
        self.roster = Roster(self.scripts)
        self.devices = Devices(self.scripts, self.holdings, self.roster, GRACE)
        self.own_devices = OwnDevices(self.scripts, self.roster)
        self.runs = Runs(self.scripts, self.holdings, lambda _ticket: None, lambda _holding: None)
        self.progress = Progress(self.scripts)
        self.drafts = Drafts(self.scripts)
        self.versions = Versions(self.scripts, self.drafts)
        self.blocklist = Blocklist(self.scripts, store.pipeline)
        self.do_not_contact = DoNotContact(self.scripts, 1_000)
        self.uncertain = Uncertain(self.scripts, store.pipeline)
        self.messaged_before = messaged.MessagedBefore(self.scripts, self.uncertain)
        self.failed = Failed(self.scripts)
        self.account_state = AccountState(self.scripts)
        self.logins = LoginTries(self.scripts, LoginLimits())
        self.upstream = self.upstream_with("secret")
        self.announced: list[Ended] = []
        self.endings = Endings(self.scripts, TIMES.lasts, self.announced.append)
        self.audit = Audit(self.scripts)
        self.analytics = Analytics(self.scripts)
        self.history = History(self.scripts, store.pipeline)
        self.refusals = Refusals(self.scripts)
        self.signed_in = SignedIn(self.scripts, self.upstream)
        self._channel = store.client.pubsub()

    async def open(self) -> None:
        await self.client.flushall()
        self.store.start()
        await self._channel.subscribe(self.names.channel)
        await self.leases.renew(self.server.current, "register")

    def upstream_with(self, *secrets: str) -> Upstream:
        return Upstream(self.scripts, self.store.pipeline, secrets, TIMES, SIGN_INS_MAX)

    async def sign_in(self, token: str = "the gateway's", *profiles: str) -> Opened:
        """Of the bench's operator; without profiles for all."""
        who = self.who
        return await self.upstream.open(who.account, who.operator_id, token, profiles or None)

    def come_with(self, opened: Opened) -> Identity:
        """The bench's operator with a token of this login."""
        return msgspec.structs.replace(self.who, sign_in=opened.sid, begun_at=opened.at)

    async def close(self) -> None:
        await self.roster.close()
        await self.refusals.close()
        await self._channel.aclose()  # type: ignore[no-untyped-call]  # untyped in redis-py
        await self.store.close()

    def other_server(self) -> "Bench":
        """The same account and store, as another server sees them."""
        other = Bench.__new__(Bench)
        other.__dict__.update(self.__dict__)
        other.server = ServerName()
        other.holdings = Holdings(self.store.pipeline, other.server)
        other.devices = Devices(self.scripts, other.holdings, self.roster, GRACE)
        other.runs = Runs(self.scripts, other.holdings, lambda _ticket: None, lambda _holding: None)
        return other

    def bound(self, **bounds: int) -> None:
        """Other bounds of an account than the usual ones."""
        given = AccountBounds(**bounds)
        self.devices = Devices(self.scripts, self.holdings, self.roster, GRACE, bounds=given)
        self.progress = Progress(self.scripts, given)
        self.drafts = Drafts(self.scripts, given)
        self.versions = Versions(self.scripts, self.drafts)
        self.runs = Runs(
            self.scripts,
            self.holdings,
            lambda _ticket: None,
            lambda _holding: None,
            given,
        )

    @property
    def takeover(self) -> Takeover:
        return Takeover(self.scripts, self.holdings)

    def last(self, script: str) -> str:
        """The outcome of the script's newest call."""
        return next(call.outcome for call in reversed(self.scripts.calls) if call.name == script)

    async def snapshot(self) -> Snapshot:
        return await self.account_state.snapshot(self.who.account)

    async def begun(self, joined: Joined) -> Snapshot:
        """What a device starts from, with all its pages."""
        return await self.account_state.complete(self.who.account, joined.begun)

    async def run(self, profile: str = PROFILE, type_: ProcessingType = "chat") -> Run:
        return (await self.snapshot()).runs[profile, type_]

    async def field(self, key: str, name: str) -> str | None:
        value = await self.client.hget(key, name)
        return value.decode() if isinstance(value, bytes) else None

    async def blocked(self, profile: str = PROFILE, type_: ProcessingType = "chat") -> set[str]:
        return set(await self._texts("ZRANGE", self.names.sent(type_, profile), 0, -1))

    async def _texts(self, *command: str | int) -> list[str]:
        return Answer([await self.store.pipeline.submit(*command)]).texts(0)

    async def now(self) -> int:
        """ms since the Unix epoch, by the store's clock."""
        seconds, microseconds = await self.client.time()
        return int(seconds) * 1000 + int(microseconds) // 1000

    async def ttl(self, key: str) -> float:
        """Seconds left; negative without an end."""
        return await self.client.pttl(key) / 1000

    async def published(self) -> list[bytes]:
        """What came on the account's channel since the last look."""
        await self.client.publish(self.names.channel, END)
        found: list[bytes] = []
        while True:
            message = await self._channel.get_message(ignore_subscribe_messages=True, timeout=10)
            if message is not None:
                if message["data"] == END:
                    return found
                found.append(message["data"])

    @contextlib.asynccontextmanager
    async def verify(self, *expected: type[Event]) -> AsyncIterator[list[Any]]:
        """Around a change: the events of it, and that they are the whole difference.

        They carry the next revisions, decode to their models, were published as they were logged,
        and lead by ``apply`` from the snapshot before to exactly the snapshot after.
        """
        await self.published()
        before, since = await self.snapshot(), await self.now()
        made: list[Any] = []
        yield made
        after, until = await self.snapshot(), await self.now()
        raw = await self.account_state.events_after(self.who.account, before.epoch, before.revision)
        assert isinstance(raw, list), "the log has all of it"
        assert await self.published() == raw
        state = before
        for envelope in map(parse, raw):
            event = packets.decode(envelope.packet)
            assert envelope.epoch == before.epoch
            assert isinstance(event, StateEvent)
            assert envelope.revision == filled(event.revision) == state.revision + 1
            assert since <= filled(event.timestamp) <= until
            self._check_address(envelope, event)
            state = apply(state, event)
            made.append(event)
        assert state == after
        assert [type(event).__name__ for event in made] == [model.__name__ for model in expected]

    @staticmethod
    def _check_address(envelope: Envelope, event: StateEvent) -> None:
        """To the profile's room, or to the account's; drafts not to who typed them, except for a
        text that was merged."""
        assert envelope.profile_id == getattr(event, "profile_id", "")
        own = getattr(event, "device_id", "")
        if event.event_name == "messageUpdated":
            assert envelope.skip in (own, "")
        else:
            assert envelope.skip == (own if event.event_name == "messageCleared" else "")

    async def text(self, profile: str = PROFILE) -> str:
        return (await self.snapshot()).drafts[profile, "chat"].message

    async def listed(self, profile: str = PROFILE) -> dict[str, str]:
        """The uncertain recipients with their names."""
        flat = await self._texts("HGETALL", self.names.uncertain("chat", profile))
        return {
            id_: kept.partition("\n")[0] for id_, kept in zip(flat[::2], flat[1::2], strict=True)
        }
