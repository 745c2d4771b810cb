"""terms_tell: servers on one Redis that differ in what they must agree on."""

from typing import Any

import msgspec
import pytest

from alphasync.membership.terms import Agreement, Terms, terms_of
from alphasync.store import keys
from alphasync.store.scripts.limits import Lifetimes
from tests.scripts.bench import LIFETIMES, Bench

SECRET = "the secret of all servers, long enough"


def agreement(bench: Bench, *secrets: str, **lifetimes: float) -> Agreement:
    changed: Lifetimes = msgspec.structs.replace(LIFETIMES, **lifetimes)
    return Agreement(bench.scripts, terms_of(secrets or (SECRET,), changed))


async def lives(bench: Bench, name: str, seconds: float = 8) -> None:
    await bench.client.zadd(keys.LEASES, {name: await bench.now() + seconds * 1000})


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({}, []),
        ({"sent": 86400.0}, ["BLOCKLIST_TTL"]),
        ({"lock": 60.0, "run": 70.0}, ["LOCK_TTL", "RUN_TTL"]),
        ({"draft": 1.0, "device": 60.0}, ["DEVICE_TTL", "DRAFT_TTL"]),
    ],
)
async def test_what_differs_is_named(bench: Bench, other: dict[str, Any], named: list[str]) -> None:
    await lives(bench, "a")
    assert await agreement(bench).tell("a") == []
    assert await agreement(bench, **other).tell("b") == named
    assert bench.last("terms_tell") == "OK"


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (["old"], ["new"], False),
        (["old"], ["old", "new"], True),
        (["old", "new"], ["new", "old"], True),
        (["new", "old"], ["new"], True),
        (["old"], ["new", "old"], False),
        (["new"], ["old", "new"], False),
        (["old", "new"], ["new"], False),
    ],
)
async def test_keys_may_be_changed_server_by_server_in_the_right_order(
    bench: Bench, one: list[str], other: list[str], agree: bool
) -> None:
    await lives(bench, "a")
    assert await agreement(bench, *one).tell("a") == []
    named = await agreement(bench, *other, sent=86400.0).tell("b")
    assert named == ["BLOCKLIST_TTL"] + ([] if agree else ["JWT_SECRET"])


async def test_a_server_of_before_keys_were_listed_has_one(bench: Bench) -> None:
    await lives(bench, "a")
    said = msgspec.to_builtins(terms_of(("old",), LIFETIMES))
    del said["OLDER_KEYS"]
    await bench.client.hset(keys.TERMS, "a", msgspec.json.encode(said))
    assert await agreement(bench, "old", "new").tell("b") == []
    assert await agreement(bench, "new", "old").tell("b") == ["JWT_SECRET"]


async def test_only_live_servers_count_and_of_others_nothing_stays(bench: Bench) -> None:
    await lives(bench, "gone", -1)
    await lives(bench, "back")
    await agreement(bench, "an earlier secret, long enough for it").tell("gone")
    await agreement(bench, "an earlier secret, long enough for it").tell("resigned")
    assert await agreement(bench).tell("back") == []
    assert set(await bench.client.hkeys(keys.TERMS)) == {b"back"}
    assert await agreement(bench).tell("back") == [], "its own of before do not count"


async def test_terms_of_another_version_are_left_alone(bench: Bench) -> None:
    await lives(bench, "a")
    await bench.client.hset(keys.TERMS, "a", '{"LOCK_TTL": 3, "NEW": true}')
    assert await agreement(bench).tell("b") == []


async def test_the_secret_cannot_be_read_from_it(bench: Bench) -> None:
    await agreement(bench).tell("a")
    raw = await bench.client.hget(keys.TERMS, "a")
    assert raw is not None
    assert SECRET.encode() not in raw
    found = msgspec.json.decode(raw, type=Terms).JWT_SECRET
    assert found not in (SECRET, terms_of((SECRET + " ",), LIFETIMES).JWT_SECRET)
    assert len(found) == 16
