"""Who sits at a device of an account, what they have folded together from its events, and what the
books say."""

import json
from typing import Any

from msgspec.structs import replace

from alphasync.domain.drafts import Draft
from alphasync.domain.identity import account_of
from alphasync.domain.runs import Key
from alphasync.domain.snapshot import Snapshot
from alphasync.protocol import packets
from alphasync.realtime.order import Envelope, parse
from alphasync.services.account_state import AccountState
from alphasync.store import keys
from tests.harness import Cluster, Device, Event, all_told, wait_until
from tests.replay import Replay, may_get, visible

PROFILES = ("p1", "p2")
LIMITED = frozenset({"p1"})
GRACE = 0.3
"""Seconds, so that some devices are back within it and some are not."""

EVENTS_WITHIN = 15.0
"""Seconds for what is on the log to be on the devices: far more than it takes."""


class Books:
    """The account as the store has it: the truth that devices are compared with."""

    def __init__(self, running: Cluster) -> None:
        scripts = running.servers[0].store.scripts
        self._client = running.servers[0].store.client
        self._account_state = AccountState(scripts)
        self._read: dict[str, list[Envelope]] = {}

    async def snapshot(self, account: str) -> Snapshot:
        """One of a moment at which all is told of who is here."""
        told = f"{keys.of_account(account).devices}:told"
        while True:
            await all_told(self._client, account)
            before = await self._client.hgetall(told)
            snapshot = await self._account_state.snapshot(account)
            if await self._client.hgetall(told) == before and before.get(b"unsaid") != b"1":
                return snapshot

    async def events(self, account: str, upto: Snapshot) -> list[Envelope]:
        """Every event that the account ever had, up to a snapshot."""
        known = self._read.setdefault(account, [])
        seen = known[-1].revision if known else 0
        fresh = await self._account_state.events_after(account, upto.epoch, seen)
        assert isinstance(fresh, list), "the log is shorter than one step"
        known.extend(parse(raw) for raw in fresh)
        return [envelope for envelope in known if envelope.revision <= upto.revision]


class Seat:
    """One device of a person, through all its connections; what it knows and what it typed."""

    def __init__(self, running: Cluster, place: int, operator: str, limited: bool) -> None:
        self._running = running
        self._place = place
        self.account = account_of(operator, None)
        self.may_see = LIMITED if limited else None
        profiles = sorted(LIMITED) if limited else None
        self._token = running.token(operator, **({"profiles": profiles} if profiles else {}))
        self.device: Device | None = None
        self.knows = Replay()
        self._identity: dict[str, str] = {}
        self._typed: dict[int, Event] = {}
        """By revision: a device is not told what it typed itself."""
        self._fed = 0
        """Events of the connection that are folded into what the seat knows."""
        self._since = 0
        """The revision from which on this connection must have brought every event."""

    @property
    def present(self) -> Device:
        assert self.device is not None
        return self.device

    async def sit(self, server: int, *, remember: bool) -> None:
        """Connect to a server, as the device of before; ``remember``: with what it knows."""
        url = self._running.urls[server % len(self._running.urls)]
        auth: dict[str, object] = {"token": self._token, **self._identity}
        if remember:
            auth |= {"epoch": self.knows.epoch, "revision": self.knows.revision}
        self.device = await Device(url, None, auth=auth).connect()
        registered = self.device.last("deviceRegistered")
        self._identity = {
            "deviceId": registered["deviceId"],
            "resumeToken": registered["resumeToken"],
        }
        self._fed = 0
        self._since = self.knows.revision if registered["recovered"] else registered["revision"]

    async def drop(self) -> None:
        device, self.device = self.present, None
        await device.drop()
        self._take_in(device, upto=None)

    async def leave(self) -> None:
        device, self.device = self.present, None
        await device.close()
        self._take_in(device, upto=None)

    async def call(self, event: str, profile: str, type_: str, **fields: object) -> dict[str, Any]:
        """Carry out a command about a profile and type; returns its acknowledgement."""
        payload = {"profileId": profile, "type": type_, **fields}
        ack = await self.present.call(event, payload)
        may = self.may_see is None or profile in self.may_see
        assert may or ack["code"] == "unknown_profile", ack
        return ack

    async def type(self, event: str, key: Key, message: str = "") -> None:
        fields = {"message": message} if event == "updateMessage" else {}
        ack = await self.call(event, *key, **fields)
        if not ack["ok"]:
            return
        self._typed[ack["revision"]] = (
            "messageUpdated",
            {
                "profileId": key[0],
                "type": key[1],
                "message": ack.get("message", message),
                "deviceId": self.present.id,
                "timestamp": 0,
                "revision": ack["revision"],
            },
        )

    async def check(self, truth: Snapshot, log: list[Envelope]) -> None:
        """Fail unless the device got exactly its events, and they make the truth."""
        device = self.present
        due = [event for envelope in log for event in self._for_me(envelope)]
        await wait_until(
            lambda: len(_logged(device, truth.revision)) >= len(due),
            within=EVENTS_WITHIN,
            what=f"{due} on the device that got {device.events}",
        )
        assert _logged(device, truth.revision) == due
        self._take_in(device, upto=truth.revision)
        own = {key for key, draft in truth.drafts.items() if draft.device_id == device.id}
        known = replace(self.knows.state, revision=truth.revision)
        folded, true = _timeless(known, own), _timeless(visible(truth, self.may_see), own)
        assert folded == true, f"{folded} is not {true}"

    def _for_me(self, envelope: Envelope) -> list[Event]:
        """The event as this connection must have brought it, if it is for the device at all."""
        if envelope.revision <= self._since or envelope.skip == self.present.id:
            return []
        name, payload = json.loads(envelope.packet.removeprefix(packets.EVENT))
        assert envelope.profile_id == payload.get("profileId", "")
        if not may_get(name, payload, self.may_see):
            return []
        if name == "allProcessingStopped" and self.may_see is not None:
            stopped = [i for i in payload["stoppedProfiles"] if i["profileId"] in self.may_see]
            payload = {**payload, "stoppedProfiles": stopped}
        return [(name, payload)]

    def _take_in(self, device: Device, upto: int | None) -> None:
        """Fold the events that came, and what was typed here, in the order of the account."""
        while self._fed < len(device.events):
            name, payload = device.events[self._fed]
            logged = _is_logged(name)
            if logged and upto is not None and payload["revision"] > upto:
                break
            if logged:
                # Of a text that was merged the device is told, too.
                self._typed.pop(payload["revision"], None)
                self._type_in(payload["revision"])
            self._fed += 1
            self.knows.feed(name, payload)
            if not logged:
                # A snapshot has what was typed before it.
                self._typed = {r: e for r, e in self._typed.items() if r > self.knows.revision}
        if upto is not None:
            self._type_in(upto)

    def _type_in(self, upto: int) -> None:
        for revision in sorted(r for r in self._typed if r <= upto):
            typed = self._typed.pop(revision)
            if revision > self.knows.revision:
                self.knows.feed(*typed)


def _is_logged(name: str) -> bool:
    return name not in (
        "deviceRegistered",
        "processingStateSync",
        "messageSync",
        "devicesSync",
        "error",
    )


def _logged(device: Device, upto: int) -> list[Event]:
    return [(n, p) for n, p in device.events if _is_logged(n) and p["revision"] <= upto]


def _timeless(state: Snapshot, own: set[Key]) -> Snapshot:
    """Without the times of a device's own drafts, which it is not told."""
    drafts: dict[Key, Draft] = {
        key: replace(draft, timestamp=0) if key in own else draft
        for key, draft in state.drafts.items()
    }
    return replace(state, drafts=drafts)
