"""The checker of histories: each rule catches the history that breaks it, and no other."""

import pytest
from msgspec.structs import replace

from alphasync.domain.snapshot import Snapshot
from tests.faults.books import Avoided, Event, History, Lists, OfRun, Opening
from tests.faults.checker import check
from tests.faults.told import (
    COMPLETED,
    DRAFT,
    KEY,
    OWN,
    account,
    cleared,
    draft,
    ended,
    messaged,
    placed,
    registered,
    rules,
    started,
    told,
    watcher,
)


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
