"""When a server counts as overloaded."""

from alphasync.strain import CALM_LOOKS, LATE, LATE_LOOKS, UNREAD, Strain


def noted(strain: Strain, *late: float, unread: int = 0) -> list[bool]:
    found = []
    for each in late:
        strain.note(each, unread)
        found.append(strain.overloaded)
    return found


def test_what_has_come_and_waits_counts_as_much() -> None:
    assert noted(Strain(), *[0.0] * LATE_LOOKS, unread=UNREAD)[-1]
    assert not any(noted(Strain(), *[0.0] * 20, unread=UNREAD - 1))


def test_it_takes_some_looks_in_a_row() -> None:
    assert noted(Strain(), *[LATE] * LATE_LOOKS) == [*[False] * (LATE_LOOKS - 1), True]


def test_one_late_timer_is_nothing() -> None:
    strain = Strain()
    for _ in range(20):
        assert not any(noted(strain, *[60.0] * (LATE_LOOKS - 1), 0.0))


def test_it_is_over_after_two_calm_looks_in_a_row() -> None:
    strain = Strain()
    noted(strain, *[LATE] * LATE_LOOKS)
    assert all(noted(strain, 0.0, LATE, 0.0, LATE))
    assert noted(strain, *[0.0] * CALM_LOOKS) == [*[True] * (CALM_LOOKS - 1), False]
    assert not any(noted(strain, *[LATE] * (LATE_LOOKS - 1)))
