"""Judges a history: what the gateway delivered, and what each device was told.

A recipient counts as messaged when the gateway says so, and a device knows what its events say.
Every rule returns its violations as text.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from alphasync.domain.runs import Key
from alphasync.domain.snapshot import IllegalMove, Snapshot
from tests.faults import run_rules
from tests.faults.books import NOT_LOGGED, Account, History, Lists, Lives, Merged, key_of
from tests.replay import Replay, WentBack, may_get, visible

DRAFTS = ("messageUpdated", "messageCleared")


def check(account: Account) -> list[str]:
    """Every violation of every rule."""
    log = Merged(account.histories)
    lives = Lives(account, log)
    return [
        *log.contradictions,
        *devices(account, log),
        *at_most_once(account, lives),
        *completed_runs(account, lives, log),
        *run_rules.detached_runs(log),
        *run_rules.pauses(account, log),
        *run_rules.cycles(log),
        *run_rules.rests(account, log),
        *run_rules.retries(account, log),
        *run_rules.plans(account, log),
        *do_not_contact(account),
        *final_lists(account, lives),
    ]


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


def at_most_once(account: Account, lives: Lives) -> Iterator[str]:
    """A recipient is messaged at most once in each life.

    A message that arrives within ``flight`` after a life began may belong to the one before.
    """
    last: dict[tuple[Key, str], int] = {}
    for delivery in sorted(account.deliveries, key=lambda delivery: delivery.at):
        key, recipient = key_of(delivery), delivery.recipient
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
        messaged.setdefault((key_of(delivery), delivery.recipient), []).append(delivery.at)
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
        times = messaged.setdefault(key_of(delivery), {})
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
