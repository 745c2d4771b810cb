"""What the frequent scripts ask of Redis, call by call, and how they spare calls."""

from collections import Counter

import pytest

from alphasync.store.scripts.limits import EDITS_TTL, LOG_TTL, META_TTL
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE

OVERHEAD = Counter({"fcall": 1, "info": 1})


async def calls(bench: Bench) -> Counter[str]:
    stats = await bench.client.info("commandstats")
    return Counter({name[8:]: int(entry["calls"]) for name, entry in stats.items()})


async def test_a_key_stroke_is_nine_calls(real: Bench) -> None:
    await real.type("a")
    for text in ("ab", "abc"):
        before = await calls(real)
        await real.type(text)
        spent = await calls(real) - before - OVERHEAD
        # The account's order, the text and its place, the log, what was done to the text.
        assert spent == {
            "time": 1,
            "hmget": 2,
            "zscore": 1,
            "hincrby": 1,
            "hset": 1,
            "xadd": 2,
            "publish": 1,
        }


async def test_a_recipient_is_nineteen_calls(real: Bench) -> None:
    ticket = await real.start()
    settled = await real.claim(ticket, 2, "r2", await real.claim(ticket, 1, "r1"))
    before = await calls(real)
    await real.claim(ticket, 3, "r3", settled)
    spent = await calls(real) - before - OVERHEAD
    # The run, its lock, the blocklist and its tally, the lists that it or they are on; the event.
    assert spent == {
        "time": 1,
        "hmget": 4,
        "exists": 2,
        "zscore": 3,
        "zrem": 1,
        "zadd": 1,
        "hdel": 1,
        "hset": 1,
        "pexpire": 2,
        "hincrby": 1,
        "xadd": 1,
        "publish": 1,
    }


async def test_a_device_that_comes_is_thirty_one_calls(real: Bench) -> None:
    for number in range(2):
        await real.devices.join(real.who, f"s{number}", "phone")
    before = await calls(real)
    await real.devices.join(real.who, "s2", "phone")
    spent = await calls(real) - before - OVERHEAD
    # It is noted as the server's, whose notes are given their life once a second.
    assert spent.pop("sadd") == 1
    assert spent.pop("pexpire") in (3, 4)
    assert spent == {
        "time": 1,
        "hget": 5,
        "exists": 1,
        "hmget": 4,
        "hset": 4,
        "hlen": 1,
        "hvals": 1,
        "zadd": 2,
        "zcard": 1,
        "zrange": 1,
        "zrangebyscore": 3,
        "zremrangebyrank": 1,
        "hincrby": 1,
        "xadd": 1,
        "publish": 1,
    }


async def test_the_list_of_who_is_here_lives_as_long_as_it_should(bench: Bench) -> None:
    await bench.devices.join(bench.who, "s1", "phone")
    roster, told = f"{bench.names.devices}:roster", f"{bench.names.devices}:told"
    for since, is_due in ((60_000, False), (900_000, True)):
        await bench.client.hset(told, "renewed", await bench.now() - since)
        for key in (roster, told):
            await bench.client.expire(key, 100)
        await bench.devices.join(bench.who, f"after {since}", "phone")
        for key in (roster, told):
            assert (await bench.ttl(key) > 7200) is is_due, key
    await bench.client.delete(roster)
    await bench.devices.join(bench.who, "another", "phone")
    assert await bench.ttl(roster) > 7200


def lives(bench: Bench) -> dict[str, int]:
    """What a key stroke writes: the least that it lives."""
    edits = f"{bench.names.drafts}:edits:chat:{PROFILE}"
    draft = bench.names.draft("chat", PROFILE)
    return {bench.names.log: LOG_TTL, bench.names.meta: META_TTL, draft: 7200, edits: EDITS_TTL} | {
        bench.names.drafts: 7200
    }


async def given(bench: Bench, since: int) -> None:
    """Have lives been given anew so many ms ago, with all keys about to end."""
    at = await bench.now() - since
    await bench.client.hset(bench.names.meta, "kept", at)
    await bench.client.hset(bench.names.draft("chat", PROFILE), "renewed", at)
    for key in lives(bench):
        await bench.client.expire(key, 100)


async def test_what_was_written_lives_as_long_as_it_should_from_the_last_stroke(
    bench: Bench,
) -> None:
    await bench.type("a")
    for key, least in lives(bench).items():
        assert least < await bench.ttl(key) <= least * 9 / 8, key
    for since in (-300_000, 225_000):
        await given(bench, since)
        await bench.type("ab")
        for key, least in lives(bench).items():
            assert least < await bench.ttl(key), key


async def test_lives_are_not_given_anew_while_they_are_long_enough(bench: Bench) -> None:
    await bench.type("a")
    await given(bench, 60_000)
    await bench.type("ab")
    for key in lives(bench):
        assert await bench.ttl(key) <= 100, key


@pytest.mark.parametrize("gone", ["log", "edits", "draft", "meta"])
async def test_what_is_written_anew_has_an_end(bench: Bench, gone: str) -> None:
    """As after an eviction, while lives are long enough."""
    await bench.type("a")
    await given(bench, 60_000)
    key = {
        "log": bench.names.log,
        "edits": f"{bench.names.drafts}:edits:chat:{PROFILE}",
        "draft": bench.names.draft("chat", PROFILE),
        "meta": bench.names.meta,
    }[gone]
    await bench.client.delete(key)
    await bench.type("ab")
    assert await bench.ttl(key) > lives(bench)[key]


async def test_an_earlier_version_beside_this_one(bench: Bench) -> None:
    """It gives each life anew at each stroke, knows no time of that, and starts from no record."""
    await bench.type("a")
    await bench.client.hdel(bench.names.meta, "kept")
    await bench.client.hdel(bench.names.draft("chat", PROFILE), "renewed")
    for key in lives(bench):
        await bench.client.expire(key, 100)
    await bench.type("ab")
    for key, least in lives(bench).items():
        assert least < await bench.ttl(key), key
