"""blocklist_prune: entries past their life are dropped, in pages."""

import itertools

from alphasync.store.scripts.limits import PAGE_PRUNED_MAX
from tests.scripts.bench import LIFETIMES, Bench
from tests.scripts.deeds import PROFILE

EXPIRED = 2 * PAGE_PRUNED_MAX + 1


async def fill(bench: Bench) -> None:
    """Some that are past their life, and one who is not yet."""
    sent, tally = bench.names.sent("chat", PROFILE), bench.names.tally("chat", PROFILE)
    now, life = await bench.now(), round(LIFETIMES.sent * 1000)
    long_ago = {f"old{number}": now - life - 1 - number for number in range(EXPIRED)}
    await bench.client.zadd(sent, {**long_ago, "fresh": now - life + 60_000})
    await bench.client.hset(tally, mapping={"lifetime": life, "until": now + life})


async def test_all_are_dropped_and_no_command_drops_more_than_a_page(bench: Bench) -> None:
    await fill(bench)
    sent = bench.names.sent("chat", PROFILE)
    left, call = [EXPIRED + 1], bench.scripts.call

    async def counted(*args: object, **how: object) -> object:
        answer = await call(*args, **how)  # type: ignore[arg-type]
        left.append(await bench.client.zcard(sent))
        return answer

    bench.scripts.call = counted  # type: ignore[method-assign,assignment]
    await bench.blocklist.prune(await bench.start())
    assert await bench.blocked() == {"fresh"}
    dropped = [before - after for before, after in itertools.pairwise(left)]
    assert dropped == [0, PAGE_PRUNED_MAX, PAGE_PRUNED_MAX, 1]  # the run's start drops none
    outcomes = [c.outcome for c in bench.scripts.calls if c.name == "blocklist_prune"]
    assert outcomes == ["MORE", "MORE", "OK"]


async def test_exactly_a_page_takes_one_command(bench: Bench) -> None:
    await fill(bench)
    sent = bench.names.sent("chat", PROFILE)
    await bench.client.zremrangebyrank(sent, 0, EXPIRED - PAGE_PRUNED_MAX - 1)
    await bench.blocklist.prune(await bench.start())
    assert await bench.blocked() == {"fresh"}
    assert [c.name for c in bench.scripts.calls].count("blocklist_prune") == 1


async def test_a_list_of_which_nothing_is_left_is_not_taken_for_lost(bench: Bench) -> None:
    await fill(bench)
    await bench.client.zrem(bench.names.sent("chat", PROFILE), "fresh")
    ticket = await bench.start()
    await bench.blocklist.prune(ticket)
    assert await bench.client.exists(bench.names.tally("chat", PROFILE)) == 0
    await bench.claim(ticket, 1, "r1")
