"""The same of the rules about one run."""

from typing import Any

from alphasync.domain.plans import Plan
from alphasync.domain.snapshot import Snapshot
from tests.faults.books import (
    Delivery,
    Event,
    Retry,
)
from tests.faults.checker import check
from tests.faults.told import (
    CHAT,
    COUNTERS,
    DEVICE,
    OWN,
    account,
    ended,
    interrupted,
    placed,
    reconnecting,
    rules,
    started,
    told,
    watcher,
)

RETRY = Retry("p", "chat", 100, 0, frozenset({"a", "b"}), frozenset({"a", "b"}))
CONTINUOUS = {"continuous": {"pause": 1.0}}


def test_a_run_over_those_who_failed_that_messages_somebody_else() -> None:
    def found(retry: Retry, *events: Event) -> list[str]:
        told = [watcher(*events)]
        return rules(check(account(histories=told, deliveries=[], lists={}, retries=[retry])))

    again = started(1, only="failed")
    strange = RETRY._replace(messaged=frozenset({"a", "x"}))
    assert found(RETRY, again) == []
    assert found(strange, again) == ["strangers"]
    # Another run may have made others fail since they were listed.
    later = [started(1), *OWN, ended(4), started(5, only="failed")]
    assert found(strange._replace(started_at=500), *later) == ["lost"]
    assert found(strange._replace(started_at=500, known=4), *later) == ["lost", "strangers"]


def test_a_detached_run_that_something_becomes_of_by_its_device() -> None:
    gone = interrupted(3, "device_disconnected")
    assert told(started(1), reconnecting(2), gone) == []
    assert rules(told(started(1, detached=True), reconnecting(2), gone)) == ["detached"] * 2
    assert told(started(1, detached=True), interrupted(2, "gateway_refused")) == []
    # The next one is not detached.
    again = [started(3), interrupted(4, "device_disconnected")]
    assert told(started(1, detached=True), interrupted(2, "runner_lost"), *again) == []


def test_a_message_of_a_paused_run() -> None:
    def paused(revision: int) -> Event:
        who = {"deviceId": DEVICE, "operatorId": "o", "pausedBy": DEVICE, "message": "Paused"}
        return placed("processingPaused", revision, **CHAT, **who)

    def resumed(revision: int) -> Event:
        who = {"deviceId": DEVICE, "operatorId": "o", "resumedBy": DEVICE, "message": "Going on"}
        return placed("processingResumed", revision, **CHAT, **who)

    def found(*times: int, flight: int = 0) -> list[str]:
        histories = [watcher(started(1), paused(2), resumed(3), ended(4))]
        deliveries = [Delivery("p", "chat", str(at), at) for at in times]
        given = account(histories=histories, deliveries=deliveries, cast={"p": []}, lists={})
        given.flight = flight
        return rules(check(given))

    assert found(150, 350, 390) == []
    assert found(150, 250, 350) == ["paused"]
    assert found(220, 280, flight=50) == ["paused"]


def test_a_plan_that_starts_twice_too_early_or_not_at_all() -> None:
    about = {"planId": "0a" * 8, "deviceId": DEVICE, "operatorId": "o"}
    plan = {**about, "plannedAt": 1, "startAt": 150, "latest": 60_000, "message": "x"}

    def planned(revision: int) -> Event:
        return placed("runPlanned", revision, **CHAT, **plan, attachments=[])

    def over(revision: int, outcome: str = "started") -> Event:
        said = {"planId": plan["planId"], "outcome": outcome, "reason": "x"}
        return placed("planEnded", revision, **CHAT, **said)

    began = started(2, detached=True)
    assert told(planned(1), began, over(3)) == []
    assert told(planned(1), over(2, "cancelled")) == []
    assert rules(told(planned(1), began, over(3), over(4, "skipped"))) == ["planned twice"]
    assert rules(told(planned(1), started(2), over(3))) == ["unstarted"]
    name, fields = planned(1)
    assert rules(told((name, {**fields, "startAt": 9000}), began, over(3))) == ["too early"]
    left = Plan("0a" * 8, "p", "chat", DEVICE, "o", 1, 150, 60_000, "x")
    truth = Snapshot("e", 1, {}, {}, plans={left.plan_id: left})
    given = account(histories=[watcher(planned(1))], deliveries=[], cast={"p": []}, lists={})
    given.truth = truth
    assert rules(check(given)) == ["forgotten"]


def progress(revision: int, sent: int = 0, **cycle: Any) -> Event:
    who = {"deviceId": DEVICE, "startedAt": 100, "message": "x"}
    counted = {**COUNTERS, "current": sent, "sent": sent, **cycle}
    told = {"operatorId": "o", "deviceId": DEVICE, "progress": {**who, **counted}}
    return placed("processingProgress", revision, **CHAT, **told)


def of_cycle(number: int, sent: int, **more: int) -> dict[str, Any]:
    return {"cycle": number, "totals": {"sent": sent, "failed": 0, "uncertain": 0}, **more}


def test_cycles_that_go_back_or_leave_one_out_or_come_to_an_end() -> None:
    begun = started(1, **CONTINUOUS)
    good = [progress(2, 1, **of_cycle(1, 1)), progress(3, 0, **of_cycle(2, 1))]
    who = {"deviceId": DEVICE, "operatorId": "o", "stoppedBy": DEVICE, "message": "Stopped"}
    over: dict[str, Any] = {**CHAT, **who, "stoppedAt": 400, **COUNTERS, **of_cycle(2, 1)}
    stopped = placed("processingStopped", 4, **over)
    assert told(begun, *good, stopped, started(5), progress(6, 1), ended(7)) == []
    for wrong in (of_cycle(1, 1), of_cycle(4, 1), of_cycle(3, 0), {}):
        assert "cycles" in rules(told(begun, *good, progress(4, 0, **wrong)))
    assert rules(told(begun, ended(2))) == ["cycles"]
    assert rules(told(started(1), progress(2, 1, **of_cycle(1, 1)))) == ["cycles"]


def test_a_message_between_two_cycles() -> None:
    def found(*times: int, flight: int = 0) -> list[str]:
        rest = progress(2, 1, **of_cycle(1, 1, nextCycleAt=380))
        histories = [watcher(started(1, **CONTINUOUS), rest, progress(4, 0, **of_cycle(2, 1)))]
        deliveries = [Delivery("p", "chat", str(at), at) for at in times]
        given = account(histories=histories, deliveries=deliveries, cast={"p": []}, lists={})
        given.flight = flight
        return [rule for rule in rules(check(given)) if rule == "rests"]

    assert found(150, 390, 450) == []
    assert found(150, 250, 390) == ["rests"]
    assert found(220, 280, flight=50) == ["rests"]
