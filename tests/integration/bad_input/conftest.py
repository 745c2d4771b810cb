"""Bad input is expected, and said so in a plain line."""

import gc
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Bad input is expected: it writes no traceback and leaves no task that failed unseen."""
    with structlog.testing.capture_logs() as entries:
        yield
        gc.collect()  # a task that failed unseen says so when it is collected
    assert not [record for record in caplog.records if record.exc_info], caplog.text
    assert "Traceback" not in caplog.text
    assert not [entry for entry in entries if entry["log_level"] in ("error", "critical")]
