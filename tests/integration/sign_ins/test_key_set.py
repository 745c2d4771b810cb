"""Tokens by the keys of a set that changes, which is had by https or from a file."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from socketio.exceptions import ConnectionError as SocketError
from structlog.testing import capture_logs

from alphasync.config import Settings, WrongSetting
from alphasync.doctor import examine
from alphasync.options import key_set
from alphasync.services import key_set as module
from alphasync.services.key_source import ANSWER_MAX, AtAddress, NotRead
from tests.harness import SECRET, Cluster, Device, cluster, wait_until
from tests.integration.key_server import Answer, KeyServer, key_server

UNREADABLE = "the key set cannot be read: its last keys are used"
NO_KEYS = "the key set cannot be read, and no keys of it are known"


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[KeyServer]:
    async with key_server(tmp_path, "first") as running:
        yield running


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be looked at again at once."""
    monkeypatch.setattr(module, "LOOK_INTERVAL_MIN", 0.0)


async def refused(running: Cluster, token: str, transports: list[str] | None = None) -> None:
    device = Device(running.urls[0], token, transports=transports)
    with pytest.raises(SocketError):
        await device.connect()
    await device.close()


async def status_of(url: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/api/auth/refresh", headers=headers) as response,
    ):
        return response.status


@pytest.mark.parametrize("transports", [["polling"], ["websocket"]])
@pytest.mark.usefixtures("eager")
async def test_a_key_that_is_new_is_looked_for_while_its_bearer_waits(
    redis_url: str, there: KeyServer, transports: list[str]
) -> None:
    async with cluster(redis_url, servers=0) as running:
        url = await running.add_server(**there.settings())
        assert (await running.device(token=there.token("first"), transports=transports)).id
        assert there.asked == 1
        there.add("second")
        assert (await running.device(token=there.token("second"), transports=transports)).id
        there.add("third")
        assert await status_of(url, there.token("third")) == 200
        assert there.asked == 3
        del there.keys["third"]
        there.add("fourth")
        await refused(running, there.token("first", kid="unheard of"), transports)
        assert there.asked == 4


async def test_names_that_are_made_up_have_it_asked_no_more(
    redis_url: str, there: KeyServer
) -> None:
    async with cluster(redis_url, servers=0) as running:
        url = await running.add_server(**there.settings())
        for n in range(10):
            assert await status_of(url, there.token("first", kid=f"made up {n}")) == 401
        await refused(running, there.token("first", kid="made up"))
        assert there.asked == 1


@pytest.mark.usefixtures("eager")
async def test_all_who_wait_at_a_time_have_it_asked_once(
    redis_url: str, there: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEEK_TIMEOUT", 60.0)
    async with cluster(redis_url, servers=0) as running:
        url = await running.add_server(**there.settings())
        there.add("second")
        there.speaks.clear()
        calls = [asyncio.create_task(status_of(url, there.token("second"))) for _ in range(8)]
        devices = [asyncio.create_task(running.device(token=there.token("second")))]
        (server,) = running.servers
        await wait_until(lambda: len(server.realtime.server.environ) == 1)
        await wait_until(lambda: there.asked == 2)
        there.speaks.set()
        assert await asyncio.gather(*calls) == [200] * 8
        assert (await devices[0]).id
        assert there.asked == 2


@pytest.mark.usefixtures("eager")
async def test_who_waits_and_leaves_or_has_waited_long_enough(
    redis_url: str,
    there: KeyServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module, "SEEK_TIMEOUT", 0.2)
    async with cluster(redis_url, servers=0) as running:
        url = await running.add_server(**there.settings())
        there.add("second")
        there.speaks.clear()
        await refused(running, there.token("second"))
        assert await status_of(url, there.token("second")) == 401
        there.speaks.set()
        monkeypatch.setattr(module, "SEEK_TIMEOUT", 60.0)
        assert (await running.device(token=there.token("second"))).id
        known = running.servers[0].realtime.server.environ
        await wait_until(lambda: len(known) == 1)
        there.add("third")
        there.speaks.clear()
        asked = there.asked
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket") as leaving,
        ):
            await leaving.send_str("40" + json.dumps({"token": there.token("third")}))
            await wait_until(lambda: there.asked > asked)
        there.speaks.set()
        await wait_until(lambda: len(known) == 1)
        assert (await running.device(token=there.token("third"))).id
        await wait_until(lambda: len(running.servers[0].realtime.sessions) == 2)
        assert [line for line in caplog.records if line.levelname == "ERROR"] == []


ODD: list[Answer] = [
    (500, "", {}),
    (302, "", {"Location": "/elsewhere"}),
    (200, "{", {}),
    (200, " " * (ANSWER_MAX + 1), {}),
    (200, '{"keys": []}', {}),
    (200, "{}", {"Content-Encoding": "gzip"}),
]


@pytest.mark.usefixtures("eager")
async def test_the_last_keys_are_used_while_there_are_no_others(
    redis_url: str, there: KeyServer
) -> None:
    async with cluster(redis_url, servers=0) as running:
        url = await running.add_server(**there.settings())
        for n, odd in enumerate(ODD):
            there.answer = odd
            with capture_logs() as lines:
                assert await status_of(url, there.token("first", kid=f"another {n}")) == 401
            said = [line["reason"] for line in lines if line["event"] == UNREADABLE]
            assert len(said) == 1, (n, lines)
            assert await status_of(url, there.token("first")) == 200
        there.answer = None
        with capture_logs() as lines:
            assert await status_of(url, there.token("first", kid="another")) == 401
        assert "the key set can be read again" in [line["event"] for line in lines]


async def test_a_server_starts_with_the_keys_that_redis_has(
    redis_url: str, there: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cluster(redis_url, servers=0) as running:
        await running.add_server(**there.settings())
        pipeline = running.servers[0].store.pipeline
        found = key_set(Settings(**there.settings()))
        assert found is not None
        name = found._key
        await wait_until(lambda: pipeline.submit("GET", name), what="kept")
        ttl = await pipeline.submit("TTL", name)
        assert isinstance(ttl, int)
        assert 0 < ttl <= module.KEPT_TTL
        there.answer = (503, "", {})
        with capture_logs() as lines:
            second = await running.add_server(**there.settings())
        assert "the keys are those that Redis has of the key set" in [x["event"] for x in lines]
        assert await status_of(second, there.token("first")) == 200
        # Also where it does not answer at all.
        there.answer = None
        there.speaks.clear()
        monkeypatch.setattr(module, "RECALL_AFTER", 0.1)
        third = await running.add_server(**there.settings())
        assert await status_of(third, there.token("first")) == 200


async def test_a_server_starts_without_keys_and_goes_on_asking(
    redis_url: str, there: KeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_INTERVAL_MIN", 0.05)
    there.answer = (503, "", {})
    async with cluster(redis_url, servers=0) as running:
        with capture_logs() as lines:
            url = await running.add_server(**there.settings())
            await wait_until(lambda: there.asked >= 3)
        said = [line for line in lines if line["event"] == NO_KEYS]
        assert len(said) >= 2
        assert (said[0]["log_level"], said[0]["reason"]) == ("error", "it answered 503")
        assert await status_of(url, running.token()) == 200
        there.answer = None

        async def taken() -> bool:
            return await status_of(url, there.token("first")) == 200

        await wait_until(taken)


async def test_a_key_that_is_taken_out_is_good_until_the_set_is_read_again(
    redis_url: str, there: KeyServer
) -> None:
    async with cluster(redis_url, servers=0) as running:
        fast = {**there.settings(), "jwt_jwks_interval": 30.0}
        url = await running.add_server(**fast)
        there.add("second")
        old = there.token("first")
        del there.keys["first"]
        assert await status_of(url, old) == 200
        found = running.servers[0].key_set
        assert found is not None
        await found.read()
        assert await status_of(url, old) == 401
        assert await status_of(url, there.token("second")) == 200


@pytest.mark.usefixtures("eager")
async def test_a_file_is_read_again(redis_url: str, tmp_path: Path) -> None:
    keys = KeyServer("first")
    file = tmp_path / "jwks.json"
    file.write_text(keys.text())
    async with cluster(redis_url, servers=0) as running:
        url = await running.add_server(jwt_jwks=str(file))
        assert await status_of(url, keys.token("first")) == 200
        keys.add("second")
        file.write_text(keys.text())
        assert (await running.device(token=keys.token("second"))).id
        keys.add("third")
        for text in ("", keys.text()[:-5]):
            file.write_text(text)
            assert await status_of(url, keys.token("third")) == 401
        file.unlink()
        assert await status_of(url, keys.token("third")) == 401
        assert await status_of(url, keys.token("second")) == 200
        file.write_text(keys.text())
        assert await status_of(url, keys.token("third")) == 200


def test_a_file_that_is_of_no_use_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    for text in (None, "{"):
        if text is not None:
            file.write_text(text)
        with pytest.raises(WrongSetting, match=r"^JWT_JWKS: .*jwks\.json: "):
            key_set(Settings(jwt_jwks=str(file)))
    with pytest.raises(WrongSetting, match=r"^JWT_JWKS_CA_FILE: .*jwks\.json: there is no"):
        key_set(Settings(jwt_jwks="https://login.example", jwt_jwks_ca_file=file))


async def test_who_cannot_prove_to_be_the_server_is_not_believed(there: KeyServer) -> None:
    with pytest.raises(NotRead, match="certificate is not valid"):
        await AtAddress(there.url).read()
    assert there.asked == 0


async def test_a_name_that_leads_to_a_link_local_address_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def look_up(_: str, port: int, *__: Any, **___: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(NotRead, match=r"169\.254\.169\.254 .* nothing is asked there"):
        await AtAddress("https://login.example.com/jwks.json").read()


async def test_a_name_that_dns_cannot_have_is_said_as_such() -> None:
    with pytest.raises(NotRead):
        await AtAddress(f"https://{'a' * 70}.example/").read()


async def test_doctor_says_whether_it_can_be_read(there: KeyServer) -> None:
    async def said() -> tuple[bool, str]:
        settings = Settings(jwt_secret=SECRET, redis_url="memory://", **there.settings())
        found = [one async for one in examine(settings) if one.what == "key_set"]
        return found[0].ok, found[0].text

    assert await said() == (True, f"{there.url}, keys that are taken: 1")
    there.answer = (404, "", {})
    assert await said() == (False, f"JWT_JWKS: {there.url}: it answered 404")
