"""The metrics of a worker, in processes of their own: the library looks once where they go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from alphasync.telemetry import FILE_SIZE, FILES, FOLDER, IDENTITY

COUNT = "from alphasync import telemetry as t; t.sessions.inc(); t.resyncs.inc(2);"
NO_ROOM = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
SHOW = "print(t.shared, t.exposition().decode())"


def run(script: str, folder: Path, identity: str = "1") -> str:
    environment = {**os.environ, FOLDER: str(folder), IDENTITY: identity}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_files_have_their_room_before_they_are_mapped(tmp_path: Path) -> None:
    run(COUNT, tmp_path)
    files = {file.name: file.stat() for file in tmp_path.iterdir()}
    assert set(files) == {f"{kind}_1.db" for kind in FILES}, "the library's own names"
    for found in files.values():
        assert found.st_size == FILE_SIZE
        assert found.st_blocks * 512 >= FILE_SIZE, "no hole in it"


@pytest.mark.slow
def test_workers_are_counted_together_and_a_dead_ones_counts_go_on(tmp_path: Path) -> None:
    run(COUNT, tmp_path)
    shown = run(COUNT + SHOW, tmp_path, "2")
    assert "True" in shown
    assert "alphasync_sessions 2.0" in shown
    shown = run(COUNT + SHOW, tmp_path)
    assert "alphasync_resyncs_total 6.0" in shown


def test_without_room_a_worker_counts_for_itself(tmp_path: Path) -> None:
    shown = run(NO_ROOM + COUNT + SHOW, tmp_path)
    assert "False" in shown
    assert "alphasync_sessions 1.0" in shown
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        "shutil.rmtree(f)",
        "[os.unlink(f + '/' + n) for n in os.listdir(f)]",
        "open(f + '/counter_2.db', 'w').close()",
        "open(f + '/counter_2.db', 'w').write('x' * 9000)",
        "os.symlink('nowhere', f + '/counter_2.db')",
    ],
)
def test_whatever_became_of_the_files_there_is_an_answer(tmp_path: Path, damage: str) -> None:
    script = f"import os, shutil; {COUNT} f = os.environ[{FOLDER!r}]; {damage};" + SHOW
    folder = tmp_path / "metrics"
    folder.mkdir()
    shown = run(script, folder)
    assert "alphasync_sessions 1.0" in shown
    assert "alphasync_resyncs_total 2.0" in shown


@pytest.mark.slow
def test_a_tally_is_shown_as_the_histogram_that_it_is(tmp_path: Path) -> None:
    values = "(0.0005, 0.001, 0.003, 60)"
    note = COUNT + f"[t.command_seconds.observe(s) for s in {values}];"
    run(note + "t.count_up()", tmp_path)
    shown = run(note + SHOW, tmp_path, "2")
    assert "# TYPE alphasync_command_seconds histogram" in shown
    assert "_tally" not in shown
    for line in (
        'alphasync_command_seconds_bucket{le="0.001"} 4.0',
        'alphasync_command_seconds_bucket{le="0.005"} 6.0',
        'alphasync_command_seconds_bucket{le="10.0"} 6.0',
        'alphasync_command_seconds_bucket{le="+Inf"} 8.0',
        "alphasync_command_seconds_count 8.0",
    ):
        assert line in shown, "of both workers"


@pytest.mark.slow
def test_process_figures_are_those_of_all_workers(tmp_path: Path) -> None:
    spend = COUNT + "[0 for _ in range(10**6)];"
    run(spend + "t.count_up();", tmp_path)
    shown = run(spend + SHOW, tmp_path, "2")
    for name in ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "start_time_seconds"):
        [value] = [
            float(line.split()[1])
            for line in shown.splitlines()
            if line.startswith(f"process_{name} ")
        ]
        assert value > 0, name


@pytest.mark.slow
def test_the_files_hold_all_that_may_be_counted(tmp_path: Path) -> None:
    """Each command with twenty outcomes, and every other figure with as many."""
    fill = (
        "from alphasync.realtime.handlers import REGISTRY as r\n"
        "from alphasync import telemetry as t\n"
        "codes = ['x' * 20 + str(n) for n in range(20)]\n"
        "[t.commands.labels(e, c).inc() for e in [*r, 'unknown', 'connect'] for c in codes]\n"
        "[t.limits.labels(c + 'x').inc() for c in codes]\n"
        "[t.gateway_answers.labels(g, c).inc() for g in range(5) for c in codes]\n"
        "[t.gateway_seconds.labels(g).observe(1) for g in range(5)]\n"
        "t.count_up()\n"
    )
    run(fill, tmp_path)
    for file in tmp_path.iterdir():
        used = int.from_bytes(file.read_bytes()[:4], sys.byteorder)
        assert 0 < used < FILE_SIZE, (file.name, used)


@pytest.mark.parametrize(
    "figure",
    [
        'alphasync_takeovers_total{what="server"}',
        'alphasync_runs_ended_total{how="failed"}',
        'alphasync_runs_ended_total{how="lost"}',
        'alphasync_recipients_total{outcome="uncertain"}',
    ],
)
def test_what_an_alert_goes_by_is_there_before_it_happens(tmp_path: Path, figure: str) -> None:
    assert f"{figure} 0.0" in run(f"from alphasync import telemetry as t; {SHOW}", tmp_path)
