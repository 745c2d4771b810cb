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
