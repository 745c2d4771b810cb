"""What is compressed on the wire, for whom, and what never is."""

import gzip
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from alphasync.gateway.port import Recipient
from alphasync.gateway.sandbox import People
from alphasync.gateway.sandbox.people import Account, person
from tests.harness import Cluster, cluster
from tests.integration.http.asking import DEMO, HANDLE, login

pytestmark = pytest.mark.any_redis
MANY = 500
TAKES_IT = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
async def crowded(redis_url: str) -> AsyncIterator[Cluster]:
    profiles = [person(str(n), f"Person {n}", [Recipient("r", "")]) for n in range(MANY)]
    people = People.of(
        [
            Account(
                DEMO["email"],
                DEMO["password"],
                "demo",
                {p.profile.external_id: p for p in profiles},
            )
        ]
    )
    async with cluster(redis_url, people=people) as running:
        yield running


def plain_client(url: str) -> aiohttp.ClientSession:
    """One that shows bodies as they came, and says nothing of encodings by itself."""
    return aiohttp.ClientSession(url, auto_decompress=False, skip_auto_headers=["Accept-Encoding"])


async def test_a_long_list_of_profiles_is_a_tenth_on_the_wire(crowded: Cluster) -> None:
    async with plain_client(crowded.urls[0]) as http:
        handle = {HANDLE: (await login(http))["alphaDateToken"]}
        async with http.get("/api/profiles", headers=handle) as answer:
            assert "Content-Encoding" not in answer.headers
            assert "Accept-Encoding" in answer.headers["Vary"]
            whole = await answer.read()
        async with http.get("/api/profiles", headers={**handle, **TAKES_IT}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "Accept-Encoding" in answer.headers["Vary"]
            packed = await answer.read()
            assert answer.headers["Content-Length"] == str(len(packed))
    assert gzip.decompress(packed) == whole
    assert len(json.loads(whole)) == MANY
    assert len(packed) * 10 < len(whole)


async def test_the_files_of_the_console_are_compressed(one_server: Cluster) -> None:
    build = one_server.servers[0].console.build
    async with plain_client(one_server.urls[0]) as http:
        for name, content in build.files.items():
            async with http.get(f"/static/{build.name}/{name}", headers=TAKES_IT) as answer:
                body = await answer.read()
                large = len(content) >= 1024
                assert answer.headers.get("Content-Encoding") == ("gzip" if large else None), name
                assert answer.headers["Vary"] == "Accept-Encoding"
                assert "immutable" in answer.headers["Cache-Control"]
                assert (gzip.decompress(body) if large else body) == build.served(name)
        async with http.get("/", headers=TAKES_IT) as answer:
            assert gzip.decompress(await answer.read()) == build.page


async def test_an_answer_with_a_token_is_never_compressed(one_server: Cluster) -> None:
    async with (
        plain_client(one_server.urls[0]) as http,
        http.post("/api/auth/login", json=DEMO, headers=TAKES_IT) as answer,
    ):
        assert answer.status == 200
        assert "Content-Encoding" not in answer.headers
        assert len(await answer.read()) > 300
