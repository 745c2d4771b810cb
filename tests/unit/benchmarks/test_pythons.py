"""Which Pythons take part, and what is said of them."""

import sys
from pathlib import Path

import pytest

from benchmarks import pythons
from benchmarks.results import Results
from benchmarks.summary import gained
from benchmarks.works import fanout
from benchmarks.works.pythons import SIZES, WORK

OWN = "{}.{}".format(*sys.version_info)


def test_the_one_that_runs_this_needs_no_other_environment() -> None:
    assert pythons.installed(OWN) == Path(sys.executable)


def test_a_shim_that_points_nowhere_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(pythons.NoPython, match="this machine has none"):
        pythons.installed("3.99")


def test_what_a_newer_one_gains_is_told_by_the_versions_not_by_the_letters() -> None:
    results = Results({})
    for name, cost in (("Python 3.9.2", 10.0), ("Python 3.13.0", 8.0), ("Python 3.11.7", 9.0)):
        for size in SIZES:
            case = fanout.case(size, fanout.BURST)
            results.add(WORK, case, name, fanout.PER_DELIVERY, "µs", cost)
    assert gained(results) == (
        "Python 3.13.0, of Python 3.9.2's CPU: "
        "0.80 in rooms of 3, bursts, 0.80 in rooms of 100, bursts."
    )


def test_one_alone_gains_nothing() -> None:
    assert "not known" in gained(Results({}))
