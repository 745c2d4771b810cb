"""How many workers serve: what is asked for, what the machine has, what can be shared."""

from pathlib import Path
from typing import Any

import pytest

from alphasync.checks import CannotStart
from alphasync.config import Settings
from alphasync.store.embedded.valkey_process import EmbeddedUnavailable
from alphasync.supervisor import count
from alphasync.supervisor.count import cores, default_count, worker_count


def settings(**given: Any) -> Settings:
    return Settings(**{"redis_url": "redis://localhost", "workers": None, **given})


@pytest.mark.parametrize(("usable", "workers"), [(1, 1), (2, 1), (3, 3), (16, 16)])
def test_one_per_core_where_there_are_many(usable: int, workers: int) -> None:
    assert default_count(usable) == workers


def test_the_default_goes_by_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "cores", lambda: 6)
    assert worker_count(settings()) == 6
    assert worker_count(settings(workers=2)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max 100000\n", 8),
        ("400000 100000\n", 4),
        ("250000 100000\n", 2),
        ("50000 100000\n", 1),
        ("nonsense", 8),
        (None, 8),
    ],
)
def test_a_container_may_use_less_than_the_machine_has(
    text: str | None, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    quota = tmp_path / "cpu.max"
    if text is not None:
        quota.write_text(text)
    assert cores(quota) == expected


def no_binary() -> None:
    raise EmbeddedUnavailable("no_binary", "not on this platform")


@pytest.mark.parametrize(
    "given", [{"redis_url": "memory://"}, {"redis_url": None}, {"internal_port": 7000}]
)
def test_what_cannot_be_shared_is_served_by_one(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count, "cores", lambda: 8)
    monkeypatch.setattr(count, "find_binary", no_binary)
    assert worker_count(settings(**given)) == 1
    assert worker_count(settings(workers=1, **given)) == 1
    with pytest.raises(CannotStart, match="WORKERS: 2"):
        worker_count(settings(workers=2, **given))


def test_the_embedded_valkey_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count, "find_binary", lambda: Path("/bin/valkey-server"))
    assert worker_count(settings(redis_url=None, workers=4)) == 4
