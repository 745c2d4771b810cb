"""Who takes gzip, and what is compressed once."""

import asyncio
import gzip

import pytest

from alphasync.web import compressed
from alphasync.web.compressed import GzipCache, accepts_gzip, gzipped


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("GZIP;q=1.0", True),
        ("br, gzip;q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("br, deflate", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("gzipped", False),
    ],
)
def test_who_takes_gzip(header: str, taken: bool) -> None:
    assert accepts_gzip(header) is taken


@pytest.mark.parametrize("size", [0, 1000, compressed.INLINE_MAX, compressed.INLINE_MAX + 1])
async def test_the_same_body_is_the_same_bytes(size: int) -> None:
    body = b"x" * size
    packed = await gzipped(body)
    assert packed == await gzipped(body)
    assert gzip.decompress(packed) == body


async def test_a_body_is_compressed_once_and_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    async def noted(body: bytes) -> bytes:
        asked.append(body)
        return body

    monkeypatch.setattr(compressed, "gzipped", noted)
    monkeypatch.setattr(compressed, "CACHED_MAX", 2)
    cache = GzipCache()
    for body in (b"a", b"b", b"a", b"c", b"a", b"b"):
        assert await cache.gzipped(body) == body
    assert asked == [b"a", b"b", b"c", b"b"], "the one that was not asked for longest is forgotten"


async def test_many_who_ask_at_once_wait_for_the_same_body(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    go_on = asyncio.Event()

    async def noted(body: bytes) -> bytes:
        asked.append(body)
        await go_on.wait()
        return body

    monkeypatch.setattr(compressed, "gzipped", noted)
    cache = GzipCache()
    first, *others = [asyncio.create_task(cache.gzipped(b"a")) for _ in range(40)]
    await asyncio.sleep(0)
    first.cancel()  # its client has gone
    go_on.set()
    assert await asyncio.gather(*others) == [b"a"] * 39
    assert asked == [b"a"]
