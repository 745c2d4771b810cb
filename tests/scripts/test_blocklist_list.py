"""blocklist_list: who was messaged, newest first, when, and by which run."""

from alphasync.store.scripts.limits import STARTS_MAX
from tests.scripts.bench import Bench
from tests.scripts.deeds import PROFILE


async def fill(bench: Bench, scores: dict[str, int]) -> None:
    await bench.client.zadd(bench.names.sent("chat", PROFILE), scores)


async def start_at(bench: Bench, **starts: int) -> None:
    """As if these runs had started then."""
    noted = {
        f'{{"id":"{name}","operator":"1","device":"d1","name":"Phone"}}': at
        for name, at in starts.items()
    }
    await bench.client.zadd(bench.names.starts("chat", PROFILE), noted)


async def test_an_empty_list_is_one_empty_page(bench: Bench) -> None:
    found = await bench.messaged()
    assert bench.last("blocklist_list") == "OK"
    assert (found.recipients, found.runs, found.place.cursor, found.in_all) == ([], [], None, 0)


async def test_each_is_listed_with_the_run_that_claimed_them(bench: Bench) -> None:
    phone = await bench.devices.join(bench.who, "s1", "phone")
    first = await bench.start(device=phone.device_id)
    claimed = await bench.claim(first, 1, "r1")
    await bench.claim(first, 2, "r2", claimed)
    await bench.stop()
    second = await bench.start(device="gone")
    await bench.claim(second, 1, "r3")
    found = await bench.messaged()
    by_id = {entry["id"]: entry for entry in found.recipients}
    assert [entry["at"] for entry in found.recipients] == sorted(
        (entry["at"] for entry in found.recipients), reverse=True
    )
    assert by_id["r3"]["runId"] == second.run_id
    runs = {run["id"]: run for run in found.runs}
    assert runs[second.run_id] == {
        "id": second.run_id,
        "startedAt": second.started_at,
        "operatorId": "1",
        "deviceId": "gone",
        "deviceName": "",
    }
    # A claim in the very millisecond of the next start counts as of that one.
    if by_id["r1"]["at"] < second.started_at:
        assert by_id["r1"]["runId"] == first.run_id
        assert runs[first.run_id]["deviceName"] == "phone"


async def test_the_run_is_the_last_that_had_started_by_then(bench: Bench) -> None:
    await start_at(bench, one=100, two=200)
    await fill(bench, {"before": 99, "r1": 100, "r2": 150, "r3": 199, "r4": 200, "r5": 999})
    found = await bench.messaged()
    assert [(entry["id"], entry["runId"]) for entry in found.recipients] == [
        *(("r5", "two"), ("r4", "two"), ("r3", "one"), ("r2", "one"), ("r1", "one")),
        ("before", ""),
    ]
    assert [(run["id"], run["startedAt"]) for run in found.runs] == [("two", 200), ("one", 100)]


async def test_pages_and_a_search_go_on_where_the_last_one_ended(bench: Bench) -> None:
    await start_at(bench, one=1)
    await fill(bench, {f"r{number}": number for number in range(1, 251)})
    first = await bench.messaged()
    assert (len(first.recipients), first.in_all, first.place.cursor) == (100, 250, "151:r151")
    second = await bench.messaged(first.place.cursor)
    third = await bench.messaged(second.place.cursor)
    assert [entry["id"] for entry in third.recipients] == [f"r{n}" for n in range(50, 0, -1)]
    assert third.place.cursor is None
    found = await bench.messaged(find="R24")
    assert {entry["id"] for entry in found.recipients} == {"r24", *(f"r24{n}" for n in range(10))}
    assert [run["id"] for run in found.runs] == ["one"]


async def test_the_record_of_starts_is_bounded_and_ends(bench: Bench) -> None:
    starts = bench.names.starts("chat", PROFILE)
    await bench.client.zadd(starts, {f"old {number}": number for number in range(STARTS_MAX + 5)})
    await bench.start()
    assert await bench.client.zcard(starts) == STARTS_MAX
    assert await bench.client.zscore(starts, "old 5") is None
    assert await bench.client.zscore(starts, "old 6") == 6
    assert 29 * 86400 < await bench.ttl(starts) <= 30 * 86400
