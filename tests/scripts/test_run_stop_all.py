"""run_stop_all: every run that the token may touch, then once more all of them together."""

from alphasync.domain.audit import Action
from alphasync.domain.events import AllProcessingStopped, ProcessingStopped
from alphasync.domain.runs import RunStatus
from alphasync.services.audit import Filters, Noted
from alphasync.store.scripts.limits import PAGE_ENDS_MAX
from tests.scripts.bench import Bench, identity


async def test_all_runs_stop_and_are_listed_once_more(bench: Bench) -> None:
    await bench.start("1")
    await bench.start("1", "mail")
    await bench.start("2")
    await bench.start("3")
    await bench.stop("3")
    stopped = [ProcessingStopped] * 3
    async with bench.verify(*stopped, AllProcessingStopped) as made:
        assert await bench.runs.stop_all(bench.who, "d2") == 3
    assert bench.last("run_stop_all") == "OK"
    listed = {(item.profile_id, item.type) for item in made[3].stopped_profiles}
    assert listed == {(event.profile_id, event.type) for event in made[:3]}
    assert listed == {("1", "chat"), ("1", "mail"), ("2", "chat")}
    assert {event.stopped_by for event in made} == {"d2"}
    runs = (await bench.snapshot()).runs
    assert {run.status for run in runs.values()} == {RunStatus.STOPPED}
    await bench.start("1")


async def test_nothing_to_stop_is_said_all_the_same(bench: Bench) -> None:
    async with bench.verify(AllProcessingStopped) as made:
        assert await bench.runs.stop_all(bench.who, "d2") == 0
    assert made[0].stopped_profiles == []


async def test_a_limited_token_stops_its_own_profiles_only(bench: Bench) -> None:
    for profile in ("1", "11", "2"):
        await bench.start(profile)
    limited = identity(profiles=frozenset({"1", "3", "*", "%"}))
    async with bench.verify(ProcessingStopped, AllProcessingStopped):
        assert await bench.runs.stop_all(limited, "d2") == 1
    async with bench.verify(AllProcessingStopped):
        assert await bench.runs.stop_all(identity(profiles=frozenset()), "d2") == 0
    running = {k for k, r in (await bench.snapshot()).runs.items() if r.status == "running"}
    assert running == {("11", "chat"), ("2", "chat")}


async def test_more_runs_than_one_script_may_end(bench: Bench) -> None:
    for number in range(2 * PAGE_ENDS_MAX + 1):
        await bench.start(str(number))
    stopped = [ProcessingStopped] * (2 * PAGE_ENDS_MAX + 1)
    async with bench.verify(*stopped, AllProcessingStopped) as made:
        assert await bench.runs.stop_all(bench.who, "d2") == len(stopped)
    asked = [call.outcome for call in bench.scripts.calls if call.name == "run_stop_all"]
    assert asked == ["MORE", "MORE", "OK"]
    listed = [item.profile_id for item in made[-1].stopped_profiles]
    assert listed == [str(number) for number in range(len(stopped))]
    wanted = Filters(action=Action.RUN_STOPPED)
    noted, before = list[Noted](), ""
    while True:
        page = await bench.audit.page(bench.who.account, before, wanted)
        noted += page.entries
        if not (before := page.next):
            break
    assert [entry.fields["profile"] for entry in reversed(noted)] == listed
    assert len({entry.fields["run"] for entry in noted}) == len(stopped)
    assert {(entry.fields["operator"], entry.fields["device"]) for entry in noted} == {("1", "d2")}
