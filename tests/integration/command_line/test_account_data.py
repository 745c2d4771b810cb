"""``alphasync export`` and ``alphasync erase``: all that is kept of an account."""

import json
import os
import pty
import stat
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis, RedisCluster

from alphasync.account_data import erase, export
from alphasync.services.plan_notes import PlanNote
from alphasync.store import keys
from alphasync.store.connect import make_client, make_store
from alphasync.store.scripts.limits import Lifetimes
from tests.harness import Cluster, Device, Valkey, wait_until
from tests.integration.command_line.programs import (
    alphasync,
    alphasync_that_asks,
    one_line_of_refusal,
)

pytestmark = pytest.mark.slow
OWN = keys.of_account("o:demo")


def lines(text: str | bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


async def typed(device: Device, message: str = "Hello") -> None:
    payload = {"profileId": "1001", "type": "chat", "message": message}
    assert (await device.call("updateMessage", payload))["ok"]


async def exported(url: str, *options: str) -> list[dict[str, Any]]:
    words = ("export", "--operator", "demo", *options)
    async with alphasync(*words, REDIS_URL=url) as process:
        assert await process.exit() == 0, process.err
        return lines(process.out)


async def test_what_devices_did_is_taken_out(one_server: Cluster, redis_url: str) -> None:
    device = await one_server.device(0)
    await typed(device)
    assert (await device.call("addDoNotContact", {"recipientId": "r9", "note": "asked"}))["ok"]
    assert (await device.start("1001"))["ok"]
    await device.wait_for("processingComplete")
    client = make_client(redis_url)
    await client.hset(OWN.prefix + "news:7", mapping={"a": "b", "api_token": "hush"})
    await client.set(OWN.prefix + "text", "\xff")
    await client.set(OWN.prefix + "tokens:7", "hush")
    found = await exported(redis_url)
    assert found[0] == {"kind": "export", "format": 1, "account": "o:demo"}
    end = found[-1]
    assert end["kind"] == "end"
    assert end["leftOut"]["otherSecret"]["keys"] == 1
    assert end["records"] == Counter(line["kind"] for line in found[1:-1])
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for line in found[1:-1]:
        by_kind.setdefault(line["kind"], []).append(line)
    (draft,) = by_kind["draft"]
    assert (draft["type"], draft["profileId"]) == ("chat", "1001")
    assert draft["fields"]["message"] == "Hello"
    (run,) = by_kind["run"]
    assert run["fields"]["status"] == "completed"
    assert len(by_kind["messaged"]) == int(run["fields"]["sent"])
    assert {*by_kind["messaged"][0]} == {"kind", "type", "profileId", "id", "at"}
    assert [line["id"] for line in by_kind["doNotContact"]] == ["r9"]
    assert by_kind["event"][0]["event"]
    past = by_kind["pastRun"][0]
    assert past["id"] == by_kind["pastRunText"][0]["id"]
    assert past["value"]["operator"] == "demo"
    assert by_kind["runStart"][0]["id"]["operator"] == "demo"
    (kept,) = by_kind["device"]
    assert "name" in kept["fields"]
    assert not {"proof", "token"} & set(kept["fields"])
    assert {"key": "news:7", "id": "a", "value": "b", "kind": "other"} in by_kind["other"]
    assert "hush" not in json.dumps(found)
    every = {key async for key in client.scan_iter(OWN.prefix + "*", count=1000)}
    told = {line.get("key", "") for line in by_kind["other"]}
    assert told == {"news:7", "text"}
    assert len(every) > 10
    await client.aclose()


async def test_what_is_written_to_a_file_is_for_its_owner_only(
    one_server: Cluster, redis_url: str, tmp_path: Path
) -> None:
    await typed(await one_server.device(0))
    out = tmp_path / "demo.jsonl"
    assert await exported(redis_url, "--out", str(out)) == []
    assert lines(out.read_bytes())[-1]["kind"] == "end"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    words = ("export", "--operator", "demo", "--out", str(out))
    async with alphasync(*words, REDIS_URL=redis_url) as process:
        await one_line_of_refusal(process, "--out")


async def test_a_great_list_is_read_in_pages(valkey: Valkey, redis_url: str) -> None:
    client = make_client(redis_url)
    number = 25_000
    await client.zadd(OWN.sent("chat", "1001"), {f"r{n}": n + 1 for n in range(number)})
    written: list[bytes] = []
    records = await export.export(client, "o:demo", written.append)
    assert records == {"messaged": number}
    assert {json.loads(line).get("id") for line in written[1:-1]} == {
        f"r{n}" for n in range(number)
    }
    await client.aclose()


async def test_a_file_that_does_not_become_whole_is_not_left_behind(tmp_path: Path) -> None:
    out = tmp_path / "demo.jsonl"
    words = ("export", "--operator", "demo", "--out", str(out))
    async with alphasync(*words, REDIS_URL="redis://127.0.0.1:1") as process:
        await one_line_of_refusal(process, "REDIS_URL")
    assert not out.exists()


@pytest.mark.parametrize("command", ["export", "erase"])
async def test_an_account_has_to_be_named(valkey: Valkey, command: str) -> None:
    for words in ((), ("--operator", "7", "--team", "x"), ("--operator", ""), ("--team", "a\tb")):
        async with alphasync(command, *words, REDIS_URL=valkey.url) as process:
            await one_line_of_refusal(process, "--operator")


async def erased(url: str, *options: str, exits: int) -> tuple[str, str]:
    async with alphasync("erase", "--operator", "demo", *options, REDIS_URL=url) as process:
        assert await process.exit() == exits, process.err
        assert "Traceback" not in process.err
        return process.out, process.err


async def kept(client: Redis) -> set[bytes]:
    return {key async for key in client.scan_iter(OWN.prefix + "*", count=1000)}


async def test_all_of_an_account_is_removed_and_nothing_of_another(
    valkey: Valkey, redis_url: str
) -> None:
    client = make_client(redis_url)
    assert isinstance(client, Redis)
    other = keys.of_account("o:demo2")
    for names in (OWN, other):
        await client.zadd(names.sent("chat", "1"), {"r": 1})
        await client.hset(names.draft("chat", "1"), "message", "Hello")
        await client.set(names.prefix + "unknown", "x")
        note = PlanNote(names.account, "chat", "1", "0a" * 8).encode()
        await client.zadd(keys.PLANS, {note: 1, b"not ours": 2})
        await client.zadd(keys.WEBHOOKS, {names.account: 1})
    marks = [keys.tries("whose", "a" * 64), keys.tries("whose", "b" * 64)]
    for mark, names in zip(marks, (OWN, other), strict=True):
        await client.hset(mark, mapping={"account": names.account, "operator": "demo"})
    ended = OWN.signed_out("demo").encode()
    await client.hset(ended, "logins", "5")
    before = await kept(client)
    out, _ = await erased(redis_url, "--dry-run", exits=0)
    assert "1  messaged" in out
    assert "3 keys of o:demo" in out
    assert "--yes" in (await erased(redis_url, exits=1))[1]
    assert await kept(client) == before
    out, _ = await erased(redis_url, "--yes", exits=0)
    assert "1  planNotes" in out
    assert await kept(client) == {ended}, "tokens that were ended stay so"
    assert "stays: signOut" in out
    assert "1  loginTries" in out
    left = [await client.exists(mark) for mark in marks]
    assert left == [0, 1], "a wrong password would bring its record back"
    assert len([key async for key in client.scan_iter(other.prefix + "*", count=1000)]) == 3
    assert await client.zcard(keys.PLANS) == 2
    assert await client.zrange(keys.WEBHOOKS, 0, -1) == [b"o:demo2"]
    await erased(redis_url, "--yes", exits=0)
    await client.aclose()


async def test_connected_devices_begin_anew_with_nothing(
    one_server: Cluster, redis_url: str
) -> None:
    client = make_client(redis_url)
    assert isinstance(client, Redis)
    a, b = await one_server.device(0), await one_server.device(0)
    await typed(a)
    await b.wait_for("messageUpdated")
    epoch = a.last("deviceRegistered")["epoch"]
    assert "--force" in (await erased(redis_url, "--yes", exits=1))[1]
    assert await client.exists(OWN.draft("chat", "1001"))
    await erased(redis_url, "--yes", "--force", exits=0)
    for device in (a, b):
        assert (await device.wait_for("resync"))["epoch"] != epoch
        assert not device.named("messageSync")
    assert not await client.exists(OWN.draft("chat", "1001"))
    await typed(a, "Again")
    assert (await b.wait_for("messageUpdated", 2))["message"] == "Again"
    await client.aclose()


async def test_a_run_is_stopped_before_it_is_removed(one_server: Cluster, redis_url: str) -> None:
    client = make_client(redis_url)
    assert isinstance(client, Redis)
    device = await one_server.device(0)
    options = {"messageInterval": 5}
    assert (await device.start("1001", **options))["ok"]
    await device.wait_for("processingProgress")
    await erased(redis_url, "--yes", "--force", exits=0)
    stopped = await device.wait_for("processingStopped")
    assert stopped["stoppedBy"] == "administrator"
    await device.wait_for("resync")
    left = {key.decode().removeprefix(OWN.prefix) for key in await kept(client)}
    assert not {name for name in left if name.startswith(("run", "sent", "lock"))}, left
    await client.aclose()


async def test_what_begins_while_a_person_is_asked_is_not_removed(
    one_server: Cluster, redis_url: str
) -> None:
    client = make_client(redis_url)
    assert isinstance(client, Redis)
    await client.zadd(OWN.sent("chat", "1001"), {"r": 1})
    ours, theirs = pty.openpty()
    try:
        words = ("erase", "--operator", "demo")
        async with alphasync_that_asks(theirs, *words, REDIS_URL=redis_url) as process:
            await process.says("keys of o:demo")
            await typed(await one_server.device(0))
            os.write(ours, b"o:demo\n")
            assert "--force" in await one_line_of_refusal(process, "nothing was removed")
    finally:
        os.close(ours)
        os.close(theirs)
    assert await client.exists(OWN.draft("chat", "1001"), OWN.sent("chat", "1001")) == 2
    await client.aclose()


@pytest.fixture
async def erasing(redis_url: str) -> AsyncIterator[erase.Erasing]:
    client, store = make_client(redis_url), make_store(redis_url, Lifetimes())
    store.start()
    await wait_until(lambda: store.pipeline.connected, what="connected")
    yield erase.Erasing(client, store.scripts, "o:demo")
    await store.close()
    await client.aclose()


async def test_a_run_that_began_since_it_was_looked_is_stopped_too(
    one_server: Cluster, redis_url: str, erasing: erase.Erasing
) -> None:
    client = make_client(redis_url)
    device = await one_server.device(0)
    found = await erase.survey(client, "o:demo")
    assert (await device.start("1001", messageInterval=5))["ok"]
    await device.wait_for("processingProgress")
    await erasing.carry_out(found)
    assert (await device.wait_for("processingStopped"))["stoppedBy"] == "administrator"
    await device.wait_for("resync")
    await client.aclose()


async def test_a_plan_that_is_noted_again_meanwhile_leaves_no_note(
    redis_url: str, erasing: erase.Erasing, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client(redis_url)
    note = PlanNote("o:demo", "chat", "1", "0a" * 8).encode()
    looked = erase.survey

    async def joined_meanwhile(asked: Redis | RedisCluster, account: str) -> erase.Survey:
        if await client.exists(OWN.plan("chat", "1", "0a")):
            await client.zadd(keys.PLANS, {note: 1})
        return await looked(asked, account)

    await client.hset(OWN.plan("chat", "1", "0a"), "start_at", "1")
    found = await looked(client, "o:demo")
    monkeypatch.setattr(erase, "survey", joined_meanwhile)
    assert (await erasing.carry_out(found)).plan_notes == 1
    assert not await client.exists(keys.PLANS)
    await client.aclose()
