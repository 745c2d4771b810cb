"""A Redis that answers and is of no use: the start, doctor and ``/readyz`` say what is missing."""

import asyncio
import contextlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from alphasync.app import build
from alphasync.checks import CannotStart, check_redis
from alphasync.config import Settings
from alphasync.doctor import examine
from alphasync.gateway.sandbox import start_sandbox
from alphasync.store.connect import make_client
from tests.harness import PATIENCE, SECRET, Valkey, be_patient_with_redis, cluster, wait_until
from tests.stores.kinds import KINDS, Servers

pytestmark = [pytest.mark.faults, pytest.mark.slow]

USER = "~as:* &as:* &socketio +@all -@admin -@dangerous +info"
"""What docs/redis.md gives to a server."""
MISSING: list[tuple[str, str, str]] = [
    ("no channels", "resetchannels", "channels: &as:\\* and &socketio are needed"),
    ("another's channels", "resetchannels &other:*", "channels: &as:\\*"),
    ("not the stock channel", "resetchannels &as:*", "channels: .*&socketio"),
    ("not the events' channels", "resetchannels &as:probe:* &socketio", "channels: &as:\\*"),
    ("no keys", "resetkeys", "keys: ~as:\\* is needed"),
    ("another's keys", "resetkeys ~other:*", "keys: ~as:\\*"),
    ("read-only keys", "resetkeys %R~as:*", "keys: ~as:\\*"),
    ("no EVALSHA", "-evalsha", "\\+evalsha is needed"),
    ("no EVAL", "-eval", "\\+eval is needed"),
    ("no scripts", "-@scripting", "\\+(evalsha|script\\|load) is needed"),
    ("no SCRIPT LOAD", "-script|load", "\\+script\\|load is needed"),
    ("no PUBLISH", "-publish", "\\+publish is needed"),
    ("no SUBSCRIBE", "-subscribe", "\\+subscribe is needed"),
    ("no writing", "-@write", "\\+\\w+ is needed"),
    ("no reading", "-@read", "\\+\\w+ is needed"),
    ("no sorted sets", "-@sortedset", "\\+z\\w+ is needed"),
    ("no streams", "-@stream", "\\+xadd is needed"),
    ("no HSET", "-hset", "\\+hset is needed"),
    ("no TIME", "-time", "\\+time is needed"),
    ("no ZMSCORE", "-zmscore", "\\+zmscore is needed"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    folder = Path(tempfile.mkdtemp(prefix="as-rights-"))
    valkey = Valkey(folder)
    asyncio.run(valkey.start())
    yield valkey
    valkey.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=["valkey", "debian"])
def each_kind(request: pytest.FixtureRequest) -> Iterator[Servers]:
    """They differ in what they say of a script that may not do something."""
    folder = Path(tempfile.mkdtemp(prefix="as-rights-"))
    servers = KINDS[request.param](folder)
    asyncio.run(servers.start())
    yield servers
    servers.stop()
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def admin(server: Servers) -> AsyncIterator[Any]:
    client = make_client(server.url)
    try:
        yield client
    finally:
        await client.aclose()


async def user(server: Servers, rules: str) -> str:
    """The address for a user who has these rights and no others."""
    async with admin(server) as client:
        await client.execute_command(
            "ACL", "SETUSER", "server", "reset", "on", ">s3cret-pw", *USER.split(), *rules.split()
        )
    return server.url.replace("://", "://server:s3cret-pw@")


async def findings(url: str) -> dict[str, tuple[bool, str]]:
    found = [finding async for finding in examine(settings(url))]
    return {finding.what: (finding.ok, finding.text) for finding in found}


def settings(url: str, **given: Any) -> Settings:
    return Settings(redis_url=url, jwt_secret=SECRET, gateway_url="sandbox", **given)


async def refusal(url: str) -> str:
    with pytest.raises(CannotStart) as caught:
        await check_redis(settings(url), url, wait=False)
    return str(caught.value)


@contextlib.asynccontextmanager
async def serving(url: str) -> AsyncIterator[str]:
    """A server that was started when all was well, or so it seemed; gives its address."""
    sandbox = await start_sandbox("127.0.0.1", 0)
    built = build(settings(url), url, sandbox.url)
    starting = asyncio.create_task(built.start())
    try:
        runner, port = await built.listen("127.0.0.1", 0)
        yield f"http://127.0.0.1:{port}"
        await runner.cleanup()
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await built.stop()
        await sandbox.close()


async def readiness(web: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(f"{web}/readyz") as response:
        return response.status, (await response.json()).get("message", "")


async def becomes(web: str, status: int) -> str:
    async with asyncio.timeout(PATIENCE):
        while (found := await readiness(web))[0] != status:
            await asyncio.sleep(0.05)
    return found[1]


async def test_the_documented_rights_are_enough(server: Valkey) -> None:
    url = await user(server, "")
    await check_redis(settings(url), url, wait=False)
    assert (await findings(url))["redis"][0]
    async with cluster(url, 1) as servers:
        assert await becomes(servers.urls[0], 200) == ""
        a, b = await servers.pair()
        await a.call("updateMessage", {"profileId": "p", "type": "chat", "message": "Hello"})
        await b.wait_for("messageUpdated", message="Hello")


@pytest.mark.parametrize(
    ("rules", "named"), [row[1:] for row in MISSING], ids=[r[0] for r in MISSING]
)
async def test_a_right_that_is_missing_is_named(
    each_kind: Servers, rules: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_patient_with_redis(monkeypatch, 15.0)
    url = await user(each_kind, rules)
    said = await refusal(url)
    assert re.search(named, said), said
    assert "s3cret-pw" not in said
    ok, text = (await findings(url))["redis"]
    assert not ok
    assert re.search(named, text), text


PASSWORDS = [
    ("server:s3cret-pw@", "server:wr0ng@", "the user or the password is wrong"),
    ("server:s3cret-pw@", "nobody:wr0ng@", "the user or the password is wrong"),
    ("server:s3cret-pw@", ":wr0ng@", "it has no password for this user"),
]


@pytest.mark.parametrize(("right", "given", "named"), PASSWORDS)
async def test_a_wrong_password_is_named(
    each_kind: Servers, right: str, given: str, named: str
) -> None:
    url = (await user(each_kind, "")).replace(right, given)
    await check_password(url, named)


async def test_a_password_that_is_missing_is_named(server: Valkey) -> None:
    async with admin(server) as client:
        await client.config_set("requirepass", "s3cret-pw")
        try:
            await check_password(server.url, "it asks for a password")
            wrong = server.url.replace("://", "://:wr0ng@")
            await check_password(wrong, "the user or the password is wrong")
        finally:
            await client.config_set("requirepass", "")


async def check_password(url: str, named: str) -> None:
    said = await refusal(url)
    ok, text = (await findings(url))["redis"]
    assert not ok
    for words in (said, text):
        assert named in words
        assert "Start Redis" not in words
        assert "wr0ng" not in words


async def test_a_right_that_only_doctor_needs(server: Valkey) -> None:
    url = await user(server, "-info")
    await check_redis(settings(url), url, wait=False)
    ok, text = (await findings(url))["redis"]
    assert (ok, text.endswith("+info is needed")) == (False, True), text


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ("resetchannels", "&as:\\* and &socketio"),
        ("-evalsha", "\\+evalsha"),
        ("-publish", "\\+publish|published"),
        ("resetkeys", "~as:\\*"),
        ("-@stream", "\\+xadd"),
    ],
)
async def test_a_right_that_is_withdrawn_and_given_back(
    server: Valkey, rules: str, named: str
) -> None:
    url = await user(server, "")
    async with cluster(url, 1) as servers:
        web = servers.urls[0]
        await becomes(web, 200)
        device = await servers.device()
        await user(server, rules)
        await names(web, named)
        # Whoever is here gets an answer; whoever comes is let in once all is well.
        draft = {"profileId": "p", "type": "chat", "message": "Hello"}
        ack = await asyncio.wait_for(device.call("updateMessage", draft), PATIENCE)
        assert ack["ok"] or (ack["code"], ack["retryable"]) == ("store_unavailable", True)
        await user(server, "")
        await becomes(web, 200)
        await (await servers.device()).wait_for("deviceRegistered")


async def test_reconnects_back_off_though_tcp_connects(server: Valkey) -> None:
    url = await user(server, "resetchannels")
    async with admin(server) as client, serving(url) as web:
        await names(web, "&as:")
        before = (await client.info("stats"))["total_connections_received"]
        await asyncio.sleep(3)
        made = (await client.info("stats"))["total_connections_received"] - before
    assert made <= 12, "once a second each, with jitter, not ten times"


async def test_a_read_only_replica() -> None:
    folder = Path(tempfile.mkdtemp(prefix="as-replica-"))
    follower = Valkey(folder, "--replicaof", "127.0.0.1", "1", "--replica-serve-stale-data", "yes")
    try:
        await follower.start()
        assert "read-only replica" in await refusal(follower.url)
        assert "read-only replica" in (await findings(follower.url))["redis"][1]
        async with serving(follower.url) as web:
            assert "read-only replica" in await becomes(web, 503)
    finally:
        follower.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def test_no_memory_left(server: Valkey) -> None:
    async with admin(server) as client, serving(server.url) as web:
        await becomes(web, 200)
        used = (await client.info("memory"))["used_memory"]
        await client.config_set("maxmemory", used // 2)
        try:
            assert "out of memory" in await refusal(server.url)
            assert "out of memory" in (await findings(server.url))["redis"][1]
            await names(web, "out of memory")
        finally:
            await client.config_set("maxmemory", 0)
        await becomes(web, 200)


async def names(web: str, text: str) -> None:
    """Wait until what ``/readyz`` says has the text."""

    async def named() -> bool:
        return re.search(text, (await readiness(web))[1]) is not None

    await wait_until(named, what=text)


async def test_waiting_goes_on_until_the_right_is_there(server: Valkey) -> None:
    url = await user(server, "-publish")
    waiting = asyncio.create_task(check_redis(settings(url), url, wait=True))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    await user(server, "")
    await asyncio.wait_for(waiting, PATIENCE)


async def test_asking_often_costs_little(server: Valkey) -> None:
    async with admin(server) as client, serving(server.url) as web:
        await becomes(web, 200)
        before = (await client.info("stats"))["total_commands_processed"]
        await asyncio.gather(*(readiness(web) for _ in range(100)))
        after = (await client.info("stats"))["total_commands_processed"]
    assert after - before < 400, "most are told what was found out a moment ago"
