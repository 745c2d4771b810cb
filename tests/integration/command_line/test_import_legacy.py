"""``alphasync import-legacy``: what an earlier server kept, brought in from its Redis."""

import json
import signal
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from alphasync.services.earlier_state import RUN_LEFT
from alphasync.store import keys
from alphasync.store.connect import make_client
from tests.harness import Cluster, Valkey, wait_until
from tests.integration.command_line.programs import (
    START_WITHIN,
    Process,
    alphasync,
    one_line_of_refusal,
)

pytestmark = pytest.mark.slow
OWN = keys.of_account("o:demo")
GARBAGE: dict[bytes, bytes] = {
    b"sent:demo:1001:bad:chat": b"{",
    b"sent:demo:1001:late:sms": b"{}",
    b"message:\xff:1001:chat": b"{}",
    b"message:demo:1001:2:chat": json.dumps({"message": "x", "timestamp": 10**12}).encode(),
    b"processing:demo:1009:chat": b"[1, 2, 3]",
    b"message:demo:1008:chat": b'"' + b"x" * 200_000 + b'"',
}


@pytest.fixture
def source_url(valkey: Valkey) -> str:
    """Another database of the same Redis: the keys of the two do not meet."""
    return f"{valkey.url}?db=1"


Both = tuple[Redis, Redis]


@pytest.fixture
async def both(redis_url: str, source_url: str) -> AsyncIterator[Both]:
    """Clients of this server's Redis, and of the earlier one's."""
    target, source = make_client(redis_url), make_client(source_url)
    assert isinstance(target, Redis)
    assert isinstance(source, Redis)
    yield target, source
    for client in (target, source):
        await client.flushdb()
        await client.aclose()


def earlier(at: int) -> dict[Any, Any]:
    """As the earlier server wrote it."""
    sent: dict[Any, Any] = {
        f"sent:demo:1001:r{number}:chat": {
            "messageHash": "x",
            "sentAt": at - number,
            "recipientId": f"r{number}",
            "type": "chat",
        }
        for number in range(500)
    }
    return {
        **sent,
        "sent:demo:1001:old:chat": {"sentAt": at - 31 * 86_400_000, "recipientId": "old"},
        "message:demo:1001:chat": {"message": "Hello", "deviceId": "d1", "timestamp": at},
        "processing:demo:1001:chat": {
            "isProcessing": True,
            "current": 2,
            "total": 10,
            "operatorId": "demo",
            "profileId": "1001",
            "type": "chat",
            "startedAt": at,
            "lastUpdate": at,
            "deviceId": "d1",
        },
        "processing:demo:1002:chat": {
            "isProcessing": False,
            "current": 10,
            "total": 10,
            "startedAt": at,
            "lastUpdate": at,
        },
    }


async def fill(client: Redis, *, garbage: bool = True) -> None:
    await client.flushdb()
    at = int(time.time() * 1000) - 60_000
    await client.mset({key: json.dumps(value) for key, value in earlier(at).items()})
    if garbage:
        await client.mset(GARBAGE)
        await client.rpush("sent:demo:1001:list:chat", "1")
        await client.set("device:demo:d1", "{}")


async def dumped(*clients: Redis) -> list[dict[bytes | str, Any]]:
    return [
        {key: await client.dump(key) for key in sorted(await client.keys("*"))}
        for client in clients
    ]


async def bring(valkey: Valkey, source_url: str, *options: str, exits: int) -> Process:
    words = ("import-legacy", "--from", source_url, *options)
    async with alphasync(*words, REDIS_URL=valkey.url) as process:
        assert await process.exit() == exits, process.err
        assert "Traceback" not in process.err
        return process


async def test_all_comes_in_once_and_what_is_not_usable_is_named(
    valkey: Valkey, source_url: str, both: Both
) -> None:
    target, source = both
    await fill(source)
    before = await dumped(source, target)

    dry = json.loads((await bring(valkey, source_url, "--dry-run", "--json", exits=3)).out)
    assert await dumped(source, target) == before, "nothing was written"
    did = json.loads((await bring(valkey, source_url, "--json", exits=3)).out)
    for said in (dry, did):
        assert (said["sent"]["new"], said["sent"]["old"], said["sent"]["unusable"]) == (500, 1, 3)
        assert (said["message"]["new"], said["message"]["unusable"]) == (1, 3)
        assert said["processing"] == {
            "new": 1,
            "later": 0,
            "known": 0,
            "old": 0,
            "ended": 1,
            "unusable": 1,
        }
        assert said["others"] == 1
        assert said["finished"]
        named = [key for left in said["leftOut"].values() for key in left["examples"]]
        assert len(named) == 7
        assert r"message:\xff:1001:chat" in named
    assert (dry["dryRun"], did["dryRun"]) == (True, False)
    assert await dumped(source) == before[:1], "it is only read"
    assert await target.zcard(OWN.sent("chat", "1001")) == 500
    assert await target.hget(OWN.draft("chat", "1001"), "message") == b"Hello"
    assert await target.hget(OWN.run("chat", "1001"), "status") == b"interrupted"
    assert not await target.exists(OWN.run("chat", "1002"))

    own = [key for key in await target.keys("*") if b"{replicas}" not in key]
    first = {key: await target.dump(key) for key in own}
    again = json.loads((await bring(valkey, source_url, "--json", exits=3)).out)
    assert (again["sent"]["new"], again["sent"]["known"]) == (0, 500)
    assert (again["message"]["known"], again["processing"]["known"]) == (1, 1)
    assert {key: await target.dump(key) for key in own} == first, "a repeat changes nothing"


async def test_devices_see_drafts_and_runs_at_once(
    valkey: Valkey, source_url: str, both: Both, one_server: Cluster
) -> None:
    _, source = both
    await fill(source, garbage=False)
    device = await one_server.device(0)
    text = (await bring(valkey, source_url, exits=0)).out
    assert "done in" in text
    told = await device.wait_for("messageUpdated")
    assert (told["message"], told["profileId"]) == ("Hello", "1001")
    ended = await device.wait_for("processingInterrupted")
    assert (ended["reason"], ended["current"], ended["total"]) == (RUN_LEFT, 2, 10)
    payload = {"profileId": "1001", "type": "chat", "message": "Mine"}
    assert (await device.call("updateMessage", payload))["ok"]
    await bring(valkey, source_url, exits=0)
    late = await one_server.device(0)
    assert (await late.wait_for("messageSync"))["message"] == "Mine", "the newer one stays"


async def test_broken_off_it_leaves_what_is_counted_and_a_repeat_brings_the_rest(
    valkey: Valkey, source_url: str, both: Both
) -> None:
    target, source = both
    at, number = int(time.time() * 1000) - 1000, 60_000  # more than is gathered
    for start in range(0, number, 10_000):
        await source.mset(
            {f"sent:demo:1001:{n}:chat": f'{{"sentAt":{at}}}' for n in range(start, start + 10_000)}
        )
    sent = OWN.sent("chat", "1001")
    words = ("import-legacy", "--from", source_url, "--json")
    async with alphasync(*words, REDIS_URL=valkey.url) as process:

        async def begun() -> bool:
            # What came first is counted by then: a part is, once its answer is there.
            return process.ended or await target.zcard(sent) > 10_000

        await wait_until(begun, START_WITHIN, what="it writes")
        assert not process.ended, process.err
        process.signal(signal.SIGINT)
        assert await process.exit() == 130
        said = json.loads(process.out)
        assert not said["finished"]
    there = await target.zcard(sent)
    assert 0 < said["sent"]["new"] <= there < number
    await bring(valkey, source_url, exits=0)
    assert await target.zcard(sent) == number


async def test_it_goes_to_the_account_of_a_team(
    valkey: Valkey, source_url: str, both: Both
) -> None:
    target, source = both
    at = int(time.time() * 1000) - 60_000
    entries = {f"sent:{who}:1001:of {who}:chat": {"sentAt": at} for who in ("demo", "8", "9")}
    await source.mset({key: json.dumps(value) for key, value in entries.items()})
    async with alphasync(
        *("import-legacy", "--from", source_url, "--team", "red"), REDIS_URL=valkey.url
    ) as process:
        assert "--operator" in await one_line_of_refusal(process, "--team")
    options = ("--team", "red", "--operator", "demo", "--operator", "8", "--json")
    said = json.loads((await bring(valkey, source_url, *options, exits=0)).out)
    assert (said["sent"]["new"], said["others"]) == (2, 1)
    red = keys.of_account("t:red").sent("chat", "1001")
    assert set(await target.zrange(red, 0, -1)) == {b"of demo", b"of 8"}
    assert not await target.exists(OWN.sent("chat", "1001"))
    await bring(valkey, source_url, "--operator", "9", exits=0)
    assert await target.exists(keys.of_account("o:9").sent("chat", "1001"))
    assert not await target.exists(OWN.sent("chat", "1001"))


@pytest.mark.parametrize(
    "source", ["redis://127.0.0.1:1", "http://x", "redis+cluster://127.0.0.1:7000", "unix:///no"]
)
async def test_a_source_that_is_none(valkey: Valkey, source: str) -> None:
    async with alphasync("import-legacy", "--from", source, REDIS_URL=valkey.url) as process:
        await one_line_of_refusal(process, "--from")


async def test_a_list_that_was_lost_is_not_made_whole_by_it(
    valkey: Valkey, source_url: str, both: Both
) -> None:
    target, source = both
    await fill(source, garbage=False)
    until = int(time.time() * 1000) + 3_600_000
    await target.hset(OWN.tally("chat", "1001"), "until", str(until))
    for options in (("--dry-run", "--json"), ("--json",)):
        said = json.loads((await bring(valkey, source_url, *options, exits=3)).out)
        assert (said["sent"]["new"], said["sent"]["unusable"]) == (0, 501)
        assert ["clear the blocklist" in reason for reason in said["leftOut"]] == [True]
    assert not await target.exists(OWN.sent("chat", "1001"))
