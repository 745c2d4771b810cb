"""``alphasync doctor``, as it is typed: its lines, its JSON, and how it ends."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness import cluster
from tests.integration.command_line.programs import SECRET, alphasync

pytestmark = pytest.mark.slow
KEYS = ("what", "ok", "level", "text")
"""Of a finding, in this order; ``remedy`` may follow."""


async def test_doctor_finds_everything_well(redis_url: str) -> None:
    async with (
        cluster(redis_url) as running,
        alphasync(
            "doctor", REDIS_URL=redis_url, JWT_SECRET=SECRET, GATEWAY_URL=running.sandbox.url
        ) as process,
    ):
        await process.exit()
        found = findings(process.out)
        for what in ("secret", "redis", "clock", "gateway"):
            assert found[what][0] == "ok", process.out
        console = found["console"][0] == "ok"
        assert (await process.exit() == 0) is console
        assert found["redis"][1].startswith(("Valkey ", "Redis "))


async def test_doctor_finds_what_is_wrong(free_port: int) -> None:
    settings = {
        "REDIS_URL": f"redis://127.0.0.1:{free_port}",
        "GATEWAY_URL": f"http://127.0.0.1:{free_port}",
        "JWT_SECRET": "short",
    }
    async with alphasync("doctor", **settings) as process:
        assert await process.exit() == 1
        found = findings(process.out)
        for what, name in (
            ("redis", "REDIS_URL"),
            ("gateway", "GATEWAY_URL"),
        ):
            assert found[what][0] == "FAIL", process.out
            assert name in found[what][1]
        assert found["secret"] == (
            "WEAK",
            "JWT_SECRET is shorter than 32 bytes. Use `openssl rand -base64 48`",
        )
        assert "Traceback" not in process.out + process.err


async def said_as_json(**settings: str) -> tuple[int, dict[str, Any]]:
    async with alphasync("doctor", "--json", **settings) as process:
        code = await process.exit()
        assert "Traceback" not in process.err
        said = json.loads(process.out)
    assert set(said) == {"ok", "findings"}
    for finding in said["findings"]:
        assert tuple(finding)[:4] == KEYS
        assert set(finding) <= {*KEYS, "remedy"}
        assert finding["ok"] is (finding["level"] == "ok")
        assert finding["level"] in ("ok", "weak", "broken")
    assert said["ok"] is all(finding["ok"] for finding in said["findings"])
    assert code == (0 if said["ok"] else 1)
    return code, {finding["what"]: finding for finding in said["findings"]}


async def test_as_json(redis_url: str) -> None:
    given = {"REDIS_URL": redis_url, "JWT_SECRET": SECRET, "GATEWAY_URL": "sandbox"}
    code, found = await said_as_json(**given)
    assert code == 0
    assert set(found) == {"secret", "hosts", "console", "redis", "clock", "gateway"}
    code, found = await said_as_json(TOKEN_TTL="30d", **given)
    assert code == 1
    assert found["token_ttl"]["level"] == "weak"
    assert "TOKEN_TTL" in found["token_ttl"]["remedy"]


@pytest.mark.parametrize(
    ("setting", "value", "what"),
    [
        ("PORT", "nonsense", "settings"),
        ("LOCK_TTL", "1s", "settings"),
        ("REDIS_URL", "redis://:hidden@127.0.0.1:{free_port}", "redis"),
        ("REDIS_URL", "redis://hidden@127.0.0.1", "redis"),
        ("JWT_SECRET", '"hidden', "secret"),
    ],
)
async def test_as_json_where_no_server_could_start(
    tmp_path: Path, free_port: int, setting: str, value: str, what: str
) -> None:
    value = value.format(free_port=free_port)
    given = {"ALPHASYNC_DATA_DIR": str(tmp_path), "REDIS_URL": "memory://", setting: value}
    async with alphasync("doctor", "--json", **given) as process:
        await process.exit()
        assert "hidden" not in process.out + process.err
    code, found = await said_as_json(**given)
    assert code == 1
    assert not found[what]["ok"]


async def test_as_json_with_a_log_beside_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o770)
    given = {"ALPHASYNC_DATA_DIR": str(data), "REDIS_URL": "memory://"}
    code, found = await said_as_json(**given)
    assert code == 1
    assert found["data_dir"]["level"] == "weak", "as it was found"
    assert found["secret"]["ok"], "closed, and the key made"


def findings(text: str) -> dict[str, tuple[str, str]]:
    """What the doctor looked at: whether it is well, and the words."""
    found = {}
    for line in text.strip().splitlines():
        verdict, what, words = line.split(maxsplit=2)
        found[what] = (verdict, words)
    return found
