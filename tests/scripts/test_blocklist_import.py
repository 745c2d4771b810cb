"""blocklist_import: recipients whom an earlier server messaged, with their own times."""

from typing import Any

import pytest

from alphasync.domain.identity import account_of
from alphasync.errors import BlocklistLost
from alphasync.services.earlier_state import EarlierState, Place, Taken
from tests.scripts.bench import LIFETIMES, Bench
from tests.scripts.deeds import PROFILE

LIFE = round(LIFETIMES.sent * 1000)
HOUR = 3_600_000
PLACE = Place("1", account_of("1", None), PROFILE, "chat")


async def bring(bench: Bench, **entries: int) -> Taken:
    return await EarlierState(bench.scripts).messaged(PLACE, list(entries.items()))


async def scores(bench: Bench) -> dict[str, int]:
    names = sorted(await bench.blocked())
    found = await bench.client.zmscore(bench.names.sent("chat", PROFILE), names) if names else []
    return {name: int(score or 0) for name, score in zip(names, found, strict=True)}


async def test_new_ones_keep_their_times_and_a_repeat_changes_nothing(bench: Bench) -> None:
    now = await bench.now()
    given = {"a": now - 5 * HOUR, "b": now - HOUR}
    assert await bring(bench, **given) == Taken(2, 0, 0)
    assert bench.last("blocklist_import") == "OK"
    assert await scores(bench) == given
    names = (bench.names.sent("chat", PROFILE), bench.names.tally("chat", PROFILE))
    before = [await bench.client.dump(name) for name in names]
    assert await bring(bench, **given) == Taken(0, 0, 0)
    assert [await bench.client.dump(name) for name in names] == before


async def test_the_later_time_wins_and_none_is_shortened(bench: Bench) -> None:
    now = await bench.now()
    await bring(bench, a=now - 5 * HOUR, b=now - HOUR)
    assert await bring(bench, a=now - 2 * HOUR, b=now - 9 * HOUR) == Taken(0, 1, 0)
    assert await scores(bench) == {"a": now - 2 * HOUR, "b": now - HOUR}


async def test_what_is_past_its_life_is_left_out(bench: Bench) -> None:
    now = await bench.now()
    assert await bring(bench, a=now - LIFE, b=now - LIFE + HOUR) == Taken(1, 0, 1)
    assert set(await scores(bench)) == {"b"}
    assert await bring(bench, a=now - LIFE) == Taken(0, 0, 1)


async def test_a_time_that_is_still_to_come_counts_once_and_from_now_on(bench: Bench) -> None:
    now = await bench.now()
    assert await bring(bench, a=now + 5 * HOUR) == Taken(1, 0, 0)
    first = await scores(bench)
    assert now <= first["a"] < now + HOUR
    assert await bring(bench, a=now + 5 * HOUR) == Taken(0, 0, 0)
    assert await scores(bench) == first


async def test_the_list_lives_as_long_as_its_newest_entry(bench: Bench) -> None:
    now = await bench.now()
    await bring(bench, a=now - LIFE + HOUR, b=now - LIFE + 2 * HOUR)
    for name in (bench.names.sent("chat", PROFILE), bench.names.tally("chat", PROFILE)):
        assert HOUR < await bench.ttl(name) * 1000 <= 2 * HOUR
    await bench.claim(await bench.start(), 1, "c")
    await bring(bench, d=now - LIFE + HOUR)
    for name in (bench.names.sent("chat", PROFILE), bench.names.tally("chat", PROFILE)):
        assert await bench.ttl(name) * 1000 > LIFE - HOUR, "that of a run's is not shortened"


async def test_a_server_that_keeps_entries_for_longer_still_does(bench: Bench) -> None:
    now = await bench.now()
    tally = bench.names.tally("chat", PROFILE)
    theirs: dict[Any, Any] = {
        "lifetime": 2 * LIFE,
        "lifetime_until": now + LIFE,
        "until": now + 2 * LIFE,
    }
    await bench.client.hset(tally, mapping=theirs)
    await bench.client.zadd(bench.names.sent("chat", PROFILE), {"x": now})
    await bring(bench, a=now - HOUR)
    assert await bench.field(tally, "lifetime") == str(2 * LIFE)
    assert await bench.field(tally, "lifetime_until") == str(now + LIFE)
    assert await bench.field(tally, "until") == str(now + 2 * LIFE)


async def test_a_list_that_was_lost_stays_known_as_lost(bench: Bench) -> None:
    await bench.claim(await bench.start(), 1, "r1")
    await bench.client.delete(bench.names.sent("chat", PROFILE))
    with pytest.raises(BlocklistLost):
        await bring(bench, a=await bench.now() - HOUR)
    assert bench.last("blocklist_import") == "LIST_LOST"
    assert await scores(bench) == {}
    await bench.stop()
    with pytest.raises(BlocklistLost):
        await bench.start()


async def test_a_run_leaves_them_out(bench: Bench) -> None:
    await bring(bench, a=await bench.now() - HOUR)
    ticket = await bench.start()
    with pytest.raises(AssertionError, match="was on the blocklist"):
        await bench.claim(ticket, 1, "a")
    assert await bench.blocklist.blocked(ticket, ["a", "b"]) == {"a"}
