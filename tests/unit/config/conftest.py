"""Settings are read from the environment: the tests begin with none."""

import pytest

from alphasync.config import VARIABLES


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for names in VARIABLES.values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
