"""Figures that are kept beside those of other works, and pages that say what was measured."""

from typing import Any

import pytest

from benchmarks import scaling
from benchmarks.results import Results
from benchmarks.works import growth

ABOUT: dict[str, Any] = {
    "machine": {"cores": 2},
    "versions": {"Python": "3.11.7"},
    "rounds": 3,
    "quick": False,
    "failed": {"idle": "why"},
}


def figures() -> Results:
    results = Results(ABOUT)
    for work in ("idle", "fanout"):
        results.add(work, "case", "alphasync", "metric", "µs", 1.0)
    return results


def test_the_other_works_stay() -> None:
    kept = figures().beside({**ABOUT, "failed": {}}, ["fanout"])
    assert [one.work for one in kept.series] == ["idle"]
    assert kept.about["failed"] == {"idle": "why"}


def test_a_work_that_is_measured_anew_has_not_failed() -> None:
    assert figures().beside({**ABOUT, "failed": {}}, ["idle"]).about["failed"] == {}


@pytest.mark.parametrize("what", ["machine", "versions", "rounds", "quick"])
def test_figures_that_cannot_be_compared_are_not_put_together(what: str) -> None:
    with pytest.raises(ValueError, match=what):
        figures().beside({**ABOUT, what: "another"}, ["fanout"])


def test_what_was_not_measured_is_not_on_the_page() -> None:
    for part in scaling.PARTS:
        assert scaling.table(figures(), part) == scaling.NOT_MEASURED
    assert scaling.limits(figures()) == scaling.NOT_MEASURED
    assert scaling.simulated(figures()) == scaling.NOT_MEASURED


def test_a_part_has_its_cases_as_rows_and_its_metrics_as_columns() -> None:
    results = Results(ABOUT)
    for case, value in ((growth.spread_case(3), 30.0), (growth.spread_case(1), 10.0)):
        results.add(growth.WORK, case, growth.PEER, growth.PER_COMMAND, "µs", value)
    results.add(growth.WORK, growth.FULL, growth.PEER, growth.PER_COMMAND, "µs", 5.0)
    assert scaling.table(results, "spread").splitlines() == [
        "|  | the servers' CPU per command, µs |",
        "| --- | ---: |",
        "| on 1 server | 10.0 (10.0 to 10.0) |",
        "| on 3 servers | 30.0 (30.0 to 30.0) |",
    ]


def test_limits_are_for_a_whole_core_and_told_in_two_figures() -> None:
    results = Results(ABOUT)
    results.add(growth.WORK, growth.FULL, growth.PEER, growth.COMMANDS, "per second", 3_456.0)
    results.add(growth.WORK, growth.FULL, growth.PEER, growth.SHARE, "%", 50.0)
    *_, row = scaling.limits(results).splitlines()
    assert row.endswith("| 6,900 |")
