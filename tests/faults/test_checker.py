"""The checker of histories: each rule catches the history that breaks it, and no other."""

from typing import Any

import pytest
from msgspec.structs import replace

from alphasync.domain.drafts import Draft
from alphasync.domain.plans import Plan
from alphasync.domain.runs import Counters, Key, Run, RunStatus
from alphasync.domain.snapshot import Snapshot
from tests.faults.checker import (
    Account,
    Avoided,
    Delivery,
    Event,
    History,
    Lists,
    OfRun,
    Opening,
    Retry,
    check,
)

KEY: Key = ("p", "chat")
CHAT = {"profileId": "p", "type": "chat"}
DEVICE = "device"
COUNTERS = {"current": 2, "total": 2, "sent": 2, "skipped": 0, "failed": 0, "uncertain": 0}


def registered(revision: int = 0, *, recovered: bool = False, epoch: str = "e") -> Event:
    return (
        "deviceRegistered",
        {
            "deviceId": DEVICE,
            "name": "",
            "resumed": recovered,
            "recovered": recovered,
            "resumeToken": "t",
            "heartbeatInterval": 1,
            "epoch": epoch,
            "revision": revision,
        },
    )


def placed(name: str, revision: int, **fields: Any) -> Event:
    return name, {**fields, "timestamp": revision * 100, "revision": revision}


def draft(revision: int, text: str = "x", *, profile: str = "p", by: str = "other") -> Event:
    fields = {"profileId": profile, "type": "chat", "message": text, "deviceId": by}
    return placed("messageUpdated", revision, **fields)


def started(revision: int, **more: Any) -> Event:
    who = {"deviceId": DEVICE, "operatorId": "o", "startedAt": revision * 100}
    return placed("processingStarted", revision, **CHAT, **who, **more)


def interrupted(revision: int, code: str) -> Event:
    who = {"deviceId": DEVICE, "operatorId": "o", "reason": "Because", "code": code}
    return placed("processingInterrupted", revision, **CHAT, **who, **COUNTERS)


def reconnecting(revision: int) -> Event:
    who = {"deviceId": DEVICE, "operatorId": "o", "grace": 1}
    return placed("deviceReconnecting", revision, **CHAT, **who)


def ended(revision: int, **changed: int) -> Event:
    return placed(
        "processingComplete",
        revision,
        **CHAT,
        deviceId=DEVICE,
        operatorId="o",
        completedAt=revision * 100,
        stats={**COUNTERS, **changed, "duration": 300},
        uncertainRecipients=[{"id": "u", "name": "U"}],
    )


def cleared(revision: int) -> Event:
    fields = {"deviceId": DEVICE, "deletedCount": 2, "message": "Cleared 2 blocked recipients"}
    return placed("blocklistCleared", revision, **CHAT, **fields)


def messaged(*times: tuple[str, int]) -> list[Delivery]:
    return [Delivery("p", "chat", recipient, at) for recipient, at in times]


RUN: list[Event] = [registered(), started(1), ended(4)]
"""Its revisions 2 and 3 are drafts of the device itself."""
OWN = [draft(2, by=DEVICE), draft(3, "y", by=DEVICE)]
COMPLETED = Run(
    profile_id="p",
    type="chat",
    status=RunStatus.COMPLETED,
    device_id=DEVICE,
    operator_id="o",
    started_at=100,
    counters=Counters(total=2, sent=2),
    message="",
    revision=4,
    duration=300,
)

DRAFT = Draft("p", "chat", "y", DEVICE, timestamp=300, revision=3)


def watcher(*events: Event) -> History:
    return History("watcher", [registered(), *events])


def account(**fields: Any) -> Account:
    """A run that messaged a and b; u is uncertain."""
    given: dict[str, Any] = {
        "deliveries": messaged(("a", 150), ("b", 250)),
        "histories": [
            History("runner", RUN, types=True),
            watcher(started(1), *OWN, ended(4)),
        ],
        "cast": {"p": ["a", "b", "u"]},
        "lists": {KEY: Lists(blocked={"a", "b", "u"}, uncertain={"u"})},
    }
    return Account(**{**given, **fields})


def told(*events: Event) -> list[str]:
    """What is wrong when a watcher gets these events and nothing was delivered."""
    return check(account(histories=[watcher(*events)], deliveries=[], cast={"p": []}, lists={}))


def rules(found: list[str]) -> list[str]:
    return [text.partition(":")[0] for text in found]


def test_a_good_history_breaks_no_rule() -> None:
    truth = Snapshot("e", 4, {KEY: COMPLETED}, {KEY: DRAFT})
    assert check(account(truth=truth)) == []


def test_a_recipient_messaged_twice() -> None:
    deliveries = messaged(("a", 150), ("b", 250), ("a", 350))
    assert rules(check(account(deliveries=deliveries))) == ["twice"]


def test_a_cleared_blocklist_begins_a_new_life() -> None:
    again = [started(1), *OWN, ended(4), cleared(5)]
    histories = [watcher(*again)]
    lists = {KEY: Lists(blocked={"a", "u"}, uncertain={"u"})}
    deliveries = messaged(("a", 150), ("b", 250), ("a", 600))
    assert check(account(deliveries=deliveries, histories=histories, lists=lists)) == []
    thrice = [*deliveries, *messaged(("a", 700))]
    found = check(account(deliveries=thrice, histories=histories, lists=lists))
    assert rules(found) == ["twice"]


def test_messaged_again_before_the_blocklist_was_cleared() -> None:
    histories = [watcher(started(1), *OWN, ended(4), cleared(5))]
    deliveries = messaged(("a", 150), ("b", 250), ("a", 450))
    lists = {KEY: Lists(blocked={"u"}, uncertain={"u"})}
    found = check(account(deliveries=deliveries, histories=histories, lists=lists))
    assert rules(found) == ["twice"]


def test_a_message_on_its_way_belongs_to_the_life_before() -> None:
    histories = [watcher(started(1), *OWN, ended(4), cleared(5))]
    deliveries = messaged(("a", 150), ("b", 510), ("b", 600))
    lists = {KEY: Lists(blocked={"b", "u"}, uncertain={"u"})}

    def found(flight: int) -> list[str]:
        given = account(deliveries=deliveries, histories=histories, lists=lists, flight=flight)
        return [text for text in check(given) if text.startswith("twice")]

    assert found(flight=20) == []
    assert len(found(flight=5)) == 1


def test_resending_begins_a_new_life_for_one_recipient() -> None:
    openings = [Opening("p", "chat", "a", 500)]
    deliveries = messaged(("a", 150), ("b", 250), ("a", 600), ("b", 650))
    found = check(account(deliveries=deliveries, openings=openings))
    assert rules(found) == ["twice"]
    assert "'b'" in found[0]


def test_a_recipient_whom_a_completed_run_lost() -> None:
    found = check(account(deliveries=messaged(("a", 150))))
    assert rules(found) == ["lost", "silent"]


def test_a_recipient_whom_a_person_gave_back_while_the_run_went_on_is_not_lost() -> None:
    openings = [Opening("p", "chat", "b", 300)]
    lists = {KEY: Lists(blocked={"a", "u"}, uncertain={"u"})}
    given = account(deliveries=messaged(("a", 150)), openings=openings, lists=lists)
    assert check(given) == []
    given.openings = [Opening("p", "chat", "b", 50)]
    assert rules(check(given)) == ["lost"]


def test_a_recipient_who_was_left_as_messaged_is_not_lost() -> None:
    lists = {KEY: Lists(blocked={"a", "b", "u"}, uncertain={"u"}, left={"b"})}
    assert check(account(deliveries=messaged(("a", 150)), lists=lists)) == []


def test_no_more_are_missed_than_could_not_be_messaged() -> None:
    def found(*events: Event) -> list[str]:
        return rules(check(account(histories=[watcher(*events)], deliveries=[], lists={})))

    assert found(started(1), *OWN, ended(4, sent=1, failed=1)) == ["lost"]
    assert found(started(1), *OWN, ended(4, sent=0, failed=2)) == []
    # A run over those who failed has not to do with the others.
    assert found(started(1, only="failed"), *OWN, ended(4)) == []


RETRY = Retry("p", "chat", 100, 0, frozenset({"a", "b"}), frozenset({"a", "b"}))


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


def test_somebody_listed_as_failed_who_is_blocked() -> None:
    lists = {KEY: Lists(blocked={"a", "b", "u"}, uncertain={"u"}, failed={"a", "x"})}
    assert rules(check(account(lists=lists))) == ["failed"]


def test_a_completed_run_that_counts_too_few() -> None:
    histories = [watcher(started(1), *OWN, ended(4, current=1, sent=1))]
    assert rules(check(account(histories=histories))) == ["incomplete"]


def test_a_claim_that_nobody_answers_for() -> None:
    lists = {KEY: Lists(blocked={"a", "b", "u", "ghost"}, uncertain={"u"})}
    assert rules(check(account(lists=lists))) == ["silent"]


def test_a_messaged_recipient_who_is_not_blocked() -> None:
    lists = {KEY: Lists(blocked={"a", "u"}, uncertain={"u"})}
    assert rules(check(account(lists=lists))) == ["unblocked"]


def test_a_gap() -> None:
    assert rules(told(started(1), draft(3))) == ["gap"]
    assert told(started(1), draft(2), draft(3)) == []


def test_an_event_that_another_device_got() -> None:
    both = [draft(1), draft(2), draft(3)]
    histories = [watcher(*both), History("typist", [registered(), both[0], both[2]], types=True)]
    found = check(account(histories=histories, deliveries=[], cast={"p": []}, lists={}))
    assert rules(found) == ["gap"]


def test_a_device_that_sees_a_part_has_holes_and_no_gap() -> None:
    both = [draft(1), draft(2, profile="q"), draft(3)]
    limited = History("limited", [registered(), both[0], both[2]], frozenset({"p"}))
    blind = History("blind", [registered(), both[1]], frozenset({"p", "q"}))
    given = account(histories=[watcher(*both), limited], deliveries=[], cast={"p": []}, lists={})
    assert check(given) == []
    given.histories.append(blind)
    assert rules(check(given)) == ["gap"]


def test_events_missed_at_the_very_end() -> None:
    histories = [watcher(draft(1), draft(2)), watcher(draft(1))]
    truth = Snapshot("e", 2, {}, {})
    found = check(
        account(histories=histories, deliveries=[], cast={"p": []}, lists={}, truth=truth)
    )
    assert "gap" in rules(found)


def test_a_revision_that_goes_back() -> None:
    assert rules(told(draft(1), draft(2), draft(1))) == ["WentBack"]
    assert rules(told(draft(1), draft(2), registered(1))) == ["WentBack"]
    assert told(draft(1), draft(2), registered(0, epoch="later"), draft(1)) == []


def test_a_recovery_into_another_epoch() -> None:
    assert rules(told(draft(1), registered(1, recovered=True, epoch="later"))) == ["WentBack"]
    assert told(draft(1), registered(1, recovered=True), draft(2)) == []


def test_the_same_revision_with_another_event() -> None:
    histories = [watcher(draft(1, "x")), watcher(draft(1, "y"))]
    found = check(account(histories=histories, deliveries=[], cast={"p": []}, lists={}))
    assert rules(found) == ["order"]


@pytest.mark.parametrize(
    "moves",
    [
        [ended(1)],
        [started(1), started(2)],
        [started(1), ended(2), ended(3)],
    ],
    ids=["ends without a start", "starts twice", "ends twice"],
)
def test_an_illegal_move(moves: list[Event]) -> None:
    assert rules(told(*moves)) == ["IllegalMove"]


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


CONTINUOUS = {"continuous": {"pause": 1.0}}


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


def test_a_run_that_messages_somebody_on_the_do_not_contact_list() -> None:
    def broken(started_at: int, until: int | None, listed: set[str], at: int = 180) -> list[str]:
        books = account(
            avoided=[Avoided("a", 100, until)],
            of_runs=[OfRun("a", started_at, at), OfRun("b", 150, 180)],
            not_to_contact=listed,
        )
        return rules(check(books))

    assert broken(150, 200, set()) == ["avoided"]
    assert broken(150, None, {"a"}) == ["avoided"]
    assert broken(100, 200, set()) == broken(150, 200, set(), at=200) == []
    assert broken(50, None, {"b"}) == ["dropped"]


def test_a_malformed_event() -> None:
    assert rules(told(placed("messageUpdated", 1, profileId="p"))) == ["malformed"]
    assert rules(told(placed("somethingElse", 1, profileId="p"))) == ["malformed"]


def test_an_end_that_is_not_the_truth() -> None:
    truth = Snapshot("e", 4, {KEY: replace(COMPLETED, away=True)}, {KEY: DRAFT})
    assert rules(check(account(truth=truth))) == ["end", "end"]
