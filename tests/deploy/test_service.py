"""The systemd unit and its file of settings."""

import configparser
import subprocess
import sys
from pathlib import Path

from tests.deploy.product import DEPLOY, DRAIN, assignments, program, read

UNIT = DEPLOY / "alphasync.service"
INSTALLED = "/opt/alphasync/bin/alphasync"


def service() -> configparser.SectionProxy:
    unit = configparser.RawConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # the documented way
    unit.read(UNIT)
    return unit["Service"]


def test_systemd_accepts_it(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    here = UNIT.read_text().replace(INSTALLED, sys.executable)
    (tmp_path / UNIT.name).write_text(here)
    command = [analyze, "verify", "--man=no", str(tmp_path / UNIT.name)]
    done = subprocess.run(command, capture_output=True, text=True)
    # It says what it does not understand, and succeeds all the same.
    ours = [line for line in done.stderr.splitlines() if "alphasync" in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_it_ends_as_the_server_needs_it() -> None:
    found = service()
    assert found["ExecStart"].startswith(f"{INSTALLED} serve")
    assert float(found["TimeoutStopSec"]) > DRAIN
    # The server itself ends what it has started; nobody else is to be told.
    assert found["KillMode"] == "mixed"


def test_its_settings_are_settings() -> None:
    found = assignments((DEPLOY / "alphasync.env").read_text())
    assert "JWT_SECRET" in found
    assert read(found).env == "production"
