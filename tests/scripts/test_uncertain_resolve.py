"""uncertain_resolve: a person decides."""

import pytest
from msgspec import UNSET

from alphasync.domain.events import UncertainResolved
from alphasync.domain.runs import Counters
from alphasync.services.audit import Filters
from alphasync.services.progress import Outcome
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE, became


async def three_uncertain(bench: Bench) -> None:
    ticket = await bench.start()
    settled = await bench.claim(ticket, 1, "r1")
    for number, recipient in ((2, "r2"), (3, "r3")):
        settled = await bench.claim(ticket, number, recipient, became(settled, Outcome.UNCERTAIN))
    await bench.plan(ticket, 3)
    await bench.progress.complete(ticket, became(settled, Outcome.UNCERTAIN))
    assert set(await bench.listed()) == await bench.blocked() == {"r1", "r2", "r3"}


@pytest.mark.parametrize(
    ("action", "blocked"), [("resend", {"r1", "r3"}), ("leave", {"r1", "r2", "r3"})]
)
async def test_one_of_them(bench: Bench, action: str, blocked: set[str]) -> None:
    await three_uncertain(bench)
    async with bench.verify(UncertainResolved) as made:
        assert await bench.resolve(action, "r2") == 1
    assert bench.last("uncertain_resolve") == "OK"
    assert (made[0].action, made[0].count, made[0].device_id) == (action, 1, "d1")
    assert set(await bench.listed()) == {"r1", "r3"}
    assert await bench.blocked() == blocked


@pytest.mark.parametrize(
    ("action", "counters"),
    [("leave", Counters(total=3, sent=1, uncertain=2)), ("resend", Counters(total=2, uncertain=2))],
)
async def test_the_run_that_they_are_of_counts_them_anew(
    bench: Bench, action: str, counters: Counters
) -> None:
    await three_uncertain(bench)
    async with bench.verify(UncertainResolved) as made:
        await bench.resolve(action, "r2")
    assert (await bench.run()).counters == counters
    assert (made[0].current, made[0].total) == (counters.current, counters.total)
    await bench.resolve(action)
    assert (await bench.run()).counters.uncertain == 0


async def test_the_next_run_counts_none_of_an_earlier_ones(bench: Bench) -> None:
    await three_uncertain(bench)
    # One as an earlier version listed them: nobody knows of which run.
    await bench.client.hset(bench.names.uncertain("chat", PROFILE), "r4", "Name of r4")
    ticket = await bench.start()
    await bench.plan(ticket, 9, skipped=3)
    async with bench.verify(UncertainResolved):
        assert await bench.resolve("leave") == 4
    assert (await bench.run()).counters == Counters(total=9, skipped=3)


async def test_without_a_run_on_record_nothing_is_said_of_one(bench: Bench) -> None:
    await three_uncertain(bench)
    await bench.client.delete(bench.names.run("chat", PROFILE))
    async with bench.verify(UncertainResolved) as made:
        await bench.resolve("leave")
    assert made[0].total is UNSET


@pytest.mark.parametrize(("action", "blocked"), [("resend", set()), ("leave", {"r1", "r2", "r3"})])
async def test_all_of_them(bench: Bench, action: str, blocked: set[str]) -> None:
    await three_uncertain(bench)
    async with bench.verify(UncertainResolved):
        assert await bench.resolve(action) == 3
    assert await bench.listed() == {}
    assert await bench.blocked() == blocked


async def test_who_is_not_listed_is_not_touched(bench: Bench) -> None:
    """Not even off the blocklist: a certain recipient is never messaged again this way."""
    ticket = await bench.start()
    await bench.progress.complete(ticket, await bench.claim(ticket, 1, "r1"))
    async with bench.verify():
        assert await bench.resolve("resend", "r1") == 0
        assert await bench.resolve("resend") == 0
    assert await bench.blocked() == {"r1"}


async def test_deciding_twice_counts_once(bench: Bench) -> None:
    await three_uncertain(bench)
    await bench.resolve("resend", "r2")
    async with bench.verify():
        assert await bench.resolve("resend", "r2") == 0


@pytest.mark.parametrize("action", ["resend", "leave"])
async def test_of_thousands_no_script_sees_to_all_and_the_devices_hear_of_it_once(
    bench: Bench, action: str
) -> None:
    many = [f"r{number}" for number in range(2000)]
    names = [part for recipient in many for part in (recipient, f"Name of {recipient}")]
    await bench.client.hset(bench.names.uncertain("chat", PROFILE), items=names)
    await bench.client.zadd(bench.names.sent("chat", PROFILE), dict.fromkeys([*many, "r"], 1.0))
    async with bench.verify(UncertainResolved) as made:
        assert await bench.resolve(action) == 2000
    assert made[0].count == 2000
    assert await bench.listed() == {}
    assert await bench.blocked() == ({"r"} if action == "resend" else {*many, "r"})
    outcomes = [call.outcome for call in bench.scripts.calls if call.name == "uncertain_resolve"]
    assert outcomes[-1] == "OK"
    assert len(outcomes) > 2000 / 256
    assert set(outcomes[:-1]) == {"MORE"}
    found = (await bench.audit.page(bench.who.account, "", Filters())).entries
    assert {entry.fields["detail"] for entry in found} == {action}
    counts = [int(entry.fields["count"]) for entry in found]
    assert sum(counts) == 2000
    assert len(counts) > 2000 / 256, "each page is on record by itself"


async def test_one_of_thousands_is_decided_about_in_one_call(bench: Bench) -> None:
    names = [part for number in range(2000) for part in (f"r{number}", "x")]
    await bench.client.hset(bench.names.uncertain("chat", PROFILE), items=names)
    async with bench.verify(UncertainResolved):
        assert await bench.resolve("leave", "r7") == 1
    assert len(await bench.listed()) == 1999
    assert [c.outcome for c in bench.scripts.calls if c.name == "uncertain_resolve"] == ["OK"]
