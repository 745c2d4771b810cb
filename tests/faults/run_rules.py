"""The rules about one run: whether it was detached, paused, continuous, planned, a retry."""

from collections.abc import Iterator

from alphasync.domain.runs import Key
from tests.faults.books import Account, Merged, key_of

ENDS_A_PAUSE = (
    *("processingResumed", "processingStarted", "processingComplete"),
    *("processingStopped", "processingInterrupted"),
)
CHANGES_WHO_FAILED = (
    *("processingStarted", "processingProgress", "processingComplete", "runSettled"),
    *("processingStopped", "processingInterrupted"),
)


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
        for begun, ended in stretches.get(key_of(delivery), []):
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
        for begun, ended in stretches.get(key_of(delivery), []):
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
