"""What a soak knows of an account: what the gateway delivered, what each device was told, and what
people did. Nothing of the product's own books is taken for granted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from alphasync.domain.runs import Key
from alphasync.domain.snapshot import Snapshot

Event = tuple[str, dict[str, Any]]
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


def judged(account: Account) -> Counter[str]:
    """How much there was for the rules about one run: one that is judged over nothing says
    nothing."""
    seen: Counter[str] = Counter()
    for _, (name, payload) in Merged(account.histories).events:
        told = payload.get("progress", payload)
        seen["paused"] += name == "processingPaused"
        seen["detached"] += name == "processingStarted" and bool(payload.get("detached"))
        seen["planned"] += name == "planEnded" and payload["outcome"] == "started"
        seen["rests"] += "nextCycleAt" in told
    seen["tried again"] = sum(len(retry.messaged) for retry in account.retries)
    seen["avoided"] = len(account.of_runs)
    return seen


def cycles_told(histories: Iterable[History]) -> int:
    """The greatest number of a cycle that any device was told of; 1 where none was."""
    told = (p.get("progress", p) for history in histories for _, p in history.events)
    return max((int(progress.get("cycle", 1)) for progress in told), default=1)


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
            self._openings.setdefault(key_of(opening), []).append(opening)

    def life(self, key: Key, recipient: str, at: int) -> int:
        """Which life of the recipient it is at a time: 0, 1, 2, ..."""
        return sum(o.at <= at and o.recipient in (None, recipient) for o in self._of(key))

    def began(self, key: Key, recipient: str, at: int) -> int:
        """When the life of that time began, less what may not have been settled by then."""
        began = (o.at for o in self._of(key) if o.at <= at and o.recipient in (None, recipient))
        return max(began, default=0) - self._unsettled

    def _of(self, key: Key) -> list[Opening]:
        return self._openings.get(key, [])


def key_of(of: Delivery | Opening) -> Key:
    return (of.profile, "mail" if of.type == "mail" else "chat")
