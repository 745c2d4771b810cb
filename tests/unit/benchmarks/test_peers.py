"""Who takes part, and what of them there is to say."""

import pytest

from benchmarks import __main__ as command
from benchmarks import bun, node, tables
from benchmarks.results import Results
from benchmarks.targets import OURS, judge
from benchmarks.works import fanout

ABOUT = {"machine": {}, "versions": {}, "rounds": 1, "quick": False, "failed": {}}


def figures(*peers: str) -> Results:
    results = Results(ABOUT)
    for size in fanout.SIZES:
        for burst in (1, fanout.BURST):
            for cost, peer in enumerate((OURS, *peers), 3):
                case = fanout.case(size, burst)
                results.add(fanout.WORK, case, peer, fanout.PER_DELIVERY, "µs", cost)
    return results


def test_what_is_not_to_be_had_is_left_out_and_why_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_node() -> None:
        raise node.NoNode("no npm")

    def no_bun() -> None:
        raise bun.NoBun("none for this machine")

    monkeypatch.setattr(node, "install", no_node)
    monkeypatch.setattr(bun, "install", no_bun)
    assert list(command.peers(command.arguments([]))) == ["alphasync", "stock", "floor"]
    assert capsys.readouterr().out == "Without Node: no npm\nWithout Bun: none for this machine\n"


def test_only_who_takes_part_is_brought_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted() -> None:
        raise AssertionError

    monkeypatch.setattr(node, "install", unwanted)
    monkeypatch.setattr(bun, "install", unwanted)
    assert list(command.peers(command.arguments(["--peers", "floor"]))) == ["floor"]


def test_bun_has_targets_and_a_column_where_it_was_measured() -> None:
    results = figures("node", "bun")
    found = [(one.target.theirs[2], one.target.met(one.ratio)) for one in judge(results)]
    assert found == [("node", False)] * 8 + [("bun", True)] * 8  # 3 of 4, and 3 of 5
    head, *_ = tables.rows(results, fanout.WORK, fanout.PER_DELIVERY)
    assert head == ["", "alphasync", "Node", "Bun"]


def test_bun_has_none_where_it_was_not() -> None:
    results = figures("node")
    assert {one.target.theirs[2] for one in judge(results)} == {"node"}
    head, *_ = tables.rows(results, fanout.WORK, fanout.PER_DELIVERY)
    assert head == ["", "alphasync", "Node"]
