"""analytics_read, and what the other scripts count for it: each thing once, in its hour."""

from collections import Counter
from datetime import UTC, timedelta

import msgspec
import pytest

from alphasync.domain.analytics import Figures, Top
from alphasync.domain.runs import Counters
from alphasync.services.analytics import Analytics
from alphasync.services.earlier_state import EarlierRun, EarlierState, Place
from alphasync.services.lost import LostRuns
from alphasync.services.progress import NOTHING, Outcome
from alphasync.services.runs import Ticket
from alphasync.store.scripts.limits import Lifetimes
from tests.scripts.bench import Bench, Recording
from tests.scripts.deeds import PROFILE, became
from tests.scripts.test_history_entries import ENDS, End, lost_with_its_server
from tests.scripts.test_run_rest import begin, plan

HOUR = 3_600_000
"""ms."""


async def figures(bench: Bench, days: int = 7) -> Figures:
    return await bench.analytics.read(bench.who, days, UTC)


def total(found: Figures) -> dict[str, int]:
    """What is not nothing, but for how long it ran."""
    summed = sum((day.numbers for day in found.days.values()), Counter[str]())
    return {name: number for name, number in summed.items() if number and name != "ran"}


async def messaged(bench: Bench, ticket: Ticket, *outcomes: Outcome, first: int = 1) -> None:
    settled = NOTHING
    for number, outcome in enumerate(outcomes, start=first):
        claimed = await bench.claim(ticket, number, f"r{number}", settled)
        settled = msgspec.structs.replace(became(claimed, outcome), error="No such phone")
    await bench.progress.step(ticket, first + len(outcomes), settled)


async def hours_ago(bench: Bench, hours: int) -> None:
    """Have it be so long ago that the run last did something."""
    now = await bench.now() // HOUR
    run = bench.names.run("chat", PROFILE)
    await bench.client.hset(run, mapping={"hour": now - hours, "carried_at": f"0 {now * HOUR}"})


ALL = (Outcome.SENT, Outcome.SENT, Outcome.SKIPPED, Outcome.FAILED, Outcome.UNCERTAIN)


async def test_a_run_counts_while_it_goes_on_and_once(bench: Bench) -> None:
    ticket = await bench.start(device="d1")
    await bench.progress.plan(ticket, 9, 2, "Planned", honours_keys=False, failed=1)
    await messaged(bench, ticket, *ALL)
    going_on = {"sent": 2, "skipped": 3, "failed": 2, "uncertain": 1}
    for _ in range(2):
        assert total(await figures(bench)) == going_on
    await bench.progress.complete(ticket, NOTHING)
    found = await figures(bench)
    assert total(found) == going_on | {"completed": 1}
    assert (found.profiles, found.operators) == ([Top(PROFILE, 1)], [Top("1", 1)])
    assert found.reasons == [Top("No such phone", 1)]
    assert found.failures == [Top(PROFILE, 2)]
    assert sum(map(sum, found.hours)) == 2


@pytest.mark.parametrize(("outcome", "code", "end"), ENDS)
async def test_each_end_counts_one_run(bench: Bench, outcome: str, code: str, end: End) -> None:
    bench.who = bench.come_with(await bench.sign_in())
    device = "d1"
    if end is not lost_with_its_server:
        device = (await bench.devices.join(bench.who, "s1", "phone")).device_id
    ticket = await bench.start(device=device)
    await messaged(bench, ticket, Outcome.SENT, Outcome.SENT)
    await end(bench, ticket)
    assert total(await figures(bench)) == {"sent": 2, outcome: 1}, code


async def test_what_was_done_counts_in_the_hour_in_which_it_was(bench: Bench) -> None:
    ticket = await bench.start()
    await messaged(bench, ticket, Outcome.SENT, Outcome.SENT)
    await hours_ago(bench, 24)
    await messaged(bench, ticket, Outcome.SENT, first=4)
    found = await figures(bench)
    *_, before, today = found.days
    assert today - before == timedelta(days=1)
    # The last recipient of before was settled then, too.
    assert (found.days[before].numbers["sent"], found.days[today].numbers["sent"]) == (2, 1)


async def test_a_day_that_is_over_is_put_away_and_still_grows(bench: Bench) -> None:
    ticket = await bench.start()
    await messaged(bench, ticket, Outcome.SENT, Outcome.UNCERTAIN)
    await figures(bench)
    day = int(await bench.field(f"{bench.names.analytics}:today", "day") or 0)
    await bench.client.hset(f"{bench.names.analytics}:today", "day", day - 1)
    await bench.stop()
    found = await figures(bench)
    *_, before, today = found.days
    assert found.days[before].numbers["sent"] == found.days[before].numbers["uncertain"] == 1
    assert found.days[today].numbers["stopped"] == 1
    assert [int(each) for each in await bench.client.hkeys(bench.names.analytics)] == [day - 1]
    text = await bench.field(bench.names.uncertain("chat", PROFILE), "r2")
    assert text is not None
    name, at, rest = text.split("\n", 2)
    yesterday = f"{name}\n{int(at) - 24 * HOUR}\n{rest}"
    await bench.client.hset(bench.names.uncertain("chat", PROFILE), "r2", yesterday)
    await bench.resolve("leave", "r2")
    found = await figures(bench)
    assert found.days[before].numbers["sent"] == 2
    assert total(found) == {"sent": 2, "stopped": 1}


@pytest.mark.parametrize(("action", "sent"), [("leave", 2), ("resend", 1)])
@pytest.mark.parametrize("ended", [True, False])
async def test_whom_a_person_decides_about_is_uncertain_no_longer(
    bench: Bench, action: str, sent: int, *, ended: bool
) -> None:
    ticket = await bench.start()
    await messaged(bench, ticket, Outcome.SENT, Outcome.UNCERTAIN)
    if ended:
        await bench.progress.complete(ticket, NOTHING)
    await bench.resolve(action, "r2")
    found = total(await figures(bench))
    assert (found["sent"], found.get("uncertain", 0)) == (sent, 0)


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.FAILED, Outcome.UNCERTAIN])
async def test_an_answer_that_comes_after_the_end_counts(bench: Bench, outcome: Outcome) -> None:
    ticket = await bench.start()
    claimed = await bench.claim(ticket, 1, "r1")
    await bench.stop()
    assert total(await figures(bench)) == {"stopped": 1}
    await bench.progress.settle(ticket, became(claimed, outcome))
    assert total(await figures(bench)) == {"stopped": 1, outcome: 1}


async def test_a_run_that_redis_has_lost_counts_only_what_is_not_counted(bench: Bench) -> None:
    ticket = await bench.start()
    await messaged(bench, ticket, Outcome.SENT, Outcome.SENT)
    assert total(await figures(bench)) == {"sent": 2}
    await bench.client.delete(bench.names.run("chat", PROFILE))
    await LostRuns(bench.scripts).tell(ticket, NOTHING, Counters(total=9, sent=3))
    assert total(await figures(bench)) == {"sent": 3, "interrupted": 1}
    await bench.client.delete(bench.names.run("chat", PROFILE))
    await LostRuns(bench.scripts).tell(ticket, NOTHING, Counters(total=9, sent=3))
    assert total(await figures(bench)) == {"sent": 3, "interrupted": 1}


async def test_each_cycle_counts(bench: Bench) -> None:
    ticket = await begin(bench)
    await plan(bench, ticket, 1)
    await messaged(bench, ticket, Outcome.SENT, Outcome.FAILED)
    await plan(bench, ticket, 2)
    await messaged(bench, ticket, Outcome.SENT, first=4)
    await bench.stop()
    assert total(await figures(bench)) == {"sent": 2, "failed": 1, "stopped": 1}


async def test_a_cycle_that_redis_has_lost_counts_beside_those_before(bench: Bench) -> None:
    ticket = await begin(bench)
    await plan(bench, ticket, 1)
    await messaged(bench, ticket, Outcome.SENT, Outcome.SENT)
    await plan(bench, ticket, 2)
    await bench.client.delete(bench.names.run("chat", PROFILE))
    await LostRuns(bench.scripts).tell(ticket, NOTHING, Counters(total=9, sent=1))
    assert total(await figures(bench)) == {"sent": 3, "interrupted": 1}


async def test_what_an_earlier_server_has_sent_was_not_sent_now(bench: Bench) -> None:
    place = Place("1", bench.who.account, PROFILE, "chat")
    await EarlierState(bench.scripts).run(place, EarlierRun("d9", await bench.now(), 7, 10))
    assert total(await figures(bench)) == {"interrupted": 1}


async def test_how_long_it_ran_is_without_its_pauses(bench: Bench) -> None:
    ticket = await bench.start()
    run = bench.names.run("chat", PROFILE)
    hour_begun = (await bench.now()) // HOUR * HOUR
    await bench.client.hset(run, "carried_at", f"0 {hour_begun - 10_000}")
    await bench.client.hset(run, "hour", hour_begun // HOUR - 1)
    await bench.client.hset(run, "paused_for", 4_000)
    await messaged(bench, ticket, Outcome.SENT)
    ran = [day.numbers["ran"] for day in (await figures(bench)).days.values()]
    assert ran[-1] + ran[-2] in range(6_000, 6_000 + 60_000)


async def test_names_beyond_the_most_count_together(bench: Bench) -> None:
    bench.scripts = Recording(bench.store.pipeline, Lifetimes(analytics_names=2))
    bench.scripts.calls = []
    bench.bound()
    bench.analytics = Analytics(bench.scripts)
    for profile in ("1001", "1002", "1003"):
        ticket = await bench.start(profile)
        await bench.progress.step(ticket, 1, NOTHING)
        await bench.progress.complete(ticket, NOTHING)
    for number in range(4):
        await bench.devices.join(bench.who, f"s{number}", "")
    found = await figures(bench)
    assert total(found) == {"completed": 3}
    assert found.profiles == [Top("1001", 1), Top("", 2)]
    assert [day.devices for day in found.days.values()][-1] == 4


async def test_only_ones_own_profiles_count(bench: Bench) -> None:
    for profile in ("1001", "1002"):
        ticket = await bench.start(profile)
        await bench.claim(ticket, 1, "r1")
        await bench.progress.complete(ticket, NOTHING)
    bench.who = msgspec.structs.replace(bench.who, profiles=frozenset({"1002"}))
    found = await figures(bench)
    assert total(found) == {"completed": 1}
    assert found.profiles == [Top("1002", 1)]


async def test_a_device_counts_once_a_day(bench: Bench) -> None:
    for number in range(2):
        device = await bench.devices.join(bench.who, f"s{number}", "phone")
        await bench.client.hset(bench.names.device(device.device_id), "noted", "")
        await bench.devices.touch(bench.who, f"s{number}", device.device_id)
    assert [day.devices for day in (await figures(bench)).days.values()] == [*[0] * 6, 2]


async def test_a_year_is_one_command_as_a_day_is(bench: Bench) -> None:
    day = (await bench.now()) // (24 * HOUR)
    fields = msgspec.json.encode({f"{hour} p 1001": "5 1" for hour in range(24)})
    await bench.client.hset(
        bench.names.analytics, mapping={str(day - ago): fields for ago in range(1, 365)}
    )
    for days in (7, 365):
        bench.scripts.calls.clear()
        found = await figures(bench, days)
        assert total(found)["sent"] == (days - 1) * 24 * 5
        assert [call.name for call in bench.scripts.calls] == ["analytics_read"]


async def test_a_great_many_runs_are_seen_to_bit_by_bit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alphasync.store.scripts.limits.PAGE_RECORDS_MAX", 2)
    # Scripts of the usual ones are made already.
    scripts = Recording(bench.store.pipeline, Lifetimes(analytics_names=777))
    scripts.calls = []
    bench.analytics = Analytics(scripts)
    for number in range(5):
        ticket = await bench.start(f"p{number}")
        await messaged(bench, ticket, Outcome.SENT)
    assert total(await figures(bench)) == {"sent": 5}
    assert [call.outcome for call in scripts.calls] == ["MORE", "MORE", "OK"]
