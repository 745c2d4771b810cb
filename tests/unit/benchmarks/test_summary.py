"""The words in front of all figures, and pages that are as their templates."""

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.results import Results
from benchmarks.summary import summary
from benchmarks.works import fanout, idle, latency

ABOUT = {"machine": {}, "versions": {}, "rounds": 2, "quick": False, "failed": {}}


def figures() -> Results:
    results = Results(ABOUT)

    def add(work: str, case: str, metric: str, ours: float, nodes: float) -> None:
        for peer, value in (("alphasync", ours), ("node", nodes)):
            for slowness in (1, 3):  # a slow round counts once
                results.add(work, case, peer, metric, "", value * slowness)

    for place, size in enumerate((fanout.SIZES[0], fanout.SIZES[2])):
        add(fanout.WORK, fanout.case(size, fanout.BURST), fanout.PER_DELIVERY, 50, 100 + place)
    add(fanout.WORK, fanout.case(fanout.SIZES[0], fanout.BURST), fanout.VALKEY, 40, 20)
    add(idle.WORK, "many", idle.MEMORY, 9, 18)
    add(idle.WORK, "many", idle.VALKEY, 40, 20)
    add(latency.WORK, latency.CASE, latency.P50, 1, 2)
    add(latency.WORK, latency.CASE, latency.P99, 2, 4)
    return results


def test_it_says_what_a_core_a_server_and_redis_do() -> None:
    assert " ".join(summary(figures()).split()) == (
        "- **One core** delivers 10,000 events per second in rooms of 3, 2.00 times Node's, and "
        "10,000 in rooms of 100, 2.02 times Node's. "
        "- **One server** keeps a silent device in 18 KB, 0.50 times Node's, and hands on what is "
        "typed in 2.00 ms, 99 of 100 times within 4.00 ms. "
        "- **One Redis**, which all servers share, carries 12,000 typed texts per second, 0.50 "
        "times Node's, or 12,000 devices that connect, 0.50 times Node's."
    )


def test_what_was_not_measured_is_not_said() -> None:
    assert summary(Results(ABOUT)) == ""


@pytest.mark.parametrize("template", report.PAGES)
def test_a_page_is_as_its_template(template: str) -> None:
    """Whatever is written into the page alone is gone when it is made the next time."""
    text = (Path(report.__file__).with_name(template)).read_text()
    page = report.ROOT / "docs" / report.PAGES[template]
    assert page.read_text() == report.page(Results.load(report.DEFAULT_JSON), text)


def test_more_than_two_others_are_told_with_commas() -> None:
    results = figures()
    for peer in ("bun", "stock"):
        results.add(idle.WORK, "many", peer, idle.MEMORY, "", 9)
    told = " ".join(summary(results).split())
    assert "0.50 times Node's, 1.00 times Bun's and 1.00 times python-socketio's, and" in told
