"""A compressed body is refused on every path, and never unpacked: it may hold gigabytes."""

import asyncio
import gzip
import json
import time

import aiohttp
import pytest

from tests.harness import Cluster

PATHS = ["/api/auth/login", "/api/auth/refresh", "/socket.io/?EIO=4&transport=polling", "/nowhere"]
BOMB = gzip.compress(bytes(100 * 1024 * 1024))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "gzip, identity", "rot13"])
async def test_a_compressed_body_is_refused(one_replica: Cluster, path: str, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    async with (
        aiohttp.ClientSession(one_replica.urls[0]) as web,
        web.post(path, data=b"not what it says", headers=headers) as response,
    ):
        assert response.status == 415
        assert json.loads(await response.text())["code"] == "unsupported_encoding"


async def test_bodies_that_unpack_to_much_hold_nobody_up(one_replica: Cluster) -> None:
    """Twenty of them unpack to 2,000 MB: seconds of the loop, were they unpacked."""

    async def send(web: aiohttp.ClientSession, path: str) -> int:
        headers = {"Content-Encoding": "gzip"}
        async with web.post(path, data=BOMB, headers=headers) as response:
            return response.status

    async with aiohttp.ClientSession(one_replica.urls[0]) as web:
        before = time.process_time()
        statuses = await asyncio.gather(*(send(web, PATHS[at % 4]) for at in range(20)))
        spent = time.process_time() - before
    assert statuses == [415] * 20
    assert spent < 1.0


async def test_a_deeply_nested_login_is_a_bad_request(one_replica: Cluster) -> None:
    headers = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(one_replica.urls[0]) as web,
        web.post("/api/auth/login", data=b"[" * 8000, headers=headers) as response,
    ):
        assert response.status == 400
