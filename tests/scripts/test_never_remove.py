"""never_remove: a recipient whom runs may message again."""

import msgspec
import pytest

from alphasync.domain.events import DoNotContactChanged
from alphasync.errors import NotForThisToken
from tests.scripts.bench import Bench


async def test_who_is_removed_is_claimed_again(bench: Bench) -> None:
    await bench.avoid("r1", "asked us not to")
    await bench.avoid("r2")
    async with bench.verify(DoNotContactChanged) as made:
        assert await bench.allow("r1") == (1, 1)
    assert bench.last("never_remove") == "OK"
    assert (made[0].device_id, made[0].added, made[0].removed, made[0].count) == ("d1", 0, 1, 1)
    assert await bench.client.hkeys(bench.names.never_notes) == [b"r2"]
    await bench.claim(await bench.start(), 1, "r1")


async def test_who_is_not_on_it_changes_nothing(bench: Bench) -> None:
    await bench.avoid("r1")
    async with bench.verify():
        assert await bench.allow("r2") == (0, 1)


async def test_the_last_one_leaves_nothing_behind(bench: Bench) -> None:
    await bench.avoid("r1")
    await bench.client.hset(bench.names.never_notes, "r0", "{}")
    await bench.allow("r1")
    assert not await bench.client.exists(bench.names.never, bench.names.never_notes)
    await bench.start()


async def test_a_token_for_some_profiles_adds_and_does_not_remove(bench: Bench) -> None:
    bench.who = msgspec.structs.replace(bench.who, profiles=frozenset({"1001"}))
    await bench.avoid("r1")
    with pytest.raises(NotForThisToken):
        await bench.allow("r1")
    assert (await bench.avoided()).in_all == 1
