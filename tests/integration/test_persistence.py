"""Whether doctor notes that Redis may lose in a crash who was messaged."""

import tempfile
from pathlib import Path

import pytest

from alphasync.config import Settings
from alphasync.doctor import examine
from tests.harness import SECRET, Valkey


@pytest.mark.parametrize(
    ("options", "noted"),
    [
        ((), "appendonly is off"),
        (("--appendonly", "yes"), "appendfsync is everysec"),
        (("--appendonly", "yes", "--appendfsync", "always"), None),
        (("--rename-command", "CONFIG", "", "--appendonly", "yes"), None),
    ],
)
async def test_doctor_notes_what_a_crash_may_cost(
    options: tuple[str, ...], noted: str | None
) -> None:
    with tempfile.TemporaryDirectory(prefix="as-", dir="/tmp") as folder:
        server = Valkey(Path(folder), *options)
        await server.start()
        settings = Settings(redis_url=server.url, jwt_secret=SECRET)
        try:
            found = {finding.what: finding async for finding in examine(settings)}["redis"]
        finally:
            server.stop()
    assert found.ok
    assert ("Note: " in found.text) == (noted is not None), found.text
    assert (noted or "") in found.text
