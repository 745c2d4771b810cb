"""The tally beside a blocklist: a list that Redis dropped is noticed, and servers that keep entries
for different times do not drop each other's."""

import msgspec

from alphasync.services.progress import Outcome
from alphasync.store.scripts.limits import Lifetimes
from alphasync.store.scripts.loading import load
from tests.scripts.bench import LIFETIMES, Bench
from tests.scripts.deeds import PROFILE, became

DAY = 86400
MONTH = LIFETIMES.sent


def keeps(bench: Bench, seconds: float) -> None:
    """From here on the scripts are those of a server with this BLOCKLIST_TTL."""
    lifetimes: Lifetimes = msgspec.structs.replace(LIFETIMES, sent=seconds)
    bench.scripts._scripts = load(lifetimes)


async def age(bench: Bench, seconds: float, recipient: str) -> None:
    """The recipient was messaged so long ago."""
    sent = bench.names.sent("chat", PROFILE)
    await bench.client.zincrby(sent, -seconds * 1000, recipient)


async def messaged(bench: Bench, *recipients: str) -> None:
    ticket = await bench.start()
    await bench.blocklist.prune(ticket)
    for place, recipient in enumerate(recipients):
        claimed = await bench.claim(ticket, 2 * place + 1, recipient)
        await bench.progress.step(ticket, 2 * place + 2, claimed)
    await bench.stop()


async def test_a_list_that_is_empty_is_not_one_that_is_gone(bench: Bench) -> None:
    ticket = await bench.start()
    for number, outcome in ((1, Outcome.FAILED), (3, Outcome.RELEASED)):
        claimed = await bench.claim(ticket, number, "r1")
        await bench.progress.step(ticket, number + 1, became(claimed, outcome))
        assert await bench.blocked() == set()
    claimed = await bench.claim(ticket, 5, "r1")
    await bench.progress.step(ticket, 6, became(claimed, Outcome.UNCERTAIN))
    await bench.resolve("resend", "r1")
    assert await bench.blocked() == set()
    await bench.claim(ticket, 7, "r1")
    await bench.stop()
    await bench.forget()
    await bench.start()


async def test_entries_that_are_past_their_life_leave_no_loss_behind(bench: Bench) -> None:
    await messaged(bench, "r1")
    await age(bench, MONTH + 1, "r1")
    await bench.blocklist.prune(await bench.start())
    assert await bench.blocked() == set()
    await bench.stop()
    await bench.start()


async def test_a_server_that_keeps_them_shorter_drops_none_of_another(bench: Bench) -> None:
    await messaged(bench, "r1", "r2")
    await age(bench, 2 * DAY, "r1")
    keeps(bench, DAY)
    await messaged(bench, "r3")
    assert await bench.blocked() == {"r1", "r2", "r3"}
    for key in (bench.names.sent("chat", PROFILE), bench.names.tally("chat", PROFILE)):
        assert await bench.ttl(key) > MONTH - DAY
    await bench.forget()
    await messaged(bench, "r4")  # the longer life is nobody's any more
    await age(bench, 2 * DAY, "r4")
    await bench.blocklist.prune(await bench.start())
    assert await bench.blocked() == set()


async def test_a_tally_says_anew_how_long_there_are_entries_once_an_hour(bench: Bench) -> None:
    await messaged(bench, "r1")
    tally = bench.names.tally("chat", PROFILE)
    said = await bench.field(tally, "until")
    await messaged(bench, "r2")
    assert await bench.field(tally, "until") == said
    earlier = await bench.now() + MONTH * 1000 - 1
    await bench.client.hset(tally, "until", earlier)
    await messaged(bench, "r3")
    assert int(await bench.field(tally, "until") or 0) > earlier
    for key in (bench.names.sent("chat", PROFILE), tally):
        assert await bench.ttl(key) > MONTH


async def test_a_life_that_was_shortened_counts_once_the_longer_ones_are_over(
    bench: Bench,
) -> None:
    await messaged(bench, "r1")
    keeps(bench, DAY)
    tally = bench.names.tally("chat", PROFILE)
    await bench.client.hset(tally, "lifetime_until", await bench.now() - 1)
    await messaged(bench, "r2")
    assert await bench.field(tally, "lifetime") == str(DAY * 1000)


async def test_a_list_of_an_earlier_version_has_no_tally_and_is_kept(bench: Bench) -> None:
    await messaged(bench, "r1")
    await bench.client.delete(bench.names.tally("chat", PROFILE))
    await age(bench, 2 * DAY, "r1")
    keeps(bench, DAY)
    await bench.blocklist.prune(await bench.start())
    assert await bench.blocked() == {"r1"}
