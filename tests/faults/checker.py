"""Judges a history: what the gateway delivered, and what each device was told.

Nothing of the product's own books is taken for granted: a recipient counts as messaged when the
gateway says so, and a device knows what its events say. Every rule returns its violations as text.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from alphasync.domain.runs import Key
from alphasync.domain.snapshot import IllegalMove, Snapshot
from tests.replay import Replay, WentBack, may_get, visible

Event = tuple[str, dict[str, Any]]
DRAFTS = ("messageUpdated", "messageCleared")
ENDS_A_PAUSE = (
    *("processingResumed", "processingStarted", "processingComplete"),
    *("processingStopped", "processingInterrupted"),
)
CHANGES_WHO_FAILED = (
    *("processingStarted", "processingProgress", "processingComplete", "runSettled"),
    *("processingStopped", "processingInterrupted"),
)
NOT_LOGGED = (
    *("deviceRegistered", "processingStateSync", "messageSync", "planSync", "devicesSync"),
    "resync",
)
"""Events that carry a revision and have no place of their own in the order."""


class Delivery(NamedTuple):
    """One message, from the gateway's own list. ``at``: ms since the Unix epoch."""

    profile: str
    type: str
    recipient: str
    at: int


class Opening(NamedTuple):
    """From here on a recipient (None: everybody) may be messaged again."""

    profile: str
    type: str
    recipient: str | None
    at: int


class Retry(NamedTuple):
    """A run over those who failed."""

    profile: str
    type: str
    started_at: int
    known: int
    """A revision from before it was asked who they are."""
    listed: frozenset[str]
    messaged: frozenset[str]


class Avoided(NamedTuple):
    """A recipient who was surely on the do-not-contact list for all of a time, by Redis' clock."""

    recipient: str
    since: int
    until: int | None
    """None: to the end."""


class OfRun(NamedTuple):
    """A message, when it was sent, and when the run started that sent it."""

    recipient: str
    started_at: int
    at: int


class History(msgspec.Struct):
    """One device through all its connections, each of which begins with ``deviceRegistered``."""

    name: str
    events: list[Event] = []
    may_see: frozenset[str] | None = None
    types: bool = False
    """Whether it typed: it is not told of its own drafts."""


class Lists(msgspec.Struct):
    """How a profile and type stand at the end, when nothing is under way any more."""

    blocked: set[str] = set()
    uncertain: set[str] = set()
    failed: set[str] = set()
    left: set[str] = set()
    """Once uncertain, and by a person's decision counted as messaged."""


class Account(msgspec.Struct):
    """All that is known about one account."""

    deliveries: list[Delivery]
    histories: list[History]
    cast: dict[str, list[str]]
    """Profile to the recipients whom its runs are to message."""
    openings: list[Opening] = []
    """Besides those that the events tell of."""
    lists: dict[Key, Lists] = {}
    retries: list[Retry] = []
    avoided: list[Avoided] = []
    of_runs: list[OfRun] = []
    """Messages to those who were avoided at some time, of runs whose start is known."""
    not_to_contact: set[str] = set()
    """Who is on the do-not-contact list at the end."""
    maybe_avoided: set[str] = set()
    """Who was on it at some time, or may have been."""
    truth: Snapshot | None = None
    flight: int = 0
    """ms that a message may be on its way to the gateway."""
    unsettled: int = 0
    """ms that a message may be there before its claim is settled: until then the recipient stays
    blocked when the blocklist is cleared."""


def check(account: Account) -> list[str]:
    """Every violation of every rule."""
    log = Merged(account.histories)
    lives = Lives(account, log)
    return [
        *log.contradictions,
        *devices(account, log),
        *at_most_once(account, lives),
        *completed_runs(account, lives, log),
        *detached_runs(log),
        *pauses(account, log),
        *cycles(log),
        *rests(account, log),
        *retries(account, log),
        *plans(account, log),
        *do_not_contact(account),
        *final_lists(account, lives),
    ]


class Merged:
    """The account's order, put together from all devices: by epoch, then by revision."""

    def __init__(self, histories: Iterable[History]) -> None:
        self.contradictions: list[str] = []
        self._events: dict[tuple[str, int], Event] = {}
        for history in histories:
            for epoch, event in placed(history.events):
                self._put(history, (epoch, event[1]["revision"]), event)
        self.events = [(place, self._events[place]) for place in sorted(self._events)]

    def at(self, epoch: str, revision: int) -> Event | None:
        return self._events.get((epoch, revision))

    def named(self, name: str) -> Iterator[tuple[tuple[str, int], dict[str, Any]]]:
        """All events of this name, in order, with their places."""
        return ((place, payload) for place, (found, payload) in self.events if found == name)

    def _put(self, history: History, place: tuple[str, int], event: Event) -> None:
        other = self._events.setdefault(place, event)
        if _shared(other) != _shared(event):
            self.contradictions.append(
                f"order: {history.name} has {event} at {place}, another device {other}"
            )
        elif history.may_see is None:
            self._events[place] = event


def _shared(event: Event) -> Event:
    """What is the same for every device: one that sees a part gets a part of the list."""
    name, payload = event
    return name, {field: v for field, v in payload.items() if field != "stoppedProfiles"}


def placed(events: Iterable[Event]) -> Iterator[tuple[str, Event]]:
    """The events that have a place in the account's order, each with its epoch."""
    epoch = ""
    for name, payload in events:
        epoch = payload.get("epoch", epoch)
        if "revision" in payload and name not in NOT_LOGGED:
            yield epoch, (name, payload)


def devices(account: Account, log: Merged) -> Iterator[str]:
    """Order without a gap, legal moves only, and an end that is the truth, on every device."""
    for history in account.histories:
        device = Replay()
        for name, payload in history.events:
            yield from _told_in_between(history, device, log, name, payload)
            try:
                device.feed(name, payload)
            except (WentBack, IllegalMove) as error:
                yield f"{type(error).__name__}: {history.name}: {error} ({name} {payload})"
            except (KeyError, ValueError) as error:
                yield f"malformed: {history.name}: {error} ({name} {payload})"
        if account.truth is not None:
            yield from _end(history, device, log, account.truth)


def _told_in_between(
    history: History, device: Replay, log: Merged, name: str, payload: dict[str, Any]
) -> Iterator[str]:
    """Take in what the device did itself; tell of what it should have been told."""
    if "revision" not in payload or name in NOT_LOGGED:
        return
    yield from _catch_up(history, device, log, payload["revision"] - 1)


def _catch_up(history: History, device: Replay, log: Merged, upto: int) -> Iterator[str]:
    for revision in range(device.revision + 1, upto + 1):
        event = log.at(device.epoch, revision)
        if event is None:
            if not history.types and history.may_see is None:
                yield f"gap: {history.name} was never told of {device.epoch}/{revision}"
        elif event[0] in DRAFTS and event[1]["deviceId"] == device.device_id:
            device.feed(*event)
        elif may_get(*event, history.may_see):
            yield f"gap: {history.name} was not told of {event}"


def _end(history: History, device: Replay, log: Merged, truth: Snapshot) -> Iterator[str]:
    yield from _catch_up(history, device, log, truth.revision)
    known = replace(device.state, revision=truth.revision)
    expected = visible(truth, history.may_see)
    if known != expected:
        yield f"end: {history.name} knows {known}, and it is {expected}"


class Lives:
    """When each recipient's lives on the blocklist began."""

    def __init__(self, account: Account, log: Merged) -> None:
        self._unsettled = account.unsettled
        self._openings: dict[Key, list[Opening]] = {}
        cleared = (
            Opening(payload["profileId"], payload["type"], None, payload["timestamp"])
            for _, payload in log.named("blocklistCleared")
        )
        for opening in sorted((*account.openings, *cleared), key=lambda opening: opening.at):
            self._openings.setdefault(_key(opening), []).append(opening)

    def life(self, key: Key, recipient: str, at: int) -> int:
        """Which life of the recipient it is at a time: 0, 1, 2, ..."""
        return sum(o.at <= at and o.recipient in (None, recipient) for o in self._of(key))

    def began(self, key: Key, recipient: str, at: int) -> int:
        """When the life of that time began, less what may not have been settled by then."""
        began = (o.at for o in self._of(key) if o.at <= at and o.recipient in (None, recipient))
        return max(began, default=0) - self._unsettled

    def _of(self, key: Key) -> list[Opening]:
        return self._openings.get(key, [])


def at_most_once(account: Account, lives: Lives) -> Iterator[str]:
    """A recipient is messaged at most once in each life.

    A message that arrives within ``flight`` after a life began may belong to the one before.
    """
    last: dict[tuple[Key, str], int] = {}
    for delivery in sorted(account.deliveries, key=lambda delivery: delivery.at):
        key, recipient = _key(delivery), delivery.recipient
        earliest = lives.life(key, recipient, delivery.at - account.flight)
        life = max(earliest, last.get((key, recipient), -1) + 1)
        if life > lives.life(key, recipient, delivery.at):
            yield f"twice: {delivery}"
        last[key, recipient] = life


def completed_runs(account: Account, lives: Lives, log: Merged) -> Iterator[str]:
    """A run that completed has dealt with everybody: messaged, or listed for a person to decide.

    Whose blocklist was cleared, or who was to be messaged again, while it ran is for the next one.
    """
    messaged: dict[tuple[Key, str], list[int]] = {}
    for delivery in account.deliveries:
        messaged.setdefault((_key(delivery), delivery.recipient), []).append(delivery.at)
    started: dict[Key, int] = {}
    over_all: dict[Key, bool] = {}
    cut: dict[Key, int] = {}
    cut_short: dict[Key, int] = {}
    for _, (name, payload) in log.events:
        key: Key = (payload.get("profileId", ""), payload.get("type", "chat"))
        if name == "processingStarted":
            started[key] = payload["startedAt"]
            over_all[key] = payload.get("only") != "failed"
            cut_short[key] = cut.pop(key, 0)
        if name in ("processingStopped", "processingInterrupted"):
            cut[key] = 1
        if name != "processingComplete":
            continue
        stats, end = payload["stats"], payload["completedAt"]
        if stats["current"] != stats["total"]:
            yield f"incomplete: {key} completed with {stats}"
        if not over_all.get(key, True):
            continue
        listed = {recipient["id"] for recipient in payload["uncertainRecipients"]}
        listed |= account.lists.get(key, Lists()).left
        start = started.get(key, 0)
        missed: list[str] = []
        for recipient in account.cast[key[0]]:
            if recipient in account.maybe_avoided:
                continue
            if lives.life(key, recipient, start - account.flight) != lives.life(
                key, recipient, end
            ):
                continue
            began = lives.began(key, recipient, start)
            times = messaged.get((key, recipient), [])
            reached = any(began <= at <= end + account.flight for at in times)
            if not reached and recipient not in listed:
                missed.append(recipient)
        # Who was in flight as a run was cut short, or its server dead, may have been refused since.
        refused = stats["failed"] + stats["uncertain"] + cut_short.get(key, 0)
        if len(missed) > refused:
            yield f"lost: {missed} by the run of {key} that completed at {end} with {stats}"


def detached_runs(log: Merged) -> Iterator[str]:
    """A detached run has nothing to do with what becomes of its device."""
    detached: set[Key] = set()
    for place, (name, payload) in log.events:
        key: Key = (payload.get("profileId", ""), payload.get("type", "chat"))
        if name == "processingStarted" and payload.get("detached"):
            detached.add(key)
        elif name in ("processingStarted", "processingComplete", "processingStopped"):
            detached.discard(key)
        elif name in ("deviceReconnecting", "deviceReconnected") and key in detached:
            yield f"detached: {name} of {key} at {place}"
        elif name == "processingInterrupted":
            if key in detached and payload["code"] == "device_disconnected":
                yield f"detached: {key} was interrupted at {place} because its device went"
            detached.discard(key)


def pauses(account: Account, log: Merged) -> Iterator[str]:
    """Nobody is messaged by a paused run, but for what was on its way."""
    stretches: dict[Key, list[tuple[int, int]]] = {}
    since: dict[Key, int] = {}
    for _, (name, payload) in log.events:
        key: Key = (payload.get("profileId", ""), payload.get("type", "chat"))
        if name == "processingPaused":
            since[key] = payload["timestamp"] + account.flight
        elif name in ENDS_A_PAUSE and key in since:
            stretches.setdefault(key, []).append((since.pop(key), payload["timestamp"]))
    for delivery in account.deliveries:
        for begun, ended in stretches.get(_key(delivery), []):
            if begun < delivery.at < ended:
                yield f"paused: {delivery} while its run was"


def cycles(log: Merged) -> Iterator[str]:
    """A continuous run goes from one cycle to the next, forgets nobody whom it messaged, and is
    never through. Any other run has no cycles."""
    run: dict[Key, tuple[bool, int, int]] = {}
    """Whether it is continuous, its cycle, and whom it messaged in all of them."""
    for place, (name, payload) in log.events:
        key: Key = (payload.get("profileId", ""), payload.get("type", "chat"))
        if name == "processingStarted":
            run[key] = ("continuous" in payload, 0, 0)
        if key not in run:
            continue
        continuous, cycle, sent = run[key]
        if name == "processingComplete" and continuous:
            yield f"cycles: {key} completed at {place}"
        told = payload.get("progress", payload)
        # One whose record is lost is of no cycle any more.
        if "total" not in told or "startedAt" in payload:
            continue
        now, total = told.get("cycle", 0), told.get("totals", {}).get("sent", 0)
        if now not in (cycle, cycle + 1) or total < sent or (now > 0 and not continuous):
            yield f"cycles: {key} at {place}: cycle {now} after {cycle}, sent {total} after {sent}"
        run[key] = (continuous, now, total)


def rests(account: Account, log: Merged) -> Iterator[str]:
    """Between two cycles nobody is messaged, but for what was on its way."""
    stretches: dict[Key, list[tuple[int, int]]] = {}
    since: dict[Key, tuple[int, int]] = {}
    for _, (name, payload) in log.events:
        key: Key = (payload.get("profileId", ""), payload.get("type", "chat"))
        told = payload.get("progress", payload)
        if name != "processingStarted" and "total" not in told:
            continue
        if key in since:
            begun, until = since.pop(key)
            stretches.setdefault(key, []).append((begun, min(until, payload["timestamp"])))
        if "nextCycleAt" in told:
            since[key] = (payload["timestamp"] + account.flight, told["nextCycleAt"])
    for delivery in account.deliveries:
        for begun, ended in stretches.get(_key(delivery), []):
            if begun < delivery.at < ended:
                yield f"rests: {delivery} while its run waited for its next cycle"


def retries(account: Account, log: Merged) -> Iterator[str]:
    """A run over those who failed messages nobody else.

    Where another run was under way since they were listed nobody knows who they were by then.
    """
    for retry in account.retries:
        about = [
            (place, name, payload)
            for place, (name, payload) in log.events
            if name in CHANGES_WHO_FAILED
            and (payload["profileId"], payload["type"]) == (retry.profile, retry.type)
        ]
        begun = [
            number
            for number, (_, name, payload) in enumerate(about)
            if name == "processingStarted" and payload["startedAt"] == retry.started_at
        ]
        if not begun or (begun[0] > 0 and about[begun[0] - 1][0][1] > retry.known):
            continue
        if strangers := retry.messaged - retry.listed:
            yield f"strangers: {sorted(strangers)} of {retry}"


def plans(account: Account, log: Merged) -> Iterator[str]:
    """A planned run starts at most once, not before its time, and in the very step in which its
    plan ends; at the end of it all none is left that neither started nor was said not to."""
    start_at: dict[str, int] = {}
    over: set[str] = set()
    for (epoch, revision), (name, payload) in log.events:
        if name in ("runPlanned", "planChanged"):
            start_at[payload["planId"]] = payload["startAt"]
        elif name == "planEnded":
            plan = payload["planId"]
            if plan in over:
                yield f"planned twice: {plan} ended again: {payload}"
            over.add(plan)
            if payload["outcome"] != "started":
                continue
            if payload["timestamp"] < start_at.get(plan, 0):
                yield f"too early: {plan} was planned for {start_at[plan]}: {payload}"
            began = log.at(epoch, revision - 1)
            if began is not None and (
                began[0] != "processingStarted" or not began[1].get("detached")
            ):
                yield f"unstarted: {plan} became {began}"
    if account.truth is not None:
        for plan in account.truth.plans:
            yield f"forgotten: {plan} is still planned"


def do_not_contact(account: Account) -> Iterator[str]:
    """A run that starts while a recipient is on the list does not message them, and nobody leaves
    it by themselves, as by a clear."""
    for sent in account.of_runs:
        for avoided in account.avoided:
            until = avoided.until or 2**63
            during = avoided.since < sent.started_at and sent.at < until
            if sent.recipient == avoided.recipient and during:
                yield f"avoided: {sent} while {avoided}"
    for avoided in account.avoided:
        if avoided.until is None and avoided.recipient not in account.not_to_contact:
            yield f"dropped: {avoided} is not on the list"


def final_lists(account: Account, lives: Lives) -> Iterator[str]:
    """At the end the blocklist holds those who were messaged or may have been, and only those."""
    forever = 2**63
    for key, lists in account.lists.items():
        for recipient in sorted(lists.failed & (lists.blocked | lists.uncertain)):
            yield f"failed: {recipient} of {key} is listed as such, and blocked or uncertain"
    messaged: dict[Key, dict[str, int]] = {}
    for delivery in account.deliveries:
        times = messaged.setdefault(_key(delivery), {})
        times[delivery.recipient] = max(delivery.at, times.get(delivery.recipient, 0))
    for key, lists in account.lists.items():
        times = messaged.get(key, {})
        for recipient in sorted(lists.blocked - lists.uncertain - lists.left):
            if times.get(recipient, -1) < lives.began(key, recipient, forever):
                yield f"silent: {recipient} of {key} is blocked, not messaged and not uncertain"
        for recipient, at in times.items():
            current = at > lives.began(key, recipient, forever) + account.unsettled + account.flight
            if current and recipient not in lists.blocked:
                yield f"unblocked: {recipient} of {key} was messaged and may be messaged again"


def _key(of: Delivery | Opening) -> Key:
    return (of.profile, "mail" if of.type == "mail" else "chat")
